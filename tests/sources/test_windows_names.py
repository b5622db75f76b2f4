"""Names and lists as Windows writes them, as far as another system can show."""

from __future__ import annotations

import ntpath
import os
import zipfile
from pathlib import Path

import pytest

from dedupe.sources import parse_path_list
from dedupe.sources.discovery.left_out import kind_of_name
from dedupe.sources.files import names
from tests.support.every_format import zip_of
from tests.support.reading import read


def test_lists_with_cr_lf_or_in_utf16() -> None:
    listed = ["C:\\texts\\a b.txt", "\\\\server\\share\\é.txt", "con.txt", "ends with space "]
    for ending in ("\r\n", "\n"):
        content = ending.join([*listed, "", ""])
        assert parse_path_list(content.encode()) == listed
        assert parse_path_list(content.encode("utf-8-sig")) == listed
        assert parse_path_list(("\ufeff" + content).encode("utf-16-le")) == listed
    assert parse_path_list("\0".join(listed).encode()) == listed


def test_ids_have_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names.readable_id("a\\b.txt") == "a\\b.txt"  # a name on other systems
    monkeypatch.setattr(os, "sep", "\\")
    monkeypatch.setattr(os, "path", ntpath)
    assert names.readable_id("C:\\texts\\deep\\a.txt") == "C:/texts/deep/a.txt"
    assert names.readable_id("a/b\\c.txt") == "a/b/c.txt"


def test_members_with_backslashes_are_in_folders(tmp_path: Path) -> None:
    files = {"deep\\": b"", "deep\\a.txt": b"text", "deep\\.hidden\\b.txt": b"no", "x\\c.py": b"no"}
    infos = {}
    for name, data in files.items():
        info = zipfile.ZipInfo("x")
        info.filename, info.create_system = name, 0
        infos[info] = data
    (tmp_path / "w.zip").write_bytes(zip_of(infos))
    found = read(tmp_path)
    assert found.texts == {"w.zip/deep\\a.txt": "text"} and not found.skipped
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    assert set(read(tmp_path, glob=("deep/*.txt",)).texts) == {"w.zip/deep\\a.txt"}
    assert not read(tmp_path, exclude=("deep/",)).texts


def test_a_member_without_a_name_costs_no_other(tmp_path: Path) -> None:
    empty = zipfile.ZipInfo("x")
    empty.filename = ""
    (tmp_path / "a.zip").write_bytes(zip_of({empty: b"nameless", "b.txt": b"text"}))
    found = read(tmp_path)
    assert found.texts["a.zip/b.txt"] == "text" and "reader_failed" not in found.reasons.values()


def test_names_in_any_case() -> None:
    assert kind_of_name("APP.JS") == "source code" and kind_of_name("STORY.TXT") == ""
