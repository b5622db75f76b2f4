"""The command, mostly the installed one, through real processes."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import pytest

from dedupe import __version__
from dedupe.report.json import parse_report
from dedupe.sketch import load_kernels
from tests.support.command import FIXTURES, clean_environment, dedupe_command, shell

ARTICLES = FIXTURES / "articles"
RECORDS = FIXTURES / "records.jsonl"
KERNELS = load_kernels().name
COMPILED = KERNELS == "compiled"


def lines_of(count: int) -> bytes:
    """Records of which every two neighbours are near-duplicates."""
    words = [f"w{i}" for i in range(97)]
    texts = (" ".join(f"{word}x{i // 2}" for word in words) + f" {i}" for i in range(count))
    records = (json.dumps({"id": str(i), "text": text}) for i, text in enumerate(texts))
    return "".join(f"{record}\n" for record in records).encode()


# --- what a person sees ---------------------------------------------------------------------


def test_text_report(run_dedupe):
    output = run_dedupe("scan", ARTICLES).stdout.decode()
    assert "● harbour-bridge_citydesk.txt" in output
    assert "{+Also Read:" in output
    assert "25 bands of 5 rows find 99.0 % of the pairs at 0.7" in output
    assert "\x1b" not in output
    assert "\r" not in output
    assert max(map(len, output.splitlines())) <= 80


def test_width_follows_columns(dedupe_here):
    output = dedupe_here("scan", ARTICLES, COLUMNS="60").stdout.decode()
    assert max(map(len, output.splitlines())) <= 60


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": "", "CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR": "1"}, False),
    ],
)
def test_color_when_piped(dedupe_here, environment, colored):
    output = dedupe_here("scan", ARTICLES, **environment).stdout
    assert (b"\x1b[" in output) == colored


def run_on_terminal(arguments, folder, command=None, **environment):
    """Run with a terminal for all three streams; return what it shows and the exit code."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*(command or dedupe_command()), *map(str, arguments)],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=folder,
        env=clean_environment(**{"TERM": "xterm-256color", **environment}),
    )
    os.close(follower)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([leader], [], [], 0.2)[0]:
            continue
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(leader)
    return shown, process.wait(timeout=30)


@pytest.mark.parametrize(
    ("environment", "colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"CLICOLOR": "0"}, False), ({"TERM": "dumb"}, False)],
)
def test_color_on_a_terminal(tmp_path, environment, colored):
    arguments = ["scan", ARTICLES, "--no-progress", "--no-pager"]  # a pager would wait for a key
    shown, code = run_on_terminal(arguments, tmp_path, **environment)
    assert code == 0
    assert (b"\x1b[3" in shown or b"\x1b[9" in shown) == colored


WITH_BAR = (
    "import sys, dedupe.cli, dedupe.notebook.progress as progress;"
    "progress.SHORT_SECONDS, progress.LONG_STAGE_SECONDS = {}, 0; sys.argv[0] = 'dedupe';"
    "sys.exit(dedupe.cli.run())"
)
"""The command, but with a bar from the start: what these tests scan is read in no time."""


def run_with_bar(arguments, folder, after=0, **environment):
    command = [sys.executable, "-c", WITH_BAR.format(after)]
    # (A pager would wait for a key.)
    return run_on_terminal([*arguments, "--no-pager"], folder, command=command, **environment)


@pytest.mark.slow
def test_progress_on_a_terminal_and_nowhere_else(tmp_path, run_dedupe):
    shown, _ = run_with_bar(["scan", ARTICLES, "--format", "json"], tmp_path)
    assert re.search(rb"reading .*0 documents, 0\.0 MB", shown)
    assert b"reading: 25 documents, 0.0 MB" in shown  # which stays: the stage took "long"
    quick, _ = run_with_bar(["scan", ARTICLES, "--format", "json"], tmp_path, after=3600)
    assert b"\x1b[?25l" not in quick  # (which a bar begins with: the cursor goes)
    plain, _ = run_with_bar(["scan", ARTICLES, "--format", "json"], tmp_path, TERM="dumb")
    assert b"dedupe: reading: 0 documents" in plain
    # (Where kernels are named, there is no word about slow ones.)
    assert run_dedupe("scan", ARTICLES, "--kernels", KERNELS).stderr == b""
    assert b"dedupe: reading" in run_dedupe("scan", ARTICLES, "--progress").stderr


@pytest.mark.slow
def test_progress_of_writing_stands_in_nobodys_way(tmp_path):
    arguments = ["scan", ARTICLES]
    to_file, _ = run_with_bar([*arguments, "--output", "json:report.json"], tmp_path)
    assert re.search(rb"writing .*25 documents", to_file)
    assert to_file.rindex(b"\x1b[?25l") < to_file.rindex(b"\x1b[?25h")  # the cursor is back
    assert b"done" not in to_file
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.DEVNULL):
        to_pipe, _ = run_with_bar([*arguments, "--output", "json:pipe"], tmp_path)
    to_terminal, _ = run_with_bar(arguments, tmp_path)
    assert b"documents, " in to_pipe
    assert b"writing" not in to_pipe + to_terminal


