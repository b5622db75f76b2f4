"""Files that are no prose by their names are left out below folders and in archives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedupe.model.settings import ScanSettings
from dedupe.sources import id_in_scan
from dedupe.sources.discovery.left_out import ENDINGS, NAMES, kind_of_name
from tests.support.command import RunDedupe
from tests.support.every_format import tar_of, zip_of
from tests.support.reading import put, read

PROSE = {
    name: f"words of {name}".encode()
    for name in (
        *("a.txt", "README.md", "story.md", "page.rst", "notes", "licence-fees.txt", "notice.txt"),
        *("copying-machines.md", "a.log", "deep/chapter.tex", "The License.txt", "build.txt"),
        *(
            "make.md",
            "What is node.js?.txt",
            "page?v=2.1",
            "on vue.js.md",
            "app.js.html",
            "license agreement.txt",
            "requirements of life.txt",
            "mr.x",
            "news-v7.cs-en.cs",
            "news.en-el.el",
        ),
    )
}
CODE = {
    "app.js": "source code",
    "to-be.cs": "source code",
    "lib.min.js": "source code",
    "deep/tool.PY": "source code",
    "old.c.gz": "source code",
    "style.css": "style sheets",
    "LICENSE": "licences",
    "LICENSE.txt": "licences",
    "LICENSE-MIT": "licences",
    "deep/COPYING": "licences",
    "NOTICE": "licences",
    "package-lock.json": "lock files",
    "yarn.lock": "lock files",
    "package.json": "build and settings files",
    "Makefile": "build and settings files",
    "requirements.txt": "build and settings files",
    "dev-requirements.txt": "build and settings files",
    "ci.yml": "build and settings files",
    "app.js.download": "source code",
    "lib.JS.téléchargement": "source code",
    "lib.min.js.Без названия": "source code",
    "a.css(1)": "style sheets",
    "analysis.R": "source code",
    "fix.patch": "source code",
    "sitemap.xml": "build and settings files",
    "site.webmanifest": "build and settings files",
    "robots.txt": "build and settings files",
}


def write_files(folder: Path) -> dict[str, bytes]:
    files = PROSE | {name: f"var {number}".encode() for number, name in enumerate(CODE)}
    for name, data in files.items():
        put(folder / name, data)
    return files


def test_what_is_no_prose_is_left_out_and_counted(tmp_path: Path) -> None:
    write_files(tmp_path)
    found = read(tmp_path)
    assert set(found.texts) == set(PROSE)
    (notice,) = found.notices
    assert notice.reason == "left_out" and "--all-files" in notice.detail
    for kind in set(CODE.values()):
        assert f"{kind} {[*CODE.values()].count(kind)}" in notice.detail
    assert {name: kind_of_name(name.rpartition("/")[2]) for name in CODE} == CODE


def test_mirrors_of_sites_have_queries_in_names(tmp_path: Path) -> None:
    for name in ("lib.js?ver=3.1", "style.css?v=2", "page.html?p=3", "notes?x=1"):
        put(tmp_path / name, "plain words")
    put(tmp_path / "logo.svg?v=2", "<svg><text>words</text></svg>")
    found = read(tmp_path)
    assert set(found.texts) == {"page.html?p=3", "notes?x=1"}
    assert found.reasons == {"logo.svg?v=2": "known_format"}
    assert found.notices[0].detail.count(" 1") == 2


def test_what_is_asked_for_is_read(tmp_path: Path) -> None:
    files = write_files(tmp_path)
    found = read(tmp_path, all_files=True)
    assert set(found.texts) | {"package.json", "package-lock.json"} >= set(files) - set(
        found.reasons
    )
    assert not found.notices and "app.js" in found.texts and "LICENSE" in found.texts
    assert set(read(tmp_path, glob=("*.js", "LICENSE")).texts) == {
        "app.js",
        "lib.min.js",
        "LICENSE",
    }
    assert len(read(tmp_path / "app.js", tmp_path / "Makefile").texts) == 2


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_archives_are_read_like_folders(tmp_path: Path, pack: object) -> None:
    files = {name: data for name, data in write_files(tmp_path / "x").items() if ".gz" not in name}
    path = tmp_path / "x.packed"
    path.write_bytes(pack(files))  # type: ignore[operator]
    path = path.rename(tmp_path / f"x.{'zip' if pack is zip_of else 'tar'}")
    found = read(path)
    assert set(found.texts) == {f"{path}/{name}" for name in PROSE}
    assert found.notice_reasons == {str(path): "left_out"}
    assert f"{path}/app.js" in read(path, all_files=True).texts
    assert set(read(path, glob=("*.js",)).texts) == {f"{path}/app.js", f"{path}/lib.min.js"}


def test_a_corpus_of_code_is_told_loudly(tmp_path: Path, dedupe_here: RunDedupe) -> None:
    put(tmp_path / "code" / "a.py", "print('words')")
    put(tmp_path / "code" / "b.py", "print('words')")
    done = dedupe_here("scan", "code", code=2)
    assert b"source code 2" in done.stderr and b"--all-files" in done.stderr
    done = dedupe_here("scan", "code", "--all-files", "--format", "json")
    assert len(json.loads(done.stdout)["clusters"]) == 1


def test_a_page_under_the_name_of_a_program_is_read(tmp_path: Path) -> None:
    page = "<!doctype html><html><body><p>A page that a server made of words.</p></body></html>"
    put(tmp_path / "page.php", page)
    put(tmp_path / "page.aspx", page)
    put(tmp_path / "program.php", "<?php echo 'no page';")
    put(tmp_path / "program.jsp", "<%@ page language='java' %>")
    put(tmp_path / "script", "#!/bin/sh\necho no text\n")
    found = read(tmp_path)
    assert set(found.texts) == {"page.php", "page.aspx"}
    names = ["program.jsp", "program.php", "script"]
    assert found.reasons == dict.fromkeys(names, "known_format")


def test_ids_and_copies_follow(tmp_path: Path, dedupe_here: RunDedupe) -> None:
    settings = ScanSettings()
    folder = tmp_path / "in"
    put(folder / "a.txt", "words")
    assert id_in_scan(str(folder / "a.py"), [str(folder)], settings, False) is None
    wide = ScanSettings(all_files=True)
    assert id_in_scan(str(folder / "a.py"), [str(folder)], wide, False) == "a.py"
    put(folder / "b.txt", "words")
    put(folder / "code.py", "code")
    dedupe_here("scan", "in", "--output", "r.json")
    done = dedupe_here("apply", "r.json", "--output", "out", "--yes")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.txt"]
    assert b"not copied" in done.stderr and b"source code 1" in done.stderr
    dedupe_here("scan", "in", "--all-files", "--output", "r.json")
    dedupe_here("apply", "r.json", "--output", "all", "--yes")
    assert {path.name for path in (tmp_path / "all").iterdir()} == {"a.txt", "code.py"}


def test_the_documentation_has_the_whole_list() -> None:
    page = (Path(__file__).parents[2] / "docs" / "inputs.md").read_text(encoding="utf-8")
    for words in (*ENDINGS.values(), *NAMES.values()):
        for word in words.split():
            assert f"`{word}`" in page, word
