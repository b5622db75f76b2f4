"""The command's own inputs with byte order marks, or in UTF-16, as Windows writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import RunDedupe
from tests.support.reading import put

MARKS = ["utf-8-sig", "utf-16", "utf-32"]
TEXT = "The harbour bridge was closed on Monday after a long storm had damaged two of its piers."


def two_copies(folder: Path) -> None:
    put(folder / "in" / "ä.txt", TEXT)
    put(folder / "in" / "b.txt", TEXT)


@pytest.mark.parametrize("encoding", MARKS)
def test_settings_files(dedupe_here: RunDedupe, tmp_path: Path, encoding: str) -> None:
    two_copies(tmp_path)
    put(tmp_path / "dedupe.toml", 'exclude = "ä.txt"\n'.encode(encoding))
    put(tmp_path / "other.toml", 'exclude = "b.txt"\r\n'.encode(encoding))
    for options, left in (((), "b.txt"), (("--config", "other.toml"), "ä.txt")):
        report = json.loads(dedupe_here("scan", "in", "--format", "json", *options).stdout)
        assert report["corpus"]["document_count"] == 1
        assert report["config"]["exclude"] != [left]


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("is_piped", [False, True])
def test_saved_reports(
    dedupe_here: RunDedupe, tmp_path: Path, encoding: str, is_piped: bool
) -> None:
    two_copies(tmp_path)
    saved = dedupe_here("scan", "in", "--format", "json").stdout.decode()
    data = saved.replace("\n", "\r\n").encode(encoding)
    put(tmp_path / "r.json", data)
    name, stdin = ("-", data) if is_piped else ("r.json", b"")
    shown = dedupe_here("report", name, "--format", "csv", stdin=stdin).stdout.decode()
    assert "ä.txt" in shown and "b.txt" in shown
    dedupe_here("apply", name, "--output", "out", "--yes", stdin=stdin)
    assert len([*(tmp_path / "out").iterdir()]) == 1


@pytest.mark.parametrize("encoding", MARKS)
def test_baselines(dedupe_here: RunDedupe, tmp_path: Path, encoding: str) -> None:
    two_copies(tmp_path)
    dedupe_here("check", "in", "--baseline", "base.txt", "--update-baseline")
    for path in [*tmp_path.glob("base.txt*")]:
        put(path, path.read_bytes().decode().encode(encoding))
    dedupe_here("check", "in", "--baseline", "base.txt")


@pytest.mark.parametrize("encoding", MARKS)
def test_lists_of_paths(dedupe_here: RunDedupe, tmp_path: Path, encoding: str) -> None:
    two_copies(tmp_path)
    put(tmp_path / "list.txt", "in/ä.txt\r\nin/b.txt\r\n".encode(encoding))
    report = json.loads(dedupe_here("scan", "--files-from", "list.txt", "--format", "json").stdout)
    assert report["corpus"]["duplicate_count"] == 1


@pytest.mark.parametrize("encoding", MARKS)
def test_ignore_files(dedupe_here: RunDedupe, tmp_path: Path, encoding: str) -> None:
    two_copies(tmp_path)
    put(tmp_path / "in" / ".dedupeignore", "ä.txt\r\n".encode(encoding))
    report = json.loads(dedupe_here("scan", "in", "--format", "json").stdout)
    assert report["corpus"]["document_count"] == 1


def test_damaged_utf16_is_no_report(dedupe_here: RunDedupe, tmp_path: Path) -> None:
    put(tmp_path / "r.json", b"\xff\xfe" + bytes(range(251)))
    assert b"not a dedupe report" in dedupe_here("report", "r.json", code=2).stderr
