"""What the program wrote is never a document: in every format, under any name, also compressed and
in archives; and it changes nothing of what is found beside it."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
import zstandard

from dedupe.model.output_marks import PHRASE, kind_of_output
from dedupe.renderers.registry import FORMATS
from tests.support.command import RunDedupe, clean_environment, dedupe_command, run_command
from tests.support.every_format import tar_of, zip_of

pytestmark = pytest.mark.slow

WORDS = [f"{a}{b}{c}" for a in ("ba", "de", "fi", "gor") for b in "aeiou" for c in ("l", "n", "r")]
PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.compress}


def article(seed: int) -> str:
    rng = random.Random(seed)
    sentences = [" ".join(rng.choices(WORDS, k=12)).capitalize() + "." for _ in range(25)]
    return "\n".join(sentences) + "\n"


def make_corpus(folder: Path) -> None:
    """Two articles that are alike, and one that is like no other."""
    folder.mkdir()
    one = article(1)
    (folder / "a.txt").write_text(one)
    (folder / "b.txt").write_text(one.replace("\n", " and\n", 1) + "One word more.\n")
    (folder / "c.txt").write_text(article(2))


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that the program writes, of two articles that are alike: by what it is."""
    folder = tmp_path_factory.mktemp("outputs")
    make_corpus(folder / "corpus")

    def run(*arguments: str, code: int = 0) -> bytes:
        done = run_command(*arguments, cwd=folder)
        assert done.returncode == code, done.stderr
        return done.stdout

    found: dict[str, bytes] = {}
    for command, code in (("scan", 0), ("check", 1)):
        targets = [f"--output={name}:{folder}/{command}-{name}" for name in FORMATS]
        found[f"{command} stdout"] = run(command, "corpus", *targets, "--output=text:-", code=code)
        for name in FORMATS:
            found[f"{command} {name}"] = (folder / f"{command}-{name}").read_bytes()
    saved = "scan-json"
    found["report text"] = run("report", saved)
    run("check", "corpus", "--baseline", "base", "--update-baseline")
    found["baseline"] = (folder / "base").read_bytes()
    for name in ("text", "json"):
        found[f"explain {name}"] = run("explain", "corpus/a.txt", "corpus/b.txt", "--format", name)
        found[f"apply {name}"] = run("apply", saved, "--format", name)
    run("apply", saved, "--move-to", "aside")
    found["manifest"] = (folder / "aside" / "dedupe-manifest.jsonl").read_bytes()
    return found


def scan_json(run_dedupe: RunDedupe, path: str = "corpus") -> Any:
    report = json.loads(run_dedupe("scan", path, "--format", "json").stdout)
    left_out = report["corpus"].pop("skipped_count")
    assert {*report["corpus"].pop("skipped_counts")} <= {"own_output"}
    assert {each["reason"] for each in report["skipped"]} <= {"own_output"}
    assert left_out == len(report["skipped"])
    kept = ("clusters", "bridges", "corpus", "notices", "search")
    return {name: report[name] for name in kept}, left_out


