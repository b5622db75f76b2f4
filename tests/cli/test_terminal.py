"""What is seen on a terminal: a screen, a pager, help in groups, errors that say what was meant."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from dedupe.cli.help import COMMON, GROUPS, complete_diff
from dedupe.cli.output import LEAST_SCREEN_LINES
from dedupe.cli.pager import find_pager
from dedupe.renderers.view.options import SCREEN_LINES
from tests.support.command import FIXTURES
from tests.support.terminal import run_on_terminal

ARTICLES = FIXTURES / "articles"
WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty"]


def write_many(folder: Path, clusters: int, copies: int = 2) -> Path:
    """A folder of clusters, each of texts that end differently."""
    folder.mkdir()
    for number in range(clusters):
        base = " ".join(f"{word}{number}x{i}" for i in range(8) for word in WORDS)
        for copy in range(copies):
            text = f"Story number {number} of the harbour\n{base} ending{copy}\n"
            (folder / f"story{number:03}-{copy:02}.txt").write_text(text)
    return folder


# --- a screen -------------------------------------------------------------------------------


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (80, 48), (140, 50), (60, 100)])
def test_a_scan_fits_the_terminal(tmp_path, columns, rows):
    shown = run_on_terminal("scan", ARTICLES, cwd=tmp_path, columns=columns, rows=rows)
    assert shown.code == 0
    assert len(shown.lines) < max(LEAST_SCREEN_LINES, min(rows, SCREEN_LINES)) + 1
    assert max(map(cell_len, shown.lines)) <= columns
    assert "{+" in shown.text.split("Next:")[0].split("kept")[0]  # a difference is seen at once
    assert " 1  Branch libraries in" in shown.text
    assert "● kept · ○ its duplicate" in shown.text
    assert re.search("[0-9]\n *words", shown.text) is None  # no figure is torn from its noun


def test_what_is_left_out_is_counted_and_how_to_see_it(tmp_path, dedupe_here):
    write_many(tmp_path / "many", 70)
    text = dedupe_here("scan", "many").stdout.decode()
    shown = len(re.findall(r"^ *\d+  Story number", text, re.MULTILINE))
    assert text.count("\n") <= SCREEN_LINES
    assert 4 <= shown < 20
    rest = (
        f"⋯ {70 - shown} clusters more with {2 * (70 - shown)} documents: --top N shows N of each"
    )
    assert rest in " ".join(text.split())
    assert "--diff shows all differences" in " ".join(text.split())
    whole = dedupe_here("scan", "many", "--top", "0", "--diff").stdout.decode()
    assert len(re.findall(r"^ *\d+  Story number", whole, re.MULTILINE)) == 70
    assert whole.split("kept")[0].count("{+") == 70
    assert "more" not in whole.split("70 clusters")[0]
    some = dedupe_here("scan", "many", "--top", "7").stdout.decode()
    assert len(re.findall(r"^ *\d+  Story number", some, re.MULTILINE)) == 7


def test_members_are_counted_and_shown_by_top(tmp_path, dedupe_here):
    write_many(tmp_path / "many", 1, copies=30)
    text = dedupe_here("scan", "many").stdout.decode()
    assert text.count("○ story") < 6
    assert re.search(r"⋯ 2\d members more", text)
    assert dedupe_here("scan", "many", "--top", "9").stdout.decode().count("○ story") == 9
    all_of_them = dedupe_here("scan", "many", "--top", "0").stdout.decode()
    assert all_of_them.count("○ story") == 29
    # One difference, until --diff asks for those of the others too.
    assert all_of_them.split("kept")[0].count("{+") == 1
    every = dedupe_here("scan", "many", "--top", "0", "--diff").stdout.decode()
    assert every.split("kept")[0].count("{+") == 29


def test_the_most_redundant_words_come_first(tmp_path, dedupe_here):
    (tmp_path / "in").mkdir()
    long = " ".join(f"long{i}" for i in range(400))
    short = " ".join(f"short{i}" for i in range(30))
    for name, text in (("a", short), ("b", short), ("c", short), ("y", long), ("z", long)):
        (tmp_path / "in" / f"{name}.txt").write_text(text)
    text = dedupe_here("scan", "in").stdout.decode()
    assert text.index("● y.txt") < text.index("● a.txt")
    markdown = dedupe_here("scan", "in", "-f", "markdown").stdout.decode()
    assert markdown.index("y&#46;txt") < markdown.index("a&#46;txt")


def test_titles_come_from_the_record_or_the_first_line(tmp_path, dedupe_here):
    body = " ".join(f"word{i}" for i in range(40))
    lines = [
        f'{{"id": "{id}", "title": "A headline \\u001b[31m of its own", "text": "{body}"}}'
        for id in "ab"
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(lines))
    told = dedupe_here("scan", "r.jsonl", "--meta-field", "title").stdout.decode()
    assert " 1  A headline \\x1b[31m of its own " in told
    assert " 1  word0 word1" in dedupe_here("scan", "r.jsonl").stdout.decode()


def test_a_terminal_is_told_what_to_do_next_and_a_pipe_is_not(tmp_path, dedupe_here):
    shutil.copytree(ARTICLES, tmp_path / "in")
    arguments = ("scan", "in", "-t", "0.8", "-f", "text")
    shown = run_on_terminal(*arguments, cwd=tmp_path).text
    assert "Next: look  dedupe scan in -t 0.8 --output report.html" in shown
    assert "clean dedupe clean in -t 0.8 --output clean" in shown
    shown = run_on_terminal(*arguments, "--top", "3", cwd=tmp_path).text
    assert "clean dedupe scan in -t 0.8 --top 3 --output report.json" in shown
    assert "dedupe apply report.json --output clean" in shown
    assert "ask   dedupe explain" in shown
    assert b"Next:" not in dedupe_here(*arguments).stdout
    body = " ".join(f"word{i}" for i in range(40))
    records = f'{{"text": "{body}"}}\n'.encode() * 2
    assert "Next:" not in run_on_terminal("scan", "-", cwd=tmp_path, stdin=records).text


# --- the pager ------------------------------------------------------------------------------


def pager_script(tmp_path: Path, body: str) -> str:
    path = tmp_path / "pager"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


ALL = ("scan", ARTICLES, "--top", "0", "--diff")


def test_long_output_goes_through_the_pager(tmp_path):
    pager = pager_script(tmp_path, 'echo "PAGED with $LESS and $1"; cat')
    shown = run_on_terminal(*ALL, cwd=tmp_path, DEDUPE_PAGER=f"{pager} --x", PAGER="none")
    assert shown.code == 0
    assert "PAGED with FRX and --x" in shown.text
    assert "Next:" in shown.text
    by_other = run_on_terminal(*ALL, cwd=tmp_path, PAGER=pager, LESS="S").text
    assert "PAGED with S and " in by_other
    for arguments, rows in (((*ALL, "--no-pager"), 48), (("scan", ARTICLES), 60), (ALL, 400)):
        shown = run_on_terminal(*arguments, cwd=tmp_path, rows=rows, PAGER=pager)
        assert "PAGED" not in shown.text and "Next:" in shown.text
    (tmp_path / "dedupe.toml").write_text("pager = false\n")
    assert "PAGED" not in run_on_terminal(*ALL, cwd=tmp_path, PAGER=pager).text


def test_a_pipe_gets_no_pager(tmp_path, run_dedupe):
    pager = pager_script(tmp_path, "echo PAGED; cat")
    assert b"PAGED" not in run_dedupe(*ALL, DEDUPE_PAGER=pager).stdout


def test_a_pager_that_fails_or_is_left_is_no_error(tmp_path):
    gone = run_on_terminal(*ALL, cwd=tmp_path, PAGER="no-such-pager-anywhere")
    assert gone.code == 0 and "Next:" in gone.text
    left = run_on_terminal(
        *ALL, "--exit-code", "--diff", "full", cwd=tmp_path, PAGER=pager_script(tmp_path, "exit 3")
    )
    assert left.code == 1  # what the scan found, not what the pager says
    assert "error" not in left.text and "Traceback" not in left.text


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_less_shows_the_first_lines_and_is_left_with_q(tmp_path):
    shown = run_on_terminal(*ALL, cwd=tmp_path, rows=20, PAGER="less", keys=["q"])
    assert shown.code == 0
    assert "Branch libraries" in shown.text
    assert "Next:" not in shown.text


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({}, ["less"]),
        ({"PAGER": "more -s"}, ["more", "-s"]),
        ({"DEDUPE_PAGER": "a", "PAGER": "b"}, ["a"]),
        ({"PAGER": "cat"}, []),
        ({"PAGER": ""}, []),
        ({"DEDUPE_PAGER": "", "PAGER": "less"}, []),
        ({"TERM": "dumb"}, []),
        ({"PAGER": "less 'x"}, []),
    ],
)
def test_which_pager(environment, command):
    assert find_pager(environment) == command


# --- help and errors ------------------------------------------------------------------------


def test_help_has_twenty_options_and_help_all_has_all(dedupe_here):
    usual = dedupe_here("scan", "--help").stdout.decode()
    everything = dedupe_here("scan", "--help-all").stdout.decode()
    flags = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", usual, re.MULTILINE)
    every = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", everything, re.MULTILINE)
    assert 18 <= len(flags) - 2 <= 22  # without --help and --help-all
    assert set(flags) < set(every) and len(every) > 60
    assert f"{len(every) - len(flags)} more options: dedupe scan --help-all" in usual
    headings = re.findall(r"^(\w[\w ]+):$", everything, re.MULTILINE)
    assert headings == [
        "What is compared",
        "What is a duplicate",
        "How it is read",
        "Limits and resources",
        "What is written",
        "Help",
    ]
    for short in ("-o", "-q", "-v", "-j", "-t", "-f"):
        assert f"  {short}, --" in usual


@pytest.mark.parametrize("command", ["apply", "clean", "review"])
def test_an_option_alone_has_no_group_and_is_shown(dedupe_here, command):
    """Of the gate's options these have one, which is about no gate there."""
    usual = dedupe_here(command, "--help").stdout.decode()
    assert "The gate:" not in usual
    assert "--decisions FILE" in usual.partition("\nOptions:\n")[2].partition("\n\n")[0]
    gated = dedupe_here("check", "--help-all").stdout.decode().partition("\nThe gate:\n")[2]
    assert "--decisions FILE" in gated.partition("\n\n")[0]


