"""A format that is one file and one line: the command reads, shows, explains and rewrites it.

The file below is all that is written for the format, and ``FORMATS["blocks"] = …`` the line. The
real command runs with it, each time in a process of its own.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.command import clean_environment

MODULE = '''
"""Blocks: each ends in a form feed. Its first line is its id, all that follows its text."""

import numpy as np

from dedupe.model.documents import SkippedDocument
from dedupe.sources.files.file_system import read_at
from dedupe.sources.formats.format import RecordFormat
from dedupe.sources.records.chunks import ColumnRecords, DocumentMaker
from dedupe.sources.records.fields import UNSET, FieldPlan
from dedupe.sources.records.removal import ByteRange
from dedupe.sources.unpack.byte_blocks import read_whole

START = b"%BLOCKS\\f"


class BlocksFormat(RecordFormat):
    endings = (".blocks",)
    magics = (START,)

    def read(self, file, settings, limits):
        plan = FieldPlan(settings)
        maker = DocumentMaker(file, plan, limits)
        data = read_whole(file.blocks, limits.document_bytes)
        if data is None:
            yield SkippedDocument(file.source.id, "too_large", "it is too long")
            return
        begin = len(START) if data.startswith(START) else 0
        is_one = data.count(b"\\f", begin) == 1
        for row, raw in enumerate(data[begin:].split(b"\\f")[:-1], 1):
            fields = as_fields(raw)
            names = [(i, name) for i, name in enumerate(plan.names) if name in fields]
            columns = {i: [fields[name]] for i, name in names}
            records = ColumnRecords(columns, len(plan.names), 1)
            place = [file.index, begin, len(raw), 0 if is_one else row]
            yield from maker.make(records, np.array([place], np.int64), lambda i: fields)
            begin += len(raw) + 1

    def reread_with(self, settings):
        plan = FieldPlan(settings)

        def reread(file, locator):
            raw = read_at(file, locator.offset, locator.length)
            if raw is None or read_at(file, locator.offset + locator.length, 1) != b"\\f":
                return None
            fields = as_fields(raw)
            return plan.find_text([fields.get(name, UNSET) for name in plan.names])

        return reread

    def is_whole_file(self, locator):
        return locator.line == 0

    def find_ranges(self, content, locators):
        return [ByteRange(at.offset, at.offset + at.length + 1) for at in locators]


def as_fields(raw):
    id, _, text = raw.decode().partition("\\n")
    return {"id": id, "text": text} if id else {"text": text}


BLOCKS = BlocksFormat("blocks")
'''

SHIM = """
import sys

sys.path.insert(0, {folder!r})
from dedupe.model.formats import FORMATS, RegisteredFormat

FORMATS["blocks"] = RegisteredFormat("blocks_format:BLOCKS", "rows")

from dedupe.cli import run