def test_top_counts_the_rest(dedupe_here):
    output = dedupe_here("scan", ARTICLES, "--top", "2", "--diff", "none").stdout.decode()
    assert output.count("    ● ") == 2
    assert "7 clusters more with 14 documents" in output


@pytest.mark.parametrize("diff", ["none", "summary", "hunks", "full"])
def test_diff_levels(dedupe_here, diff):
    output = dedupe_here("scan", ARTICLES, "--diff", diff).stdout.decode()
    assert ("{+" in output) == (diff in ("hunks", "full"))
    assert ("words the same" in output) == (diff == "hunks")


@pytest.mark.slow
def test_hostile_names_and_texts_do_not_act_on_the_terminal(tmp_path, run_dedupe):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    hostile = "\x1b]0;title\x07 \x1b[2J \x9b31m [bold red]markup[/] \u202eoverride\u202c \r\x08 "
    text = hostile + " ".join(f"word{i}" for i in range(60))
    (corpus / "a\x1b[31m\nb.txt").write_text(text, encoding="utf-8")
    (corpus / "[red]c[bold].txt").write_text(text + " and\x1b[0m more", encoding="utf-8")
    (corpus / "d\x1b[2J.jsonl").write_text("{not json\x1b[2J\n")
    for form in ("text", "json", "jsonl"):
        result = run_dedupe("scan", "corpus", "--format", form)
        shown = (result.stdout + result.stderr).decode()
        for control in "\x1b\x07\x08\x9b\u202e\u202c\x7f":
            assert control not in shown
        assert "\r" not in shown
        assert "[red]c[bold].txt" in shown
    colored, _ = run_on_terminal(["scan", "corpus", "--color", "always"], tmp_path)
    assert b"\x1b[2J" not in colored
    assert b"\x1b]0;" not in colored
    assert "\x9b".encode() not in colored


# --- what a program reads -------------------------------------------------------------------


def test_json_is_the_whole_report(dedupe_here):
    result = dedupe_here("scan", ARTICLES, "--format", "json")
    report = parse_report(result.stdout)
    assert report.schema_version == 1
    assert report.corpus.document_count == 25
    assert result.stderr.decode().count("no_tokens") == 2
    assert dedupe_here("scan", ARTICLES, "--format", "json", "--quiet").stderr == b""


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_json_through_jq(tmp_path):
    result = shell(
        f"set -o pipefail; dedupe scan {ARTICLES} --format json"
        " | jq -r '.clusters[] | .members[] | select(.relation == \"near\") | .id'",
        tmp_path,
    )
    assert result.returncode == 0
    assert b"ar_water_reprint.txt" in result.stdout


@pytest.mark.slow
def test_a_closed_pipe_ends_quietly(tmp_path):
    (tmp_path / "big.jsonl").write_bytes(lines_of(4000 if COMPILED else 1000))
    for form in ("json", "jsonl", "text"):
        result = shell(
            f"set -o pipefail; dedupe scan big.jsonl --kernels {KERNELS} --format {form} --top 0"
            " | head -1",
            tmp_path,
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.count(b"\n") == 1
        assert result.stderr == b""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check articles --quiet", 1),
        ("check articles --quiet --format jsonl", 1),
        ("scan articles --quiet --exit-code", 1),
        ("scan articles --quiet", 0),
        ("scan articles nothing --quiet", 2),
        ("report ../report.json --quiet --exit-code", 1),
        ("apply ../report.json", 0),
    ],
)
def test_a_reader_that_leaves_changes_no_exit_code(tmp_path, command, code):
    shutil.copytree(FIXTURES / "articles", tmp_path / "in" / "articles")
    made = shell("cd in && dedupe scan articles --quiet --output ../report.json", tmp_path)
    assert made.returncode == 0, made.stderr
    # (The reader is gone before anything is written.)
    result = shell(f"cd in && (sleep 0.1; dedupe {command}; echo $? >&2) | true", tmp_path)
    assert result.stderr.splitlines()[-1] == str(code).encode(), result.stderr
    assert b"internal" not in result.stderr and b"Broken" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("option", ["", "--output new", "--move-to aside", "--list kept"])