def test_every_option_of_a_scan_has_its_group():
    from dedupe.cli.check import command as check
    from dedupe.cli.help import name_of
    from dedupe.cli.scan import command as scan

    grouped = [name for names in GROUPS.values() for name in names]
    assert len(grouped) == len(set(grouped))
    known = {name_of(each) for command in (scan, check) for each in command.params} - {""}
    assert known | {"help", "help_all"} == {*grouped}
    assert {*grouped} >= COMMON


def test_short_forms_are_the_long_ones(tmp_path, dedupe_here):
    shutil.copytree(ARTICLES, tmp_path / "in")
    dedupe_here("scan", "in", "-t", "0.8", "-j", "1", "-q", "-f", "csv", "-o", "a")
    dedupe_here("scan", "in", "--threshold", "0.8", "--quiet", "--output", "csv:b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert b"seconds" in dedupe_here("scan", "in", "-v").stderr
    told = dedupe_here("check", "in", "-qotext:-", "-t0.8", code=1).stdout.decode()
    accept = "dedupe check --baseline .dedupe-baseline --update-baseline in -q -t0.8"
    assert accept in " ".join(told.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scna", "x"], "no such command: scna; did you mean scan? (see dedupe --help)"),
        (["scan", "x", "--treshold", "1"], "no such option: --treshold; did you mean --threshold?"),
        (["scan", "x", "--format", "jsn"], "did you mean json?"),
        (["scan", "x", "--keep", "degre"], "did you mean degree?"),
        (["scan", "x", "--find", "contaned"], "did you mean contained?"),
        (["check", "x", "--fail-on", "nera"], "did you mean near?"),
        (["scan", "x", "--diff", "hnks"], "did you mean hunks?"),
        (["scan", "x", "-o", "md:x"], "there is no format md; did you mean markdown?"),
        (["scan", "x", "-o", "junk:x"], "csv (.csv), csv-pairs, csv-passages, markdown (.md)"),
        (["scan", "x", "-o", "sariff:x"], "did you mean sarif?"),
        (["report", "x", "-o", "x.jsno"], "no format has the ending .jsno; write FORMAT:x.jsno"),
        (["check", "x", "-o", "x.json.gz"], "no format has the ending .gz"),
        (["config", "shw"], "did you mean show?"),
        (["scan", "--config", "file.toml", "x"], "no setting 'treshold'; did you mean threshold?"),
        (["scan", "--config", "value.toml", "x"], "not one of text, json"),
        (["scan", "--config", "linkage.toml", "x"], "did you mean star?"),
        (["scan"], "missing argument 'PATH...'"),
        (
            ["scan", "x", "-t", "much"],
            "not a valid float (see dedupe scan --help)",
        ),
    ],
)
def test_errors_are_of_one_style_and_name_what_was_meant(tmp_path, dedupe_here, arguments, said):
    (tmp_path / "x").write_text("some words")
    (tmp_path / "file.toml").write_text("treshold = 1\n")
    (tmp_path / "value.toml").write_text('format = "jsn"\n')
    (tmp_path / "linkage.toml").write_text('linkage = "stra"\n')
    result = dedupe_here(*arguments, code=2)
    told = result.stderr.decode()
    assert result.stdout == b""
    assert told.startswith("dedupe: error: ")
    assert said in told


def test_diff_may_stand_without_a_value():
    assert complete_diff(["--diff", "in"]) == ["--diff=hunks", "in"]
    assert complete_diff(["in", "--diff"]) == ["in", "--diff=hunks"]
    assert complete_diff(["--diff", "-q"]) == ["--diff=hunks", "-q"]
    assert complete_diff(["--diff", "full", "in"]) == ["--diff", "full", "in"]
    assert complete_diff(["--diff", "ful", "in"]) == ["--diff", "ful", "in"]
    assert complete_diff(["--", "--diff", "in"]) == ["--", "--diff", "in"]


def test_files_with_strange_endings_may_be_written_where_a_format_is_named(tmp_path, dedupe_here):
    dedupe_here("scan", ARTICLES, "-o", "text:log.log", "-o", "csv:x.y")
    dedupe_here("scan", ARTICLES, "-f", "json", "-o", "z.out")
    assert {path.name for path in tmp_path.iterdir()} == {"log.log", "x.y", "z.out"}
