"""Tasks of a corpus, read one by one as executors do, give what a local scan reads."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dedupe.engines.spark import reading
from dedupe.engines.spark import tasks as tasks_module
from dedupe.engines.spark.counts import ReadCounts
from dedupe.engines.spark.reading import read_task
from dedupe.engines.spark.tasks import PARTS, list_tasks
from dedupe.model.documents import TextBatch
from dedupe.model.errors import InputError
from dedupe.model.settings import ScanSettings
from dedupe.sources import read_corpus, source_reader
from dedupe.sources.cutting import count_range
from tests.sources.test_shared_articles import CONSENT, page
from tests.support.every_format import (
    article,
    as_page,
    json_lines,
    write_every_form,
    zip_of,
)
from tests.support.reading import texts_of

Told = dict[str, Any]


def documents_of(batch: TextBatch, sources: Sequence[int]) -> list[tuple[Any, ...]]:
    metas = batch.metas or [b""] * len(batch)
    located = [(source, *row[1:]) for source, row in zip(sources, batch.locators, strict=True)]
    rows = [tuple(map(int, row)) for row in located]
    return [*zip(batch.ids, texts_of(batch), rows, metas, strict=True)]


def read_locally(paths: Sequence[str], against: Sequence[str], settings: ScanSettings) -> Told:
    corpus = read_corpus(paths, settings, against=against)
    told: Told = {"documents": [], "references": [], "remarks": []}
    for name, items in (("references", corpus.references()), ("documents", corpus)):
        for item in items if against or name == "documents" else ():
            if isinstance(item, TextBatch):
                told[name] += documents_of(item, item.locators[:, 0].tolist())
            else:
                told["remarks"].append(item)
    return conclude(told, corpus, corpus.source_infos, corpus.skipped_locators)


def read_in_tasks(
    paths: Sequence[str],
    against: Sequence[str],
    settings: ScanSettings,
) -> Told:
    """Read all tasks, in any order, as an engine does."""
    listed = list_tasks(paths, against, settings)
    told: Told = {"documents": [], "references": [], "remarks": [*listed.remarks], "parts": []}
    batches: list[tuple[str, TextBatch]] = []
    ranges = listed.ranges
    opened = [each.source.open(pickle.loads(each.files)) for each in ranges]
    listed.cut_files(
        ranges,
        [
            count_range(source, each.begin, each.end, settings)
            for source, each in zip(opened, ranges, strict=True)
        ],
    )
    tasks = listed.tasks
    while tasks:
        random.Random(3).shuffle(tasks)
        read = [(task, [*read_task(task, settings)]) for task in tasks]
        for task, items in read:
            if items[-1].must_be_whole:
                listed.read_whole(task.number)
        for task, items in read:
            if listed.is_forgotten(task.number):
                continue
            told["parts"] += [task.number] * (task.number % PARTS > 0)
            name = "references" if task.is_reference else "documents"
            for item in items:
                if isinstance(item, TextBatch):
                    batches.append((name, item))
                elif isinstance(item, ReadCounts):
                    packed = msgspec.msgpack.encode(item)
                    listed.totals.add(msgspec.msgpack.decode(packed, type=ReadCounts))
                else:
                    told["remarks"].append(item)
        tasks = listed.next_tasks()
    totals = listed.totals
    for name, batch in batches:
        told[name] += documents_of(batch, totals.index_sources(batch.locators[:, 0]).tolist())
    origin = listed.origin()
    counts = origin.reading_counts()

    class Counted:
        encoding_counts, html_counts = counts.encodings, counts.pages
        format_counts, text_field_counts = counts.formats, origin.text_fields

    parts = {"parts": len(told["parts"])}
    return conclude(told, Counted, origin.sources(), origin.skipped_locators) | parts


def conclude(told: Told, counted: Any, sources: Sequence[Any], skipped: Any) -> Told:
    return {
        "documents": sorted(told["documents"]),
        "references": sorted(told["references"]),
        "remarks": sorted((each.id, each.reason, each.detail) for each in told["remarks"]),
        "encodings": dict(counted.encoding_counts),
        "pages": dict(counted.html_counts),
        "formats": dict(counted.format_counts),
        "text fields": dict(counted.text_field_counts),
        "sources": [*sources],
        "skipped": {
            key: sorted(map(msgspec.structs.astuple, each)) for key, each in skipped.items()
        },
    }


def compare(
    *paths: Path | str, against: Sequence[str] = (), size: int = 1, parts: int = 0, **options: Any
) -> Told:
    """Check that tasks give what a local scan reads; returns that.

    :param size: bytes with which a task is full; with 1, each file is a task
    :param parts: how many parts of files are read, at least
    """
    settings = ScanSettings(**options)
    names = [*map(str, paths)]
    told = read_locally(names, against, settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks_module, "TASK_BYTES", size)
        patch.setattr(tasks_module, "CUT_FROM_TASKS", 2 if parts else 1 << 40)
        found = read_in_tasks(names, against, settings)
    assert found["parts"] >= parts and bool(found["parts"]) == bool(parts)
    for name, expected in told.items():
        assert found[name] == expected, name
    return told


def short_files() -> dict[str, bytes]:
    """Files of one folder: one is certain to be in an encoding, by which others are read."""
    text = "Осень близко, и птицы улетают на юг; в саду тихо, и только дождь стучит по крыше. "
    return {
        "long.txt": (text * 5).encode("mac-cyrillic"),
        "short.txt": "Осень близко".encode("mac-cyrillic"),
        "page.html": b"<html><p>" + "Осень близко".encode("mac-cyrillic"),
    }


def put_all(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_doubtful_encodings_are_settled_by_files_of_other_tasks(tmp_path: Path) -> None:
    files = short_files()
    put_all(tmp_path / "c", files)
    put_all(tmp_path, {"alone/short.txt": files["short.txt"], "c.zip": zip_of(files)})
    put_all(tmp_path / "mixed", {**files, "b.txt": files["long.txt"] * 2, "a.txt": "ä".encode()})
    for html in ("raw",):
        told = compare(tmp_path, html=html)
        assert told["encodings"]["mac-cyrillic (folder)"] >= 2
        assert "encoding_doubtful" in {reason for _, reason, _ in told["remarks"]}
    compare(tmp_path, size=1 << 20, html="raw")


def test_references_settle_documents_and_not_the_other_way(tmp_path: Path) -> None:
    files = short_files()
    long, short = {"long.txt": files["long.txt"]}, {"short.txt": files["short.txt"]}
    put_all(tmp_path / "one", long | short)
    told = compare(tmp_path / "one/short.txt", against=[str(tmp_path / "one/long.txt")])
    assert told["encodings"].get("mac-cyrillic (folder)") == 1
    told = compare(tmp_path / "one/long.txt", against=[str(tmp_path / "one/short.txt")])
    assert "mac-cyrillic (folder)" not in told["encodings"]
    told = compare(tmp_path / "one", against=[str(tmp_path / "one/short.txt")])
    assert told["references"] == []


@pytest.mark.slow
def test_pages_that_share_an_article_are_found_across_tasks(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    pages = [page(CONSENT, "<aside>{}</aside>", seed) for seed in range(3)]
    put_all(tmp_path, {f"{number}.html": each.encode() for number, each in enumerate(pages)})
    put_all(
        tmp_path,
        {"deep/again.html": pages[0].encode(), "p.zip": zip_of({"a.html": pages[1].encode()})},
    )
    told = compare(tmp_path)
    assert told["pages"] == {"text": 5}
    rows = [*pages, as_page([article()], "").decode()]
    lines = {"rows.jsonl": json_lines({"body": row} for row in rows)}
    told = compare(put_all(tmp_path / "rows", lines), text_format="html")
    assert told["pages"] == {"text": 3, "article": 1} and told["text fields"] == {"body": 4}
    one = tmp_path / "0.html"
    assert compare(one)["pages"] == {"article": 1}  # alone, nothing shows that it is a notice
    compare(one, against=[str(tmp_path / "1.html")])


def test_what_cannot_be_read_is_told_as_locally(tmp_path: Path) -> None:
    rows = b"".join(
        json.dumps({"id": f"r{n}", "text": t}).encode() + b"\n"
        for n, t in enumerate(["a b", "", None, "\ud800 c"])
    )
    rows += b'{"id": "\\ud800", "text": null}\n{"id": "\\ud800", "text": "a"}\n'
    told = compare(
        put_all(
            tmp_path,
            {
                "rows.jsonl": rows + b"{no json}\n" + rows,
                "body.csv": b"id,content\n1,one two\n2,\n",
                "broken.zip": zip_of({"a.txt": b"one two"})[:-9],
                "cut.jsonl.gz": b"\x1f\x8b\x08 and no more",
                "binary.txt": bytes(range(256)),
                "main.py": b"print(1)",
                "deep/.dedupeignore": b"x.txt\n",
                "deep/x.txt": b"left out",
                "odd.zip": zip_of({"a.zip": b"PK", "rows.jsonl": rows, ".hidden.txt": b"x"}),
            },
        )
    )
    reasons = {reason for _, reason, _ in told["remarks"]}
    assert {"not_json", "text_null", "nested_archive", "left_out", "damaged"} <= reasons
    assert told["skipped"] and set(told["text fields"]) == {"text", "content"}


def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    folder = tmp_path.joinpath("f")
    folder.mkdir()
    (folder / "caf\udce9.txt").write_bytes(b"one two three")
    assert [each[0] for each in compare(folder)["documents"]] == ["caf\\xe9.txt"]


def test_pipes_are_refused_and_vanished_files_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="on Spark a corpus is made of files"):
        list_tasks(["-"], [], ScanSettings())
    (tmp_path / "a.txt").write_text("one")
    (task,) = list_tasks([tmp_path], [], ScanSettings()).tasks
    (tmp_path / "a.txt").unlink()
    with pytest.raises(InputError, match=r"a\.txt: the executor on .* does not find it"):
        [*read_task(task, ScanSettings())]


def test_paths_are_relative_to_the_folder_of_the_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all(tmp_path, {"in/a.txt": b"one two", "in/b.zip": zip_of({"c.txt": b"three"})})
    monkeypatch.chdir(tmp_path)
    (task,) = list_tasks(["in"], [], ScanSettings()).tasks
    monkeypatch.chdir("/")
    batch, counts = read_task(task, ScanSettings())
    assert [*batch.ids] == ["a.txt", "b.zip/c.txt"]
    named = [info.path for infos in counts.sources.values() for info in infos]
    assert named == ["in/a.txt", "in/b.zip", "in/b.zip"]


def test_an_executor_without_the_packages_of_the_driver_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all(tmp_path, {"a.html": b"<p>one two"})
    (task,) = list_tasks([tmp_path], [], ScanSettings()).tasks
    missing = {"trafilatura": None, "lxml": None}
    with monkeypatch.context() as patch:
        patch.setattr(reading, "find_spec", lambda name: missing.get(name, True))
        patch.setattr(source_reader, "missing_extra", lambda *_: "it needs trafilatura")
        with pytest.raises(InputError, match=r"a\.html: .* no package lxml and no trafilatura"):
            [*read_task(task, ScanSettings())]
        patch.setattr(tasks_module, "find_spec", missing.get)  # the driver has none either
        (task,) = list_tasks([tmp_path], [], ScanSettings()).tasks
        assert next(read_task(task, ScanSettings())).reason == "missing_extra"
    monkeypatch.setattr(reading, "__version__", "0.0")
    with pytest.raises(InputError, match=r"has dedupe 0\.0, and the driver"):
        next(read_task(task, ScanSettings()))


@pytest.mark.slow
def test_every_form_is_read_as_locally(tmp_path: Path) -> None:
    ids = write_every_form(tmp_path / "every", article())
    told = compare(tmp_path / "every", size=20_000)
    assert {each[0] for each in told["documents"]} == ids
