"""What ignore files leave out: as git does, whose word is asked."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest

from dedupe import Config
from dedupe.sources import find_sources
from tests.support.command import RunDedupe, run_git

FILES = [
    *("a.txt", "build/a.txt", "build/deep/b.txt", "src/build/c.txt", "src/a.log", "src/keep.log"),
    *("notes/2024/x.md", "notes/2024/y.txt", "notes/x.md", "foo/bar/baz.txt", "foo/baz.txt"),
    *("bar/foo/z.txt", "foo.txt", "x/foo", "abc/d/e.txt", "sub/foo/x.txt", "sub/other.txt"),
    *(
        "spaced/a-b.txt",
        "spaced/a/b.txt",
        "b1.txt",
        "b2.txt",
        "c].txt",
        "Upper.TXT",
        "star*name.txt",
    ),
    *("new/line\nname.txt", "back\\slash.txt", "#hash.txt", "!bang.txt", "trail ", "[z].txt"),
    "ümlaut/ö.txt",
]

PATTERN_FILES = [
    "build/\n*.log\n!keep.log\n",
    "/build\nnotes/**/*.md\n",
    "**/foo\n!sub/foo/\n",
    "foo/*\n!foo/bar/\n",
    "*\n!*/\n!*.txt\n",
    "abc/**\nfoo/**/baz.txt\n",
    "b[0-9].txt\n[!a-z]*.TXT\n",
    "\\#hash.txt\n\\!bang.txt\n# a comment\n\n",
    "notes/*/x.md\r\n/foo.txt\r\n",
    "build\n!build/a.txt\n",
    "/*\n!/foo\n/foo/*\n!/foo/bar\n",
    "*.t?t\n!a.txt\n",
    "a/**/\nnotes/**/\n",
    "star\\*name.txt\n\\[z\\].txt\n",
    "ö.txt\nümlaut\n",
    "s*d/a[!x]b.txt\n",
    "[\nfoo[\n\\\n!\n/\n//foo\n",
    "***\n!*.md\n!*/\n",
    "f**o.txt\nsub/**\n!sub/other.txt\n",
    "[[:upper:]]*\nb[[:digit:]].txt\nspaced/a[^b]b.txt\n",
    "x/foo\nfoo/\n",
    "c].txt\nback\\\\slash.txt\n",
    "foo \nfoo.txt\\ \n",
    "\ufeffa.txt\n",
]


def make_tree(root: Path) -> None:
    for name in FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    assert run_git(root, "init", "--quiet").returncode == 0


def read_names(root: Path, folder: str = "", **settings) -> set[str]:
    """What is read below a folder, from the root."""
    found = find_sources([root / folder], Config(**settings).settings)
    return {os.path.relpath(source.path, root) for source in found.sources}


def ask_git(root: Path, folder: str = "") -> set[str]:
    """What git would show as untracked there."""
    options = ("--others", "--exclude-per-directory=.gitignore", "-z")
    exclude = f"--exclude-from={root / '.git/info/exclude'}"
    listed = run_git(root, "ls-files", *options, exclude, "--", folder or ".")
    assert listed.returncode == 0, listed.stderr
    names = {*filter(None, listed.stdout.split("\0"))}
    return {name for name in names if not any(p.startswith(".") for p in name.split("/"))}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PATTERN_FILES)))
@pytest.mark.parametrize("place", [".gitignore", ".git/info/exclude", "sub/.gitignore"])
def test_patterns_mean_what_they_mean_to_git(tmp_path, number, place):
    make_tree(tmp_path)
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text(PATTERN_FILES[number], encoding="utf-8", newline="")
    assert read_names(tmp_path) == ask_git(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_several_files_at_several_depths(tmp_path, seed):
    chance = random.Random(seed)
    make_tree(tmp_path)
    lines = [line for text in PATTERN_FILES for line in text.splitlines() if line != "*"]
    for folder in (".", "src", "foo", "notes", "sub", "foo/bar", "notes/2024"):
        if chance.random() < 0.7:
            chosen = chance.sample(lines, chance.randint(1, 6))
            (tmp_path / folder / ".gitignore").write_text("\n".join(chosen), encoding="utf-8")
    for folder in ("", "foo", "notes", "sub"):
        if (tmp_path / folder).is_dir():
            expected = ask_git(tmp_path, folder) if folder not in ask_ignored(tmp_path) else None
            if expected is not None:
                assert read_names(tmp_path, folder) == expected


def ask_ignored(root: Path) -> set[str]:
    """Folders that are ignored themselves: git shows nothing below them, but they were named."""
    names = ("foo", "notes", "sub")
    return {name for name in names if run_git(root, "check-ignore", "-q", name).returncode == 0}


def test_most_patterns_leave_out_something(tmp_path):
    """Else the tests above would show little."""
    make_tree(tmp_path)
    whole = read_names(tmp_path)
    assert len(whole) == len(FILES)
    effects = []
    for text in PATTERN_FILES:
        (tmp_path / ".gitignore").write_text(text, encoding="utf-8", newline="")
        effects.append(len(whole - read_names(tmp_path)))
    assert effects.count(0) <= 2
    assert read_names(tmp_path, ignore=False) == whole


def test_own_files_come_first_and_count_everywhere(tmp_path):
    for name in ("build/a.txt", "articles/b.txt", "drafts/c.txt", "deep/drafts/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / ".dedupeignore").write_text("drafts/\n!build/\n")
    assert read_names(tmp_path) == {"build/a.txt", "articles/b.txt"}
    (tmp_path / ".dedupeignore").unlink()
    assert len(read_names(tmp_path)) == 4  # (no repository: .gitignore says nothing)
    run_git(tmp_path, "init", "--quiet")
    assert "build/a.txt" not in read_names(tmp_path)
    (tmp_path / ".dedupeignore").write_text("drafts/\n!build/\n")
    assert read_names(tmp_path) == {"build/a.txt", "articles/b.txt"}
    (tmp_path / "deep/.dedupeignore").write_text("!drafts/\n")
    assert read_names(tmp_path, "deep") == {"deep/drafts/d.txt"}


def test_a_repository_in_a_repository_has_its_own(tmp_path):
    make_tree(tmp_path)
    (tmp_path / ".gitignore").write_text("*.txt\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.txt").write_text("text")
    (inner / "b.md").write_text("text")
    assert "inner/a.txt" not in read_names(tmp_path)
    run_git(inner, "init", "--quiet")
    (inner / ".git/info/exclude").write_text("*.md\n")
    for folder in ("", "inner"):
        assert {n for n in read_names(tmp_path, folder) if n[:6] == "inner/"} == {"inner/a.txt"}


def test_a_working_tree_elsewhere_has_the_list_of_its_repository(tmp_path):
    main = tmp_path / "main"
    main.mkdir()
    make_tree(main)
    run_git(main, "add", "a.txt")
    assert run_git(main, "commit", "-qm", "x").returncode == 0
    assert run_git(main, "worktree", "add", "-q", "../other").returncode == 0
    (main / ".git/info/exclude").write_text("b.txt\n")
    (tmp_path / "other/b.txt").write_text("text")
    assert read_names(tmp_path / "other") == {"a.txt"}


def test_what_is_named_is_read_and_what_is_left_out_is_told(tmp_path, dedupe_here: RunDedupe):
    make_tree(tmp_path)
    (tmp_path / ".gitignore").write_text("build/\n*.log\n")
    listed = ("build", "src/a.log")
    for name in listed:
        assert name.split("/")[0] in {n.split("/")[0] for n in read_names(tmp_path, name)}
    report = json.loads(dedupe_here("scan", ".", "--format", "json").stdout)
    [told] = [each for each in report["notices"] if each["reason"] == "ignored"]
    assert "build/, src/a.log, src/build/" in told["detail"]
    assert report["config"]["ignore"] is True
    for command, code in (("scan", 0), ("check", 1)):
        text = dedupe_here(command, ".", code=code).stdout.decode()
        assert "left out by .gitignore or .dedupeignore" in " ".join(text.split())
    report = json.loads(dedupe_here("scan", ".", "--no-ignore", "--format", "json").stdout)
    assert [each for each in report["notices"] if each["reason"] == "ignored"] == []
    (tmp_path / "dedupe.toml").write_text("ignore = false\n")
    again = json.loads(dedupe_here("scan", ".", "--format", "json").stdout)
    assert again["corpus"]["skipped_count"] == report["corpus"]["skipped_count"]
    assert "build/a.txt" in {m["id"] for c in again["clusters"] for m in c["members"]}


def test_a_folder_of_which_all_is_ignored_says_why(tmp_path, dedupe_here: RunDedupe):
    make_tree(tmp_path)
    (tmp_path / ".gitignore").write_text("*\n")
    told = dedupe_here("scan", ".", code=2).stderr.decode()
    assert "left out by .gitignore or .dedupeignore" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a\n" * 600_000, "has more than"),
        (b"b\n" * 10_001, "has more than"),
        (b"ok\n" + b"x" * 2000 + b"\n", "line 2 has more than"),
        (b"*a*a*a*a*a*a*a*a*b\n", "line 1 has more than"),
        (b"**/a/**/a/**/a/**/a/**/b\n", "line 1 has more than"),
        (b"\xff\xfe\x00\n\xff*\n", None),
        (b"*" * 900 + b"Q\n", None),
    ],
)
def test_hostile_ignore_files_are_told_and_quick(tmp_path, content, told):
    make_tree(tmp_path)
    for number in range(50):
        (tmp_path / (f"{number}" + "a" * 200 + ".txt")).write_text("text")
    before = read_names(tmp_path)
    (tmp_path / ".gitignore").write_bytes(content)
    began = time.process_time()
    found = find_sources([tmp_path], Config().settings)
    assert time.process_time() - began < 5
    assert {os.path.relpath(source.path, tmp_path) for source in found.sources} == before
    remarks = [each.detail for each in found.remarks if each.reason == "ignore_file"]
    assert [told in each for each in remarks] == ([True] if told else [])


def test_links_and_pipes_are_no_ignore_files(tmp_path):
    make_tree(tmp_path)
    before = read_names(tmp_path)
    (tmp_path / "rules").write_text("*\n")
    (tmp_path / ".gitignore").symlink_to("rules")
    os.mkfifo(tmp_path / "src/.gitignore")
    assert read_names(tmp_path) == before | {"rules"}
