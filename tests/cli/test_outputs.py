"""Several outputs from one scan, and saved reports."""

from __future__ import annotations

import bz2
import copy
import gzip
import json
import lzma
import os
import random
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import zstandard

import dedupe
from dedupe.cli.output import Outputs
from dedupe.cli.saved import load_report
from dedupe.cli.settings import load_settings
from dedupe.cli.targets import Target, choose_targets
from dedupe.model.errors import ConfigError, DedupeError, ReportError
from dedupe.model.settings import Config
from dedupe.pipeline.reclustering import count_in_texts, recluster
from dedupe.renderers.registry import FORMATS
from dedupe.renderers.view.options import RenderOptions
from dedupe.report.json import parse_report, render_json
from dedupe.sources import SourceTexts, find_sources, reads_file
from tests.support.command import FIXTURES, dedupe_command, shell

ARTICLES = FIXTURES / "articles"
RECORDS = FIXTURES / "records.jsonl"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder ``corpus`` with articles, records with lines, and an archive."""
    folder = tmp_path / "corpus"
    shutil.copytree(ARTICLES, folder / "articles")
    shutil.copy(RECORDS, folder)
    (folder / "more.jsonl.gz").write_bytes(gzip.compress(RECORDS.read_bytes()))
    shutil.make_archive(str(folder / "packed"), "zip", ARTICLES)
    return folder


# --- a saved report is the live one ---------------------------------------------------------


def outputs_to(folder: Path) -> list[str]:
    folder.mkdir()
    return [f"--output={name}:{folder.name}/{name}" for name in FORMATS]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "scanned",
    [
        ("corpus", "--keep", "first", "--linkage", "single", "--threshold", "0.6"),
        ("corpus/records.jsonl", "corpus/articles", "--embed-text"),
        ("-",),
        ("pipe", "--input-format", "jsonl"),
    ],
    ids=["folder", "embedded", "stdin", "pipe"],
)
def test_every_format_of_a_saved_report_is_that_of_the_scan(corpus, tmp_path, dedupe_here, scanned):
    shown = ("--diff", "full", "--top", "0")
    live, again = tmp_path / "live", tmp_path / "again"
    arguments = (*scanned, *shown, *outputs_to(live))
    if scanned[0] == "pipe":
        os.mkfifo(tmp_path / "pipe")
        command = " ".join([*dedupe_command(), "scan", *map(str, arguments)])
        result = shell(f"cat corpus/records.jsonl > pipe & {command}; rm pipe", tmp_path)
        assert result.returncode == 0, result.stderr
    else:
        dedupe_here("scan", *arguments, stdin=RECORDS.read_bytes())
    dedupe_here("report", "live/json", *shown, *outputs_to(again))
    assert set(contents(live)) == set(FORMATS)
    assert contents(live) == contents(again)
    assert b"[-" in contents(live)["text"]


def test_standard_output_of_a_saved_report_is_that_of_the_scan(corpus, tmp_path, dedupe_here):
    live = dedupe_here("scan", "corpus", "--output", "json:saved.json", "--format", "text")
    assert dedupe_here("report", "saved.json", "--format", "text").stdout == live.stdout
    assert b"clusters" in live.stdout


# --- --output -------------------------------------------------------------------------------


def targets(*outputs: str, format: str | None = None) -> list[tuple[str, str]]:
    chosen = choose_targets(outputs, load_settings({"format": format}))
    return [(target.format, target.path) for target in chosen]


@pytest.mark.parametrize(
    ("outputs", "format", "expected"),
    [
        ((), None, [("text", "-")]),
        ((), "csv", [("csv", "-")]),
        (("r.json",), None, [("json", "r.json")]),
        (("r.json",), "text", [("text", "r.json")]),
        (("r",), None, [("text", "r")]),
        (("r",), "sarif", [("sarif", "r")]),
        (("csv:r.txt", "sarif:d"), None, [("csv", "r.txt"), ("sarif", "d")]),
        (("sarif:d",), "text", [("sarif", "d"), ("text", "-")]),
        (("sarif:d", "r.txt"), "json", [("sarif", "d"), ("json", "r.txt")]),
        (("csv-pairs:p.csv",), None, [("csv-pairs", "p.csv")]),
        (("json:-",), None, [("json", "-")]),
        (("-",), "json", [("json", "-")]),
        (("C:\\report.json",), None, [("json", "C:\\report.json")]),
        (("a:b.md",), None, [("markdown", "a:b.md")]),
        (("./json:x",), None, [("text", "./json:x")]),
        (("json:a:b",), None, [("json", "a:b")]),
    ],
)
def test_which_report_goes_where(tmp_path, monkeypatch, outputs, format, expected):
    monkeypatch.chdir(tmp_path)
    assert targets(*outputs, format=format) == expected


def test_the_ending_comes_before_the_settings_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dedupe.toml").write_text('format = "jsonl"\n')
    assert targets("r.csv", "r") == [("csv", "r.csv"), ("jsonl", "r")]
    assert targets() == [("jsonl", "-")]
    assert targets("sarif:d") == [("sarif", "d")]


@pytest.mark.parametrize(
    "outputs", [("-", "json:-"), ("a.json", "text:a.json"), ("a.json", "text:./a.json")]
)
def test_two_reports_to_one_place_are_an_error(tmp_path, monkeypatch, outputs):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="two reports would go to"):
        targets(*outputs)
    with pytest.raises(ConfigError, match="two reports would go to standard output"):
        targets("json:-", format="text")


def test_files_only_leave_standard_output_empty_and_say_so(tmp_path, dedupe_here):
    result = dedupe_here("scan", ARTICLES, "--output", "r.json", "--output", "csv:t")
    assert result.stdout == b""
    told = result.stderr.decode().splitlines()[-1]
    assert told == (
        "dedupe: note: 25 documents, 9 clusters, 10 duplicates; written to r.json (json), t (csv)"
    )
    quiet = dedupe_here("scan", ARTICLES, "--output", "r.json", "--quiet")
    assert (quiet.stdout, quiet.stderr) == (b"", b"")
    both = dedupe_here("scan", ARTICLES, "--output", "sarif:d", "--format", "jsonl")
    assert both.stdout.count(b"\n") == 9
    assert b"written to" not in both.stderr


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("sarif:", "names no file"),
        ("json:no/such/folder", "the folder to write it in does not exist"),
        ("folder", "is a folder"),
        ("json:corpus.jsonl", "is one of the files to scan"),
        ("alias", "is one of the files to scan"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_scan(tmp_path, dedupe_here, output, said):
    shutil.copy(RECORDS, tmp_path / "corpus.jsonl")
    (tmp_path / "alias").symlink_to("corpus.jsonl")
    (tmp_path / "folder").mkdir()
    outputs = ("--output", "csv:other.csv", "--output", output)
    result = dedupe_here("scan", "corpus.jsonl", *outputs, "--progress", code=2)
    assert said in result.stderr.decode()
    assert b"reading" not in result.stderr
    assert not (tmp_path / "other.csv").exists()
    assert (tmp_path / "corpus.jsonl").read_bytes() == RECORDS.read_bytes()


def test_a_report_in_the_scanned_folder_is_written_once(tmp_path, dedupe_here):
    shutil.copytree(ARTICLES, tmp_path / "in")
    dedupe_here("scan", "in", "--output", "in/report.json")
    before = json.loads((tmp_path / "in" / "report.json").read_bytes())
    again = dedupe_here("scan", "in", "--output", "in/report.json")
    assert b"left out: report.json: written by dedupe" in again.stderr
    after = json.loads((tmp_path / "in" / "report.json").read_bytes())
    assert after["clusters"] == before["clusters"]
    assert after["corpus"]["skipped_counts"]["own_output"] == 1
    (tmp_path / "in" / "own.json").write_text('{"text": "of the user, who also likes JSON"}')
    for name in ("in/own.json", "in/typos.txt"):
        data = (tmp_path / name).read_bytes()
        refused = dedupe_here("scan", "in", "--output", name, "--progress", code=2)
        assert b"leave it out with --exclude" in refused.stderr
        assert b"reading" not in refused.stderr
        assert (tmp_path / name).read_bytes() == data


def test_all_files_are_replaced_or_none(tmp_path, run_dedupe):
    for name in ("a.json", "b.csv"):
        (tmp_path / name).write_text("old")
    failing = tmp_path / "sitecustomize.py"
    failing.write_text(
        "import dedupe.renderers.csv as c\n"
        "def fail(report):\n"
        "    yield 'half a table'\n"
        "    raise OSError(28, 'No space left on device')\n"
        "c.render_members = fail\n"
    )
    outputs = ("--output", "a.json", "--output", "b.csv")
    result = run_dedupe("scan", ARTICLES, *outputs, code=2, PYTHONPATH=str(tmp_path))
    assert b"b.csv: cannot be written: No space left on device" in result.stderr
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.csv").read_text() == "old"
    failing.unlink()
    assert {path.name for path in tmp_path.iterdir()} <= {"a.json", "b.csv", "__pycache__"}


def test_files_are_there_when_the_reader_of_standard_output_goes(tmp_path):
    command = " ".join(dedupe_command())
    result = shell(
        f"set -o pipefail; {command} scan {ARTICLES} --quiet --output sarif:d --format text | true",
        tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "d").read_bytes())["version"] == "2.1.0"


# --- dedupe report --------------------------------------------------------------------------

PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.fixture(scope="module")
def saved() -> bytes:
    return render_json(dedupe.scan(ARTICLES, Config(threshold=0.5)))


@pytest.mark.parametrize("ending", PACKERS)
def test_saved_reports_may_be_compressed(tmp_path, saved, ending):
    path = tmp_path / "saved.json"  # the content tells, not the name
    packed = PACKERS[ending](saved)
    path.write_bytes(packed)
    assert load_report(str(path)) == parse_report(saved)
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ReportError, match="is compressed and ends too early"):
        load_report(str(path))


def test_saved_reports_from_standard_input(dedupe_here, saved):
    assert dedupe_here("report", "-", "--format", "json", stdin=saved).stdout == saved


def test_report_at_a_higher_threshold_is_a_scan_at_it(tmp_path, dedupe_here):
    shutil.copytree(ARTICLES, tmp_path / "articles")
    every = ("--recall", "0.999999999999")
    for linkage in ("star", "single"):
        scan = ("scan", "articles", *every, "--linkage", linkage)
        dedupe_here(*scan, "--threshold", "0.3", "--output", "low.json")
        high = dedupe_here(*scan, "--threshold", "0.75", "--format", "csv-pairs")
        again = dedupe_here("report", "low.json", "--threshold", "0.75", "--format", "csv-pairs")
        assert again.stdout == high.stdout
        low = dedupe_here("report", "low.json", "--format", "csv-pairs")
        assert low.stdout.count(b"\n") > high.stdout.count(b"\n") > 1
    told = dedupe_here("report", "low.json", "--threshold", "0.2", code=2).stderr.decode()
    assert "holds the pairs from 0.3 to 1 only; scan again for a lower one" in told


def test_changed_and_missing_texts_are_told(tmp_path, dedupe_here):
    shutil.copytree(ARTICLES, tmp_path / "articles")
    dedupe_here("scan", "articles", "--output", "saved.json")
    changed = tmp_path / "articles" / "harbour-bridge_newswire.txt"
    changed.write_text(changed.read_text(encoding="utf-8") + " More.", encoding="utf-8")
    (tmp_path / "articles" / "typos.txt").unlink()
    result = dedupe_here("report", "saved.json")
    told = result.stderr.decode()
    assert "warning: harbour-bridge_newswire.txt: its text has changed since the scan" in told
    assert "warning: typos.txt: articles/typos.txt:" in told
    assert told.count("\n") == 2
    assert "no diff: ○ its text has changed since the scan" in result.stdout.decode()
    assert dedupe_here("report", "saved.json", "--diff", "none").stderr == b""
    assert dedupe_here("report", "saved.json", "--format", "json").stderr == b""
    assert dedupe_here("report", "saved.json", "--quiet").stderr == b""


def test_report_writes_over_nothing_that_it_was_made_from(tmp_path, dedupe_here):
    shutil.copytree(ARTICLES, tmp_path / "articles")
    dedupe_here("scan", "articles", "--output", "saved.json")
    for target, said in (
        ("saved.json", "is the saved report itself"),
        ("articles/typos.txt", "is one of the files to scan"),
    ):
        before = (tmp_path / target).read_bytes()
        result = dedupe_here("report", "saved.json", "--output", target, code=2)
        assert said in result.stderr.decode()
        assert (tmp_path / target).read_bytes() == before


def test_exit_code_of_report(tmp_path, dedupe_here, saved):
    dedupe_here("report", "-", "--exit-code", stdin=saved, code=1)
    dedupe_here("report", "-", "--exit-code", "--threshold", "1", stdin=saved, code=1)
    none = render_json(dedupe.find_duplicates(["one text", "another"]))
    dedupe_here("report", "-", "--exit-code", stdin=none)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a dedupe report"),
        (b"{}", "not a dedupe report"),
        (b"[1]", "not a dedupe report"),
        (b"\xff\xfe", "not a dedupe report"),
        (b"[" * 100_000, "not a dedupe report"),
        (b'{"x": ' + b"[" * 100_000, "not a dedupe report: it is nested too deep"),
        (b'{"schema_version": 2}', "update dedupe"),
        (b'{"schema_version": 1}', "missing required field"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_report_is_an_error(tmp_path, content, said):
    path = tmp_path / "saved.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReportError, match=f"saved\\.json: .*{said}"):
        load_report(str(path))


def test_errors_of_report_are_exit_2(dedupe_here):
    for arguments in (["no.json"], ["-"], ["-", "--threshold", "x"], ["-", "--top", "-1"]):
        result = dedupe_here("report", *arguments, stdin=b"{}", code=2)
        assert result.stdout == b""
        assert b"rror" in result.stderr


def test_a_bomb_is_no_report(tmp_path):
    blank = zstandard.ZstdCompressor().compress(b" " * 300_000_000)
    (tmp_path / "saved.zst").write_bytes(blank)
    with pytest.raises(ReportError, match="more than 200 times its size, which no report does"):
        load_report(str(tmp_path / "saved.zst"))


ODD = {
    int: [0, 1, 7, -1, 2**53, 2**63],
    float: [0.0, 1.0, 0.5, 1e-300, 1e300, -0.5],
    str: ["", "x", "near", "linked", "identical", "\x1b[2J", "::error::x", "0" * 32, "a/" * 2000],
    bool: [True, False],
    dict: [{}],
    list: [[]],
    type(None): [None],
}


def mutations(data: bytes, count: int, seed: int) -> list[bytes]:
    """Reports that are still JSON, with values changed, removed, repeated or exchanged."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        report = msgspec.json.decode(data)
        for _ in range(rng.randrange(1, 4)):
            parent, key = report, rng.choice([*report])
            while isinstance(parent[key], (dict, list)) and parent[key] and rng.random() < 0.85:
                parent = parent[key]
                key = rng.choice([*parent] if isinstance(parent, dict) else range(len(parent)))
            value, chance = parent[key], rng.random()
            if chance < 0.05:
                del parent[key]
            elif chance < 0.3 and isinstance(value, list):
                parent[key] = value[1:] if rng.random() < 0.5 else [*value, *value]
            elif chance < 0.5:
                others = [*parent.values()] if isinstance(parent, dict) else parent
                parent[key] = copy.deepcopy(rng.choice(others))
            else:
                kind = type(value) if chance < 0.95 else rng.choice([*ODD])
                parent[key] = copy.deepcopy(rng.choice(ODD[kind]))
        found.append(msgspec.json.encode(report))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_no_saved_report_breaks_a_renderer(saved, seed):
    small = dedupe.find_duplicates(
        {"a": "one two three", "b": "One two three!", "c": "one two three four"},
        Config(threshold=0.2, shingle_size=1, keep=("first",), linkage="single"),
    )
    readable = 0
    for data in [*mutations(saved, 30, seed), *mutations(render_json(small), 120, seed)]:
        try:
            report = parse_report(data)
        except DedupeError:
            continue
        readable += 1
        texts = SourceTexts.of_report(report)
        for name in FORMATS:
            for _ in FORMATS[name].render(report, texts, RenderOptions(color=True, links=True)):
                pass
        with suppress(DedupeError):
            recluster(report, report.config.threshold, count_in_texts(report, texts))
    assert readable > 20


