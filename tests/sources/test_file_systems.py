"""A corpus that lies in memory is read as the same files on disk are."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet
import pytest

from dedupe.model.documents import SkippedDocument
from dedupe.model.settings import ScanSettings
from dedupe.sources import Corpus, read_corpus
from dedupe.sources.files.file_system import FileStatus
from dedupe.sources.source_texts import SourceTexts

ROOT = "/nowhere/at/all"


class MemoryEntry(msgspec.Struct, frozen=True):
    name: str
    kind: str

    def is_symlink(self) -> bool:
        return self.kind == "link"

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self.kind == "folder"

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self.kind == "file"


class MemoryFiles:
    """A file system of its own: contents by path, and no descriptor anywhere."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents
        self.opened: list[str] = []

    def list_folder(self, path: str) -> Sequence[MemoryEntry]:
        begin = path.rstrip("/") + "/"
        below = [name.removeprefix(begin) for name in self._contents if name.startswith(begin)]
        kinds = {name.split("/")[0]: "folder" if "/" in name else "file" for name in below}
        return [MemoryEntry(name, kind) for name, kind in kinds.items()]

    def status(self, path: str, follow_links: bool = True) -> FileStatus:
        if path in self._contents:
            return FileStatus("file", len(self._contents[path]))
        if self.list_folder(path):
            return FileStatus("folder")
        raise FileNotFoundError(2, "there is no such file", path)

    def identity(self, path: str) -> str:
        return path.rstrip("/")

    def open(self, path: str) -> BinaryIO:
        self.opened.append(path)
        if path not in self._contents:
            raise FileNotFoundError(2, "there is no such file", path)
        return io.BytesIO(self._contents[path])

    def open_stream(self, path: str) -> BinaryIO:
        return self.open(path)

    def status_of(self, file: BinaryIO) -> FileStatus:
        assert isinstance(file, io.BytesIO)
        return FileStatus("file", len(file.getvalue()))


def contents() -> dict[str, bytes]:
    """Files of each way to hold documents, and some that are left out or cannot be read."""
    rng = Random(5)
    texts = [" ".join(rng.choices(["tide", "harbour", "mast", "rope"], k=9)) for _ in range(9)]
    rows = [{"id": f"r{number}", "text": text} for number, text in enumerate(texts)]
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    table, archive = io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), table)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("in/one.txt", texts[0])
        packed.writestr("in/rows.jsonl.bz2", bz2.compress(lines))
    return {
        "a.txt": texts[0].encode(),
        "deep/er/b.txt": texts[1].encode("utf-16"),
        "rows.jsonl": lines,
        "rows.jsonl.gz": gzip.compress(lines, mtime=0),
        "rows.csv": "id,text\n7,déjà vu\n8,à côté\n".encode("cp1252"),
        "rows.json": json.dumps(rows).encode(),
        "table.parquet": table.getvalue(),
        "table.parquet.gz": gzip.compress(table.getvalue(), mtime=0),
        "unnamed": b"<!doctype html><p>" + texts[2].encode(),
        "all.zip": archive.getvalue(),
        "cut.jsonl.gz": gzip.compress(lines * 9, mtime=0)[:-9],
        "binary.txt": bytes(range(256)),
        ".hidden.txt": b"not read",
        ".dedupeignore": b"left/\n*.bak\n",
        "left/out.txt": b"not read",
        "x.bak": b"not read",
        "deep/.dedupeignore": b"!x.bak\n",
        "deep/x.bak": texts[3].encode(),
    }


SETTINGS = ScanSettings(html="raw", exclude=("rows.json",))


def outcome(corpus: Corpus) -> dict[str, Any]:
    """All that a corpus gives, and all of its texts read once more."""
    found: dict[str, Any] = {"texts": {}, "told": []}
    locators = {}
    for item in corpus:
        if not hasattr(item, "offsets"):
            kind = "skipped" if isinstance(item, SkippedDocument) else "notice"
            found["told"].append((kind, item.id, item.reason, item.detail))
            continue
        for i, id in enumerate(item.ids):
            text = bytes(item.data[item.offsets[i] : item.offsets[i + 1]]).decode()
            place = corpus.sources[item.locator(i).source].id
            found["texts"][f"{place}: {id}"] = text
            locators[f"{place}: {id}"] = item.locator(i)
    texts = SourceTexts(corpus.sources, locators, {}, SETTINGS)
    found["again"] = texts.read_texts(locators)
    found["problems"] = [texts.problem(id) for id in locators]
    found["bytes"] = corpus.input_bytes
    found["encodings"] = corpus.encoding_counts
    return found


@pytest.mark.parametrize("several", [False, True])
def test_memory_gives_what_the_disk_gives(tmp_path: Path, several: bool) -> None:
    files = contents()
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    memory = MemoryFiles({f"{ROOT}/{name}": data for name, data in files.items()})
    names = ("", "/deep", "/a.txt") if several else ("",)
    on_disk = outcome(read_corpus([f"{tmp_path}{name}" for name in names], SETTINGS))
    paths = [f"{ROOT}{name}" for name in names]
    corpus = read_corpus(paths, SETTINGS, files=memory)
    in_memory = outcome(corpus)
    assert all(source.files is memory for source in corpus.sources)
    shown = json.loads(json.dumps(on_disk).replace(str(tmp_path), ROOT))
    assert json.loads(json.dumps(in_memory)) == shown
    assert len(shown["texts"]) > 60 and not any(shown["problems"])
    assert shown["again"] == shown["texts"]
    # A table is read from its end: the file itself is opened for that, and not copied.
    assert memory.opened.count(f"{ROOT}/table.parquet") == 3
    assert not {f"{ROOT}/left/out.txt", f"{ROOT}/x.bak", f"{ROOT}/rows.json"} & {*memory.opened}


def test_reference_documents_and_paths_that_are_not_there() -> None:
    texts = {f"{ROOT}/old/a.txt": b"one", f"{ROOT}/new/b.txt": b"two"}
    memory = MemoryFiles(texts)
    corpus = read_corpus(
        [f"{ROOT}/new", f"{ROOT}/gone"], SETTINGS, against=[f"{ROOT}/old"], files=memory
    )
    old = [id for item in corpus.references() if hasattr(item, "ids") for id in item.ids]
    found = outcome(corpus)
    assert old == [f"{ROOT}/old/a.txt"]
    assert [*found["texts"].values()] == ["two"]
    assert found["told"] == []
    assert corpus.found is not None
    assert [(item.id, item.reason) for item in corpus.found.remarks] == [
        (f"{ROOT}/gone", "path_missing")
    ]