def test_apply_does_nothing_that_it_could_not_tell(tmp_path, option):
    shutil.copytree(FIXTURES / "articles", tmp_path / "articles")
    made = shell("dedupe scan articles --quiet --output report.json", tmp_path)
    assert made.returncode == 0, made.stderr
    before = sorted(tmp_path.rglob("*"))
    result = shell(f"dedupe apply report.json {option} >&-", tmp_path)
    assert result.returncode == 2
    assert result.stderr == b"dedupe: error: standard output is closed\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_standard_input_to_jsonl(tmp_path):
    shutil.copy(RECORDS, tmp_path / "x.jsonl")
    result = shell("set -o pipefail; cat x.jsonl | dedupe scan - --format jsonl", tmp_path)
    assert result.returncode == 0
    clusters = [json.loads(line) for line in result.stdout.splitlines()]
    assert [[m["id"] for m in c["members"]] for c in clusters] == [["r1", "r2"], ["r3", "r4"]] or [
        sorted(m["id"] for m in c["members"]) for c in clusters
    ] == [["r1", "r2"], ["r3", "r4"]]
    assert b"-:6: r6: no field 'text'" in result.stderr


def test_standard_input_can_show_diffs_and_embeds_texts(dedupe_here):
    data = RECORDS.read_bytes()
    shown = dedupe_here("scan", "-", stdin=data).stdout.decode()
    assert "[-" in shown or "{+" in shown
    report = json.loads(dedupe_here("scan", "-", "--format", "json", stdin=data).stdout)
    assert set(report["texts"]) == {"r1", "r2", "r3", "r4"}


def test_a_stream_that_is_not_kept_gives_the_same_clusters_without_texts(dedupe_here, tmp_path):
    records = RECORDS.read_bytes()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:  # is read from its end
        archive.writestr("x.jsonl", records)
    for data in (records, (tmp_path / "x.zip").read_bytes()):
        arguments = ("scan", "-", "--format", "json")
        kept = json.loads(dedupe_here(*arguments, stdin=data).stdout)
        report = json.loads(dedupe_here(*arguments, "--no-keep-stream", stdin=data).stdout)
        assert report["texts"] is None and report["clusters"] == kept["clusters"] != []
        shown = dedupe_here("scan", "-", "--no-keep-stream", stdin=data).stdout.decode()
        assert "standard input cannot be read again" in shown


@pytest.mark.parametrize(
    ("flags", "needed"),
    [
        (("--containment", "0.5"), b"--find contained"),
        (("--min-passage", "60"), b"--find contained or passages"),
        (("--overwrite-tables",), b"--tables"),
        (("--tables-alone",), b"--tables"),
    ],
)
def test_a_flag_that_would_do_nothing_is_refused(dedupe_here, flags, needed):
    told = dedupe_here("scan", ARTICLES, *flags, code=2).stderr
    assert told == b"dedupe: error: %b does nothing without %b\n" % (flags[0].encode(), needed)
    dedupe_here("scan", ARTICLES, "--no-overwrite-tables")


def test_prose_on_standard_input_is_told_what_to_do(dedupe_here):
    told = dedupe_here("scan", "-", stdin=b"Words of prose, and no record.\n", code=2).stderr
    assert b"--input-format says text" in told
    told = dedupe_here("scan", "-", stdin=b"Rar!\x1a\x07\0\0\0", code=2).stderr
    assert b"unpack it" in told and b"--input-format" not in told


def test_standard_input_as_one_text(dedupe_here):
    arguments = ("scan", "-", ARTICLES / "typos.txt", "--input-format", "text")
    text = (ARTICLES / "typos_retyped.txt").read_bytes()
    report = json.loads(dedupe_here(*arguments, "--format", "json", stdin=text).stdout)
    assert {member["id"] for member in report["clusters"][0]["members"]} == {
        "-",
        str(ARTICLES / "typos.txt"),
    }


