"""Writes groups to disk: the documents in a scattered order, and the truth about them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from generator.groups import Group
from generator.presets import Lots

POOL_SIZE: Final = 50_000
"""Documents that are held in memory, so that copies of one text are far apart in the file."""

POOL_BYTES: Final = 256_000_000

SITE_COUNT: Final = 200
DAYS: Final = [
    str(datetime.date(2015, 1, 1) + datetime.timedelta(days=day)).encode() for day in range(3650)
]


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a corpus: it ends at the first of these limits that it reaches."""

    document_count: int | None = None
    byte_count: int | None = None

    def leaves_room(self, document_count: int, byte_count: int) -> bool:
        """Whether another document fits."""
        full = self.document_count is not None and document_count >= self.document_count
        return not full and (self.byte_count is None or byte_count < self.byte_count)


@dataclass(frozen=True, slots=True)
class Written:
    """Counts of a written corpus; the bytes are those of ``corpus.jsonl``."""

    document_count: int
    byte_count: int
    group_count: int


def write_corpus(folder: Path, lots: Lots, rng: np.random.Generator, size: Size) -> Written:
    """Write ``corpus.jsonl`` and ``truth.jsonl`` into a folder.

    A line of the corpus is ``{"id", "url", "date", "text"}``. A line of the truth is
    ``{"group", "kind", "documents": [{"id", "made"}]}``, for each group of two or more documents.
    Several lines with the same group number are one group.
    """
    folder.mkdir(parents=True, exist_ok=True)
    truth_path, corpus_path = folder / "truth.jsonl", folder / "corpus.jsonl"
    with truth_path.open("wb") as truth, corpus_path.open("wb", 1 << 20) as corpus:
        records = _Records(size)
        pool = _Pool(rng)
        for lot in lots:
            taken = [pool.swap(record) for record in records.take(lot)]
            corpus.write(b"".join(taken))
            truth.write(b"".join(records.truth_lines))
            records.truth_lines.clear()
            if records.full:
                break
        corpus.write(b"".join(pool.empty()))
    return Written(records.document_count, records.byte_count, records.group_count)


class _Records:
    """Numbers documents and groups, until the corpus is full."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.document_count = self.byte_count = self.group_count = 0
        self.full = False
        self.truth_lines: list[bytes] = []

    def take(self, lot: list[Group]) -> Iterator[bytes]:
        for group in lot:
            self.group_count += not group.continues
            first = self.document_count
            for text in group.texts:
                self.full = not self.size.leaves_room(self.document_count, self.byte_count)
                if self.full:
                    break
                record = _format_record(self.document_count, text)
                self.document_count += 1
                self.byte_count += len(record)
                yield record
            if len(group.texts) > 1:
                self.truth_lines.append(self._format_group(group, first))
            if self.full:
                return

    def _format_group(self, group: Group, first: int) -> bytes:
        documents = [
            {"id": _format_id(number).decode(), "made": made}
            for number, made in zip(range(first, self.document_count), group.made, strict=False)
        ]
        line = {"group": self.group_count, "kind": group.kind, "documents": documents}
        return json.dumps(line).encode() + b"\n"


def _format_id(number: int) -> bytes:
    return b"d%08d" % number


def _format_record(number: int, text: bytes) -> bytes:
    # Generated texts have no quotes, no backslashes, and no control characters except newlines.
    day = DAYS[number * 2_654_435_761 % len(DAYS)]
    return b'{"id":"%s","url":"https://site%d.example/%s/%d","date":"%s","text":"%s"}\n' % (
        _format_id(number),
        number * 40_503 % SITE_COUNT,
        day[:4],
        number,
        day,
        text.replace(b"\n", b"\\n"),
    )


class _Pool:
    """Holds a number of records and gives out random ones of them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.records: list[bytes] = []
        self.byte_count = 0
        self.places: list[int] = []

    def swap(self, record: bytes) -> bytes:
        """Take a record in; return a random one, or nothing while the pool is not full."""
        self.byte_count += len(record)
        if len(self.records) < POOL_SIZE and self.byte_count < POOL_BYTES:
            self.records.append(record)
            return b""
        if not self.places:
            self.places = self.rng.integers(0, 1 << 62, POOL_SIZE).tolist()
        place = self.places.pop() % (len(self.records) or 1)
        if not self.records:
            return record
        record, self.records[place] = self.records[place], record
        self.byte_count -= len(record)
        return record

    def empty(self) -> list[bytes]:
        """The remaining records in random order."""
        return [self.records[i] for i in self.rng.permutation(len(self.records)).tolist()]
