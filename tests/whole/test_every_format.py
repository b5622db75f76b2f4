"""One article in every form is one cluster, through the real process; and every form in a pipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.reading import read

for library in ("pyarrow", "pypdfium2", "trafilatura"):
    pytest.importorskip(library)

from dedupe.sources.pages.pool import _Worker  # noqa: E402
from tests.support.every_format import (  # noqa: E402
    ARCHIVES,
    COMPRESSORS,
    FORMATS,
    article,
    as_hugo_post,
    as_lines,
    as_nested,
    as_post,
    as_text,
    ids_in,
    in_encodings,
    write_every_form,
)


def scan_json(run_dedupe: Any, *arguments: Any) -> Any:
    return json.loads(run_dedupe("scan", *arguments, "--format", "json").stdout)


@pytest.mark.slow
def test_one_article_in_every_form_is_one_cluster(run_dedupe: Any, tmp_path: Path) -> None:
    folder = tmp_path / "every"
    expected = write_every_form(folder, article())
    assert len(expected) > 400
    report = scan_json(run_dedupe, folder, "--embed-text")
    assert report["skipped"] == report["notices"] == []
    (cluster,) = report["clusters"]
    relations = {member["id"]: member["relation"] for member in cluster["members"]}
    assert not expected.symmetric_difference(relations)
    assert set(relations.values()) <= {"identical", "normalised"}
    assert set(report["texts"]) == expected  # each could be read again
    told = report["corpus"]["encoding_counts"]
    assert {"cp1252 (declared)", "cp1252 (detected)", "utf-16-be (detected)"} < set(told)
    assert sum(told.values()) == len(expected)


def test_texts_three_levels_down_join_them(run_dedupe: Any, tmp_path: Path) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    for packing, compress in COMPRESSORS.items():
        (folder / f"deep.json{packing}").write_bytes(compress(as_nested([article()], "")))
    for name in ("a.jsonl", "a.parquet"):
        (folder / name).write_bytes(FORMATS[name]([article()], name))
    fields = ("--text-field", "text", "--text-field", "data.article.body")
    report = scan_json(run_dedupe, folder, *fields)
    assert report["skipped"] == []
    assert [len(each["members"]) for each in report["clusters"]] == [len(COMPRESSORS) + 2]


def test_one_process_reads_all_pages_again(tmp_path: Path, monkeypatch: Any) -> None:
    for name in ("a.html", "b.htm", "c.warc"):
        (tmp_path / name).write_bytes(FORMATS[f"a.{name[2:]}"]([article()], name))
    found = read(tmp_path)
    started: list[object] = []
    start = _Worker.__init__
    monkeypatch.setattr(_Worker, "__init__", lambda self: (started.append(self), start(self))[1])
    assert found.provider().read_texts(found.texts) == found.texts
    assert len(found.texts) == 3 and len(started) == 1


@pytest.mark.slow
@pytest.mark.parametrize("packing", COMPRESSORS)
def test_every_format_comes_through_a_pipe(packing: str) -> None:
    for name, write in FORMATS.items():
        if packing and "ht" in name:
            continue  # each would start the processes that read pages
        data = COMPRESSORS[packing](write([article()], "-"))
        if FORMATS[name] in (as_text, as_post, as_hugo_post, as_lines):
            chosen = "lines" if name == "a.lines" else "text"
            found = read("-", stdin=data, input_format=chosen)
        else:
            found = read("-", stdin=data)
        assert not found.skipped and not found.notices, name
        assert set(found.texts) == {"-:1" if name == "line.json" else ids_in(name, "-")}
        assert found.provider().read_texts(found.texts) == found.texts


def test_every_encoding_comes_through_a_pipe() -> None:
    for name, (data, _) in in_encodings(article()).items():
        if "ht" in name:
            continue
        chosen = {"txt": "text", "lines": "lines"}.get(name.rpartition(".")[2], "auto")
        found = read("-", stdin=data, input_format=chosen)
        assert len(found.texts) == 1 and not found.skipped and not found.notices, name
        assert found.provider().read_texts(found.texts) == found.texts


@pytest.mark.parametrize("name", ARCHIVES)
def test_every_archive_comes_through_a_pipe(name: str) -> None:
    files = {"x/a.txt": article().encode(), "a.csv.gz": COMPRESSORS[".gz"](b"text\none\n")}
    found = read("-", stdin=ARCHIVES[name](files))
    assert found.texts == {"-/x/a.txt": article(), "-/a.csv.gz#1": "one"}
    assert not found.skipped
    assert found.provider().read_texts(found.texts) == found.texts