def test_output_file_is_replaced_in_one_step(tmp_path, dedupe_here):
    (tmp_path / "report.json").write_text("old")
    result = dedupe_here("scan", ARTICLES, "--format", "json", "--output", "report.json")
    assert result.stdout == b""
    assert json.loads((tmp_path / "report.json").read_text())["corpus"]["cluster_count"] == 9
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_output_goes_into_what_is_no_regular_file(tmp_path, run_dedupe):
    os.mkfifo(tmp_path / "pipe")
    result = shell(
        f"cat pipe & dedupe scan {ARTICLES} --quiet --format json --output pipe; wait", tmp_path
    )
    assert json.loads(result.stdout)["corpus"]["cluster_count"] == 9
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "target").write_text("old")
    (tmp_path / "target").chmod(0o600)
    (tmp_path / "link").symlink_to("target")
    run_dedupe("scan", ARTICLES, "--format", "json", "--output", "link")
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "target").read_text())["schema_version"] == 1
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", "2>/dev/full", ">/dev/full"])
def test_closed_and_full_streams(tmp_path, closed):
    result = shell(f"dedupe scan {RECORDS} --format json {closed}", tmp_path)
    assert b"Traceback" not in result.stderr
    assert result.returncode == (2 if closed.startswith(">") else 0)
    assert b"internal error" not in result.stderr
    helped = shell(f"dedupe scan --help {closed}", tmp_path)
    assert b"Traceback" not in helped.stderr


def test_a_report_never_replaces_a_document(tmp_path, dedupe_here):
    shutil.copy(RECORDS, tmp_path / "x.jsonl")
    result = dedupe_here("scan", "x.jsonl", "--output", "x.jsonl", code=2)
    assert b"is one of the files to scan" in result.stderr
    assert (tmp_path / "x.jsonl").read_bytes() == RECORDS.read_bytes()
    missing = dedupe_here("scan", RECORDS, "--output", "no/such/folder.json", code=2)
    assert b"does not exist" in missing.stderr


def test_a_report_in_the_folder_is_refused_before_anything_is_read(tmp_path, dedupe_here):
    (tmp_path / "c" / "deep").mkdir(parents=True)
    shutil.copy(RECORDS, tmp_path / "c" / "x.jsonl")
    (tmp_path / "named").symlink_to("c")
    output = "c/deep/report.json"
    (tmp_path / output).write_text('{"text": "it is called so, and is a record of the user"}')
    first = (tmp_path / output).read_bytes()
    (tmp_path / "c" / "x.jsonl").write_bytes(b"broken")  # reading it would fail with its name
    for paths in (["c"], ["named"], [output], ["c/deep", "c/x.jsonl"]):
        refused = dedupe_here("scan", *paths, "--output", output, "--on-error", "fail", code=2)
        assert b"report.json: is one of the files to scan" in refused.stderr
        assert b"x.jsonl" not in refused.stderr
    assert (tmp_path / output).read_bytes() == first
    shutil.copy(RECORDS, tmp_path / "c" / "x.jsonl")
    dedupe_here("scan", "c", "--exclude", "report.json", "--format", "json", "--output", output)
    dedupe_here("scan", "c/x.jsonl", "--format", "json", "--output", output)
    named = dedupe_here("scan", output, "--format", "json", "--output", output, code=2)
    assert b"report.json: is one of the files to scan" in named.stderr


def test_exit_code_tells_of_duplicates(tmp_path, dedupe_here):
    dedupe_here("scan", ARTICLES, "--exit-code", code=1)
    dedupe_here("scan", ARTICLES / "typos.txt", "--exit-code", code=0)


# --- honesty --------------------------------------------------------------------------------


def test_each_broken_thing_is_told_with_its_place(tmp_path, dedupe_here):
    result = dedupe_here("scan", RECORDS, "--format", "json")
    told = result.stderr.decode()
    assert f"{RECORDS}:7: JSON is malformed" in told
    assert (
        f"{RECORDS}:6: r6: no field 'text' or another usual name; its fields are 'id', 'url'"
        in told
    )
    assert f"{RECORDS}:8: r7: field 'text' is null" in told
    assert "r8: occurs 2 times; kept apart as r8, r8#2" in told
    report = json.loads(result.stdout)
    assert report["corpus"]["skipped_counts"] == {
        "field_missing": 1,
        "not_json": 1,
        "text_null": 1,
    }
    assert report["corpus"]["document_count"] == 7