run()
"""

START = b"%BLOCKS\f"
LOCATED = "articles.blocks", "unnamed", "packed.blocks.gz", "all.zip"
"""Files of several blocks: known by ending, by content, compressed, in an archive."""


class Corpus:
    """A folder of such files, and the command that knows the format.

    Each of :data:`LOCATED` holds an article of its own, one that nearly all of them share, and one
    without an id.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.folder = folder / "corpus"
        self.folder.mkdir()
        (folder / "blocks_format.py").write_text(MODULE, encoding="utf-8")
        (folder / "dedupe_with_blocks.py").write_text(SHIM.format(folder=str(folder)), "utf-8")
        rng = Random(11)
        self.words = [f"w{number:03}" for number in range(400)]
        self.shared = " ".join(rng.choices(self.words, k=120))
        contents = {}
        for number, name in enumerate(LOCATED):
            own, unnamed = (" ".join(rng.choices(self.words, k=120)) for _ in range(2))
            blocks = {f"own{number}": own, f"copy{number}": f"{self.shared} end{number}"}
            contents[name] = START + b"".join(
                f"{id}\n{text}\f".encode() for id, text in [*blocks.items(), ("", unnamed)]
            )
        (self.folder / "articles.blocks").write_bytes(contents["articles.blocks"])
        (self.folder / "unnamed").write_bytes(contents["unnamed"])
        packed = gzip.compress(contents["packed.blocks.gz"], mtime=0)
        (self.folder / "packed.blocks.gz").write_bytes(packed)
        with zipfile.ZipFile(self.folder / "all.zip", "w") as archive:
            archive.writestr("in/side.blocks", contents["all.zip"])
        line = {"id": "line", "text": f"{self.shared} line"}
        (self.folder / "lines.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
        self.report = folder / "report.json"

    def run(self, *arguments: object, code: int = 0, stdin: bytes = b"") -> str:
        result = subprocess.run(
            [sys.executable, "-P", self.home / "dedupe_with_blocks.py", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=self.home,
            env=clean_environment(),
            timeout=120,
        )
        assert result.returncode == code, result.stderr.decode()
        return result.stdout.decode()

    def scan(self, *arguments: object, stdin: bytes = b"") -> Any:
        return json.loads(self.run("scan", *arguments, "--format", "json", "--quiet", stdin=stdin))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    made = Corpus(tmp_path_factory.mktemp("blocks"))
    made.run("scan", "corpus", "--output", made.report, "--quiet")
    return made


def blocks_in(folder: Path) -> Counter[bytes]:
    """All blocks of a corpus, wherever they stand in it, and the lines beside them."""
    with zipfile.ZipFile(folder / "all.zip") as archive:
        member = archive.read("in/side.blocks")
    contents = [
        (folder / "articles.blocks").read_bytes(),
        (folder / "unnamed").read_bytes(),
        gzip.decompress((folder / "packed.blocks.gz").read_bytes()),
        member,
    ]
    assert all(content.startswith(START) for content in contents)
    found = Counter(b for content in contents for b in content[len(START) :].split(b"\f")[:-1])
    lines = folder / "lines.jsonl"
    found.update(lines.read_bytes().splitlines() if lines.exists() else [])
    return found


def test_files_are_known_by_ending_and_content_compressed_and_in_archives(corpus: Corpus) -> None:
    report = json.loads(corpus.report.read_bytes())
    formats = {
        each.get("member") or each["path"]: each["format"] for each in report["run"]["sources"]
    }
    assert Counter(formats.values()) == {"blocks": 4, "jsonl": 1, "zip": 1}
    assert report["corpus"]["document_count"] == 13 and report["skipped"] == []
    (cluster,) = report["clusters"]
    ids = {member["id"] for member in cluster["members"]}
    assert ids == {"line", *(f"copy{number}" for number in range(4))}


def test_a_record_without_an_id_is_called_after_its_row(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "x.blocks"
    path.write_bytes(b"a\n" + corpus.shared.encode() + b"\f\n" + corpus.shared.encode() + b"\f")
    (cluster,) = corpus.scan(path)["clusters"]
    assert {member["id"] for member in cluster["members"]} == {"a", f"{path}#2"}


def test_the_option_names_the_format(corpus: Corpus) -> None:
    assert "|blocks]" in corpus.run("scan", "--help").replace("\n", "").replace(" ", "")
    data = b"".join(f"{id}\n{corpus.shared} {id}\f".encode() for id in "ab")
    (cluster,) = corpus.scan("-", "--input-format", "blocks", stdin=data)["clusters"]
    assert {member["id"] for member in cluster["members"]} == {"a", "b"}
    assert corpus.scan("-", "--input-format", "text", stdin=data)["clusters"] == []


def test_settings_of_a_file_may_name_it_and_no_other(corpus: Corpus) -> None:
    config = corpus.home / "settings.toml"
    config.write_text('input_format = "blocks"\n', encoding="utf-8")
    path = corpus.folder / "unnamed"
    assert corpus.scan(path, "--config", config)["corpus"]["document_count"] == 3
    config.write_text('input_format = "block"\n', encoding="utf-8")
    corpus.run("scan", path, "--config", config, code=2)


def test_differences_are_made_of_texts_that_are_read_again(corpus: Corpus) -> None:
    shown = corpus.run("report", corpus.report, "--diff", "full")
    assert all(f"end{number}" in shown for number in range(4)) and "changed since" not in shown


@pytest.mark.parametrize(
    "names",
    [
        ("copy0", "copy1", "--report", "report.json"),
        ("copy0", "copy1", "--in", "corpus"),
        ("corpus/articles.blocks#2", "corpus/unnamed#2", "--in", "corpus"),
    ],
)
def test_two_of_its_documents_are_explained(corpus: Corpus, names: tuple[str, ...]) -> None:
    told = json.loads(corpus.run("explain", *names, "--format", "json"))
    assert told["relation"] == "near"
    assert [told[side]["id"] for side in ("left", "right")] == ["copy0", "copy1"]
    assert [passage["token_count"] for passage in told["passages"]] == [120]


def test_what_is_kept_and_what_is_dropped_are_the_corpus(corpus: Corpus) -> None:
    before = blocks_in(corpus.folder)
    corpus.run("apply", corpus.report, "--output", "kept", "--yes")
    kept = blocks_in(corpus.home / "kept")
    dropped = [*filter(None, corpus.run("apply", corpus.report, "--list", "dropped").split("\n"))]
    assert len(dropped) == 4
    gone = before - kept
    assert sum(gone.values()) == 4 and not kept - before
    names = {block.split(b"\n")[0] if block[:1] != b"{" else b"line" for block in gone}
    assert names == {id.encode() for id in dropped}
    assert corpus.scan("kept")["clusters"] == []


def test_a_file_of_one_block_is_deleted_with_it(corpus: Corpus, tmp_path: Path) -> None:
    for name in "ab":
        data = START + f"{name}\n{corpus.shared}\f".encode()
        (tmp_path / f"{name}.blocks").write_bytes(data)
    report = tmp_path / "report.json"
    corpus.run("scan", tmp_path, "--output", report, "--quiet")
    corpus.run("apply", report, "--delete", "--yes")
    (left,) = tmp_path.glob("*.blocks")
    assert left.read_bytes() == START + f"{left.stem}\n{corpus.shared}\f".encode()


def test_a_file_that_changed_since_the_scan_is_told(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "x.blocks"
    data = b"".join(f"{id}\n{corpus.shared} {id}\f".encode() for id in "abc")
    path.write_bytes(data)
    report = tmp_path / "report.json"
    corpus.run("scan", path, "--output", report, "--quiet")
    path.write_bytes(data[::-1])
    told = corpus.run("apply", report)
    assert "changed" in told and path.read_bytes() == data[::-1]
