"""The truth of a generated corpus by brute force: exact Jaccards over sets of shingles.

No code of the search is used here: texts are read again, cut into tokens by ``tokenize_text``, and
their shingles are compared as strings.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, Self

import msgspec

from dedupe import tokenize_text

WHOLE_GROUP: Final = 64
"""Largest number of documents of a group whose pairs are all compared; else only a sample."""

SAMPLE_PAIRS: Final = 2000
CACHE_DOCUMENTS: Final = 4096


class Planted(msgspec.Struct):
    """A document of a group, and how it was made."""

    id: str
    made: str


class Group(msgspec.Struct):
    """Documents of one origin."""

    group: int
    kind: str
    documents: list[Planted]


class Record(msgspec.Struct):
    """The fields of a document that are read."""

    id: str
    text: str


class Id(msgspec.Struct):
    """Only the first field of a record."""

    id: str


@dataclass(frozen=True, slots=True)
class Shingles:
    """A document, ready to be compared.

    :param key: a hash of its tokens in order; texts that differ only in case and punctuation have
        the same
    """

    key: int
    shingles: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of shingles that two documents share, and the number of each."""

    shared: int
    left: int
    right: int

    @property
    def jaccard(self) -> float:
        return self.shared / (self.left + self.right - self.shared)


class Texts:
    """The documents of a corpus, read from the file when they are needed.

    A context manager: it keeps the file open.
    """

    def __init__(self, path: Path, ids: Iterable[str], shingle_size: int) -> None:
        """Find the lines of these documents in the file."""
        self.shingle_size = shingle_size
        self._file: BinaryIO = path.open("rb")
        self._places: dict[str, tuple[int, int]] = {}
        wanted, decoder, place = set(ids), msgspec.json.Decoder(Id), 0
        for line in self._file:
            id = decoder.decode(line).id
            if id in wanted:
                self._places[id] = place, len(line)
            place += len(line)
        self._decoder = msgspec.json.Decoder(Record)
        self.get = lru_cache(CACHE_DOCUMENTS)(self._get)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _get(self, id: str) -> Shingles:
        place, length = self._places[id]
        self._file.seek(place)
        tokens = tokenize_text(self._decoder.decode(self._file.read(length)).text)
        size = min(self.shingle_size, len(tokens))
        windows = zip(*(tokens[start:] for start in range(size)), strict=False)
        return Shingles(hash(tuple(tokens)), frozenset(windows))

    def compare(self, left: str, right: str) -> Counts:
        """The exact counts of two documents."""
        a, b = self.get(left).shingles, self.get(right).shingles
        return Counts(len(a & b), len(a), len(b))


def read_groups(path: Path) -> Iterator[Group]:
    """The groups of a corpus; lines of one number are one group."""
    with path.open("rb") as lines:
        decoded = map(msgspec.json.Decoder(Group).decode, lines)
        for _, parts in itertools.groupby(decoded, key=lambda line: line.group):
            first, *rest = parts
            for part in rest:
                first.documents += part.documents
            yield first


def choose_pairs(group: Group) -> list[tuple[str, str]]:
    """The pairs of a group: all of them, or a sample of a large one."""
    ids = [document.id for document in group.documents]
    if len(ids) <= WHOLE_GROUP:
        return list(itertools.combinations(ids, 2))
    drawn = random.Random(group.group)
    return [(left, right) for left, right in (drawn.sample(ids, 2) for _ in range(SAMPLE_PAIRS))]