def test_places_of_records_whose_id_occurs_twice(tmp_path, dedupe_here):
    (tmp_path / "x.jsonl").write_text(
        '{"id":"x","text":null}\n{"id":"y","text":"good one"}\n{"id":"x","text":"good two"}\n'
        '{"id":"x","text":5}\n{"id":"x","text":null}\n{"id":"x","text":"!"}\n'
    )
    result = dedupe_here("scan", "x.jsonl", "--format", "json")
    for line, reason in ((1, "text_null"), (4, "text_not_string"), (5, "text_null")):
        assert re.search(rf"x\.jsonl:{line}: x: .*\({reason}\)", result.stderr.decode())
    assert "x.jsonl:6: x: holds no letter or digit" in result.stderr.decode()
    shown = dedupe_here("scan", "x.jsonl").stdout.decode()
    assert "x.jsonl:4: x" in shown


def test_ids_may_be_longer_than_any_number(tmp_path, dedupe_here):
    records = [{"id": digit * 5000, "text": "the same text"} for digit in "129"]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    output = dedupe_here("scan", "x.jsonl", "--keep", "first", "--format", "json").stdout
    assert json.loads(output)["clusters"][0]["representative"] == "1" * 5000


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_read_is_an_error(tmp_path, dedupe_here, form):
    (tmp_path / "empty").mkdir()
    result = dedupe_here("scan", "empty", "--format", form, code=2)
    assert result.stdout == b""
    assert b"no document could be read" in result.stderr
    assert b"empty" in result.stderr
    dedupe_here("scan", "-", stdin=b"", code=2)
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 10)
    result = dedupe_here("scan", "image.png", code=2)
    assert b"image.png" in result.stderr


def test_a_missing_path_is_an_error_after_the_rest_is_done(dedupe_here):
    result = dedupe_here("scan", ARTICLES, "nowhere", "--format", "json", code=2)
    assert json.loads(result.stdout)["corpus"]["cluster_count"] == 9
    assert b"nowhere" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threshold", "0"], "threshold"),
        (["--threshold", "abc"], "abc"),
        (["--shingle-size", "0"], "shingle_size"),
        (["--keep", "degree,oldest"], "oldest"),
        (["--recall", "0.99999", "--num-perm", "2"], "recall"),
        (["--linkage", "chain"], "chain"),
        (["--no-such-option"], "no-such-option"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_wrong_settings_are_errors(dedupe_here, arguments, said):
    result = dedupe_here("scan", ARTICLES, *arguments, code=2)
    assert said in result.stderr.decode()
    assert result.stdout == b""


def test_no_path_is_a_usage_error(dedupe_here):
    assert b"missing argument" in dedupe_here("scan", code=2).stderr


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="the extension is not built")
def test_kernels_are_told_and_agree(run_dedupe):
    reports = []
    for kernels in ("compiled", "plain"):
        output = run_dedupe("scan", ARTICLES, "--format", "json", "--kernels", kernels).stdout
        report = json.loads(output)
        assert report.pop("run")["kernels"] == kernels
        reports.append(report)
    assert reports[0] == reports[1]


@pytest.mark.skipif(COMPILED, reason="the extension is built")
def test_the_slow_path_says_so_once(run_dedupe):
    told = run_dedupe("scan", ARTICLES).stderr.decode()
    assert told.count("install a C compiler") == 1


def test_an_internal_error_shows_no_traceback(tmp_path, run_dedupe):
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import dedupe.clusters.linkage\ndedupe.clusters.linkage._LINKAGES = {}\n")
    result = run_dedupe("scan", ARTICLES, code=2, PYTHONPATH=str(tmp_path))
    assert b"internal error: KeyError" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("slow_stage", ["reading", "comparing"])
