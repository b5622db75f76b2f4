"""Symbolic links below folders: told, or followed if asked, each folder and file once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.command import RunDedupe
from tests.support.reading import lines, put, read

ROW = {"text": "one two three four five six seven eight"}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A data set as the Hugging Face hub keeps it: snapshots are links to blobs without endings."""
    folder = tmp_path / "datasets--a--b"
    put(folder / "blobs" / "0a1b", lines(ROW, {"text": "another row with words"}))
    put(folder / "blobs" / "2c3d", b"no,text\n1,words of a table with commas\n")
    put(folder / "blobs" / "4e5f", b"# A data set\n")
    snapshot = folder / "snapshots" / "77aa"
    (snapshot / "data").mkdir(parents=True)
    (snapshot / "data" / "train.jsonl").symlink_to("../../../blobs/0a1b")
    (snapshot / "data" / "test.csv").symlink_to("../../../blobs/2c3d")
    (snapshot / "README.md").symlink_to("../../blobs/4e5f")
    return folder


def test_a_hub_cache_is_read_through_its_links(cache: Path) -> None:
    snapshot = cache / "snapshots" / "77aa"
    found = read(snapshot)
    assert found.reasons == {str(snapshot): "no_files"} and "--follow" in found.skipped[0].detail
    found = read(snapshot, follow=True)
    expected = ["README.md", "data/test.csv#1", "data/train.jsonl:1", "data/train.jsonl:2"]
    assert sorted(found.texts) == expected
    assert not found.skipped and not found.notices
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_a_name_that_shows_the_format_wins_over_a_blob(cache: Path) -> None:
    found = read(cache, follow=True)
    assert sorted(found.texts) == [
        "snapshots/77aa/README.md",
        "snapshots/77aa/data/test.csv#1",
        "snapshots/77aa/data/train.jsonl:1",
        "snapshots/77aa/data/train.jsonl:2",
    ]
    assert {*found.notice_reasons.values()} == {"same_file"}


def test_cycles_end_and_each_folder_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    put(root / "a" / "x.txt", "text x")
    put(root / "b" / "y.txt", "text y")
    put(tmp_path / "out" / "z.txt", "text z")
    for name, target in {
        "a/up": "..",
        "a/self": ".",
        "b/a2": "../a",
        "b/out": "../../out",
        "c-out": "../out",
        "b/file.txt": "../a/x.txt",
        "loop": "loop",
        "broken.txt": "nowhere",
        "out/back": "../root",
    }.items():
        base = tmp_path if name.startswith("out/") else root
        (base / name).symlink_to(target)
    found = read(root, follow=True)
    assert sorted(found.texts) == ["a/x.txt", "b/out/z.txt", "b/y.txt"]
    assert found.reasons == {"loop": "not_a_file", "broken.txt": "not_a_file"}
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: _Reversed(real(path)))
    again = read(root, follow=True)
    assert again.texts == found.texts
    assert sorted(map(str, again.notices)) == sorted(map(str, found.notices))
    monkeypatch.undo()
    found = read(root)
    assert sorted(found.texts) == ["a/x.txt", "b/y.txt"]
    assert "--follow" in found.notices[0].detail


class _Reversed:
    """The entries of a folder in the opposite order."""

    def __init__(self, entries: object) -> None:
        self._entries = entries

    def __enter__(self) -> list[object]:
        return sorted(self._entries, key=lambda each: each.name, reverse=True)  # type: ignore

    def __exit__(self, *_: object) -> None:
        self._entries.close()  # type: ignore[attr-defined]


def test_patterns_and_hidden_names_hold_for_links(tmp_path: Path) -> None:
    put(tmp_path / "out" / "a.txt", "a")
    put(tmp_path / "out" / "code.py", "a")
    root = tmp_path / "root"
    put(root / "plain.txt", "p")
    (root / "linked").symlink_to("../out")
    (root / ".hidden").symlink_to("../out")
    found = read(root, follow=True)
    assert set(found.texts) == {"plain.txt", "linked/a.txt"}
    assert set(read(root, follow=True, exclude=("linked",)).texts) == {"plain.txt"}
    assert set(read(root, follow=True, exclude=("linked/",)).texts) == {"plain.txt"}
    assert set(read(root, follow=True, glob=("linked/*",)).texts) == {
        "linked/a.txt",
        "linked/code.py",
    }
    put(root / ".dedupeignore", "linked/\n")
    assert set(read(root, follow=True).texts) == {"plain.txt"}


def test_apply_reads_through_links_but_acts_through_none(
    tmp_path: Path, cache: Path, dedupe_here: RunDedupe
) -> None:
    put(cache / "blobs" / "6a7b", lines(ROW))
    snapshot = cache / "snapshots" / "77aa"
    (snapshot / "data" / "more.jsonl").symlink_to("../../../blobs/6a7b")
    scan = ("scan", snapshot, "--follow", "--threshold", "0.9", "--output", "r.json")
    dedupe_here(*scan)
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    written = {str(p.relative_to(tmp_path / "out")): p for p in (tmp_path / "out").rglob("*.*")}
    assert set(written) == {"README.md", "data/more.jsonl", "data/test.csv", "data/train.jsonl"}
    assert not any(path.is_symlink() for path in written.values())
    kept = written["data/more.jsonl"].read_bytes() + written["data/train.jsonl"].read_bytes()
    assert kept.count(b"one two three") == 1 and kept.count(b"another row") == 1

    texts = tmp_path / "texts"
    put(texts / "a.txt", "words of a text that stays in its place")
    put(tmp_path / "far" / "b.txt", "words of a text that stays in its place")
    (texts / "far").symlink_to("../far")
    (texts / "z.txt").symlink_to("../far/b.txt")
    dedupe_here("scan", "texts", "-L", "--keep", "first", "--output", "t.json")
    for action in (("--delete",), ("--move-to", "aside")):
        done = dedupe_here("apply", "t.json", *action, "--yes", code=2)
        assert b"link" in done.stdout + done.stderr
        assert (tmp_path / "far" / "b.txt").read_text() and (texts / "a.txt").exists()
        assert (texts / "far").is_symlink() and (texts / "z.txt").is_symlink()
    dedupe_here("apply", "t.json", "--output", "whole", "--link", "--yes")
    assert len([p for p in (tmp_path / "whole").rglob("*") if p.is_file()]) == 1