def test_reports_beside_articles_change_nothing(tmp_path, run_dedupe, outputs):
    """The formats come from the registry: one without a mark is read here, and fails."""
    for command in ("scan", "check"):
        assert {f"{command} {name}" for name in FORMATS} <= outputs.keys()
    corpus = tmp_path / "corpus"
    make_corpus(corpus)
    plain, left_out = scan_json(run_dedupe)
    assert (left_out, len(plain["clusters"])) == (0, 1)
    members: dict[str, bytes] = {}
    endings = ("txt", "md", "json", "jsonl", "csv", "tsv", "html", "", "log")
    for number, (what, data) in enumerate(outputs.items()):
        assert data.strip(), what
        # Names that say nothing of what it is, or something else.
        name = f"{number:02}-{what.replace(' ', '-')}"
        for ending in (endings[number % len(endings)], endings[number // 2 % len(endings)]):
            members[f"{name}.{ending}".rstrip(".")] = data
        ending, pack = [*PACKERS.items()][number % len(PACKERS)]
        members[f"{name}.packed.txt.{ending}"] = pack(data)
        members[f"{name}.nameless"] = gzip.compress(data)
        members[f"{name}.crlf.txt"] = data.replace(b"\n", b"\r\n")
        members[f"{name}.marked.txt"] = b"\xef\xbb\xbf" + data
        members[f"{name}.wide.txt"] = data.decode().encode("utf-16")  # as PowerShell writes it
    for name, data in members.items():
        (corpus / name).write_bytes(data)
    (corpus / "reports.zip").write_bytes(zip_of(members))
    (corpus / "reports.tar.gz").write_bytes(gzip.compress(tar_of(members)))
    beside, left_out = scan_json(run_dedupe)
    assert left_out == 3 * len(members)
    assert beside == plain
    told = run_dedupe("scan", "corpus", "--output", "r.json").stderr.decode()
    assert told.count("left out") == 1 and f"so were {left_out - 1} others" in told
    assert "own_output" in told and "warning" not in told
    run_dedupe("scan", "corpus", "--on-error", "fail", "--quiet")
    gate = run_dedupe("check", "corpus", "--max-duplicates", "1", "--format", "json").stdout
    assert json.loads(gate)["document_count"] == 3
    (cluster,) = plain["clusters"]
    dropped = {member["id"] for member in cluster["members"][1:]}
    run_dedupe("apply", "r.json", "--delete")
    assert {f"{name}.txt" for name in "abc"} - dropped == {
        path.name for path in corpus.glob("?.txt")
    }
    assert all((corpus / name).read_bytes() == data for name, data in members.items())


def test_a_report_that_was_redirected_into_its_corpus(tmp_path, run_dedupe):
    corpus = tmp_path / "corpus"
    make_corpus(corpus)
    plain, _ = scan_json(run_dedupe)
    for format in ("json", "text"):
        # At first the file is empty; then it holds what the run before left there, to be
        # appended to, which need not begin with a mark.
        for mode in ("wb", "ab"):
            path = corpus / "c.report.txt"
            if mode == "ab":
                path.write_bytes((corpus / "a.txt").read_bytes())
            with path.open(mode) as stdout:
                done = subprocess.run(
                    [*dedupe_command(), "scan", "corpus", "--format", format],
                    cwd=tmp_path,
                    stdout=stdout,
                    stderr=subprocess.PIPE,
                    env=clean_environment(),
                    check=False,
                )
            assert done.returncode == 0, done.stderr
            if format == "json" and mode == "wb":
                report = json.loads(path.read_bytes())
                assert report["clusters"] == plain["clusters"]
                assert report["corpus"]["skipped_counts"] == {"own_output": 1}
                assert report["corpus"]["document_count"] == 3
            path.unlink()
    with (corpus / "log.txt").open("wb") as stderr:
        subprocess.run(
            [*dedupe_command(), "scan", "corpus", "--output", "r.json", "--progress"],
            cwd=tmp_path,
            stderr=stderr,
            env=clean_environment(),
            check=True,
        )
    found = json.loads((tmp_path / "r.json").read_bytes())
    assert found["skipped"][0]["id"] == "log.txt"
    assert found["clusters"] == plain["clusters"]


def test_an_output_that_is_named_is_left_out_and_alone_is_an_error(tmp_path, run_dedupe):
    make_corpus(tmp_path / "corpus")
    run_dedupe("scan", "corpus", "--output", "html:named")
    told = run_dedupe("scan", "named", code=2).stderr.decode()
    assert "named" in told and "written by dedupe" in told
    beside = run_dedupe("scan", "corpus", "named", "--format", "json")
    assert b"named: written by dedupe" in beside.stderr
    found = json.loads(beside.stdout)
    assert found["corpus"]["document_count"] == 3
    assert [item["reason"] for item in found["skipped"]] == ["own_output"]
    run_dedupe("check", "corpus", "named", code=1)
    data = (tmp_path / "named").read_bytes()
    assert b"written by dedupe" in run_dedupe("scan", "-", stdin=data, code=2).stderr
    told = run_dedupe("explain", "named", "corpus/a.txt", code=2).stderr
    assert b"written by dedupe" in told


def test_the_clean_corpus_and_its_lists_hold_no_reports(tmp_path, run_dedupe):
    make_corpus(tmp_path / "corpus")
    run_dedupe("scan", "corpus", "--output", "corpus/old.html")
    run_dedupe("scan", "corpus", "--output", "corpus/r.json")
    told = run_dedupe("apply", "corpus/r.json", "--output", "clean").stderr
    assert b"written by dedupe, and not copied: 2 files" in told
    kept = {path.name for path in (tmp_path / "clean").iterdir()}
    assert kept < {"a.txt", "b.txt", "c.txt"} and len(kept) == 2
    listed = run_dedupe("apply", "corpus/r.json", "--list", "kept").stdout.split()
    assert {Path(name.decode()).name for name in listed} == kept


def test_a_report_of_before_whose_keeper_is_a_report_deletes_nothing(tmp_path, run_dedupe):
    """Versions before this one could name a report as what stays for an article."""
    corpus = tmp_path / "corpus"
    make_corpus(corpus)
    shown = corpus / "shown.txt"
    shown.write_bytes((corpus / "a.txt").read_bytes())
    (corpus / "b.txt").unlink()
    run_dedupe("scan", "corpus", "--keep", "longest", "--output", "r.json")
    (cluster,) = json.loads((tmp_path / "r.json").read_bytes())["clusters"]
    keeper = corpus / cluster["representative"]
    keeper.write_bytes(f"[{PHRASE}]\n".encode() + keeper.read_bytes())
    told = run_dedupe("apply", "r.json", "--delete", code=2).stdout
    assert b"written by dedupe" in told
    assert {path.name for path in corpus.iterdir()} == {"a.txt", "c.txt", "shown.txt"}


def test_who_quotes_a_report_is_a_document(outputs):
    """A mark counts at the beginning, and whole."""
    for what, data in outputs.items():
        assert kind_of_output(data.lstrip()), what
        assert not kind_of_output(b"They wrote:\n" + data), what
    for start in (
        b"",
        f"{PHRASE}: a poem\n".encode(),
        f"[{PHRASE}] is what it begins with\n".encode(),
        b"<!-- dedupe -->\n# An article",
        b'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>dedupe</title>',
        b'{"schema_version": 1, "config": {"name": "mine"}}',
        b'{"verdict_version": 2, "text": "guilty"}',
        b'{"cluster_id":"0123456789abcdef","representative":"a","text":"of a corpus"}',
        b'{"cluster_id":"7","representative":"a","members":[{"id":"a"}]}',
        b'{"id":"a","relation":"near","jaccard":0.9,"text":"one"}',
        b"cluster_id,left,right,relation\n",
        b"cluster_id,cluster_size,role,id,text\n",
        b'{"$schema":"x","version":"2.1.0","runs":[{"tool":{"driver":{"name":"ruff"}}}]}',
        b"dedupe-baseline 1 is how the file begins\n",
        b"dedupe is a program\n",
        b"::error file=a.py,line=1,title=Ruff::x",
        b'{"action":"delete","text":"of a log"}',
    ):
        assert not kind_of_output(start), start


def test_outputs_of_versions_without_marks_are_known(outputs):
    text = " 1  2 documents · 1 duplicate · Jaccard 0.91          cluster 9f3c21\n\n    ● a.txt"
    assert kind_of_output(text.lstrip().encode()) == "text"
    old = {
        "scan markdown": (f"<!-- {PHRASE} -->\n", ""),
        "check github": (f"::debug::{PHRASE}\n", ""),
        "scan github": (f"::debug::{PHRASE}\n", ""),
        "scan html": (f'<meta name="generator" content="{PHRASE}">\n', ""),
    }
    for what, (new, before) in old.items():
        data = outputs[what].decode()
        assert new in data
        assert kind_of_output(data.replace(new, before, 1).lstrip().encode()), what