def test_interrupt_ends_at_once_without_a_traceback(tmp_path, slow_stage):
    command = [*dedupe_command(), "scan", "-", "--format", "json", "--progress"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=clean_environment(),
        # (A shell lets what it starts in the background ignore interrupts.)
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdin is not None
    many = 60_000 if COMPILED else 3000
    process.stdin.write(lines_of(many if slow_stage == "comparing" else 2000))
    process.stdin.flush()
    if slow_stage == "comparing":
        process.stdin.close()
    # Wait until the scan says that it runs.
    assert process.stderr is not None
    first = process.stderr.readline()
    assert b"dedupe: " in first
    # A signal that comes just before a blocking read begins waits for the read (in CPython).
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    output = process.stdout.read() if process.stdout else b""
    errors = process.stderr.read()
    assert process.wait(timeout=30) == 130
    assert b"Traceback" not in errors
    assert output == b""
    process.stdout.close()
    process.stderr.close()
    if slow_stage == "reading":
        process.stdin.close()


# --- settings -------------------------------------------------------------------------------


def test_settings_come_from_files_and_flags_win(tmp_path, dedupe_here):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.dedupe]\nthreshold = 0.9\nkeep = "longest,first"\nformat = "json"\n'
    )
    shown = dedupe_here("config", "show", "--threshold", "0.8").stdout.decode()
    rows = {line.split()[0]: line.split() for line in shown.splitlines()}
    assert rows["threshold"][1:] == ["0.8", "command", "line"]
    assert rows["keep"][1:3] == ['["longest",', '"first"]']
    assert rows["keep"][3].endswith("pyproject.toml")
    assert rows["seed"][1:] == ["1", "default"]
    report = json.loads(dedupe_here("scan", ARTICLES).stdout)
    assert report["config"]["threshold"] == 0.9
    assert report["config"]["keep"] == ["longest", "first"]
    (tmp_path / "dedupe.toml").write_text("shingle-size = 3\n")
    nearer = dedupe_here("config", "show").stdout.decode()
    assert "dedupe.toml" in nearer
    assert "pyproject.toml" not in nearer


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("treshold = 0.8\n", "there is no setting 'treshold'"),
        ('threshold = "high"\n', "threshold"),
        ("threshold = 2\n", "dedupe.toml"),
        ("threshold = [\n", "not a TOML file"),
        ('format = "xml"\n', "not one of text, json, jsonl"),
        ("shingle-size = 3\nshingle_size = 4\n", "shingle_size is given twice"),
        ('output = "x"\n', "there is no setting 'output'"),
    ],
)
def test_wrong_settings_files_are_errors(tmp_path, dedupe_here, content, said):
    (tmp_path / "dedupe.toml").write_text(content)
    assert said in dedupe_here("scan", ARTICLES, code=2).stderr.decode()


def test_odd_pyproject_files_are_no_settings(tmp_path, dedupe_here):
    (tmp_path / "pyproject.toml").write_text("tool = 5\n")
    dedupe_here("config", "show")
    (tmp_path / "pyproject.toml").write_text("[tool]\ndedupe = 5\n")
    assert b"not a table of settings" in dedupe_here("config", "show", code=2).stderr


def test_version_and_help(run_dedupe):
    assert __version__ in run_dedupe("--version").stdout.decode()
    for command in ([], ["scan"], ["config"], ["config", "show"]):
        assert b"Usage: dedupe" in run_dedupe(*command, "--help").stdout


def test_shell_completion(run_dedupe):
    assert b"_dedupe_completion" in run_dedupe(_DEDUPE_COMPLETE="bash_source").stdout
    offered = run_dedupe(
        _DEDUPE_COMPLETE="bash_complete", COMP_WORDS="dedupe scan --link", COMP_CWORD="2"
    ).stdout
    assert b"--linkage" in offered


def test_gzip_from_a_pipe(tmp_path, dedupe_here):
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(RECORDS.read_bytes()))
    report = json.loads(dedupe_here("scan", "x.jsonl.gz", "--format", "json").stdout)
    assert report["corpus"]["cluster_count"] == 2


def test_verbose_tells_what_each_stage_took(dedupe_here):
    told = dedupe_here("scan", ARTICLES, "--verbose", "--format", "json").stderr.decode()
    lines = [line.split() for line in told[told.index("stage") :].splitlines()]
    assert lines[0] == ["stage", "seconds", "documents/s", "MB/s", "peak", "MB"]
    stages = ["reading", "comparing", "verifying", "reporting", "writing"]
    assert [line[0] for line in lines[1:]] == stages
    assert all(float(number.replace(",", "")) >= 0 for line in lines[1:] for number in line[1:])


def test_files_are_written_where_standard_output_is_closed(tmp_path):
    result = shell(f"dedupe scan {ARTICLES} --output json:r.json >&-", tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "r.json").read_bytes())["clusters"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
def test_verbose_tells_of_stages_though_nothing_could_be_written(dedupe_here):
    failed = dedupe_here("scan", ARTICLES, "--verbose", "--output", "json:/dev/full", code=2)
    assert b"\nwriting " in failed.stderr