@pytest.mark.parametrize(
    ("formats", "streams"),
    [("json", True), ("jsonl csv csv-pairs", True), ("text", False), ("json html", False)],
)
def test_only_formats_that_keep_nothing_stream(tmp_path, formats, streams):
    targets = [Target(format, str(tmp_path / format)) for format in formats.split()]
    assert Outputs(targets).are_streamed() == streams


def test_targets_are_plain_values():
    assert Target("json", "-").is_standard_output
    assert not Target("json", "./-").is_standard_output


@pytest.mark.parametrize(
    "chosen",
    [{}, {"glob": ("*.txt",)}, {"exclude": ("sub/",)}, {"exclude": ("*.json",), "glob": ("b*",)}],
)
@pytest.mark.parametrize("named", [["in"], ["in/sub", "in/a.txt"], ["in/.hidden"], ["link"], ["-"]])
def test_what_would_be_read_is_what_is_found(tmp_path, monkeypatch, chosen, named):
    monkeypatch.chdir(tmp_path)
    names = ("a.txt", "b.json", "sub/c.txt", "sub/deep/b.html", ".hidden/d.txt", "sub/.e.txt")
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("some text")
    (tmp_path / "link").symlink_to("in")
    (tmp_path / "in" / "alias.txt").symlink_to("sub/c.txt")
    (tmp_path / "in" / "outside.txt").symlink_to("../other.txt")
    (tmp_path / "other.txt").write_text("some text")
    settings = Config(**chosen).settings
    found = {os.path.realpath(source.path) for source in find_sources(named, settings).sources}
    for name in (*names, "alias.txt", "outside.txt", "../other.txt"):
        file = os.path.join("in", name)
        assert reads_file(file, named, settings) == (os.path.realpath(file) in found), name
