"""Keeps doubtful pages until all pages are read, to find those that share an article.

Where several pages have the same article and differ in the rest, it is not what they are about. All
their visible text is compared instead, as it is where much of a page is left out. The result does
not depend on the order of pages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Container, Iterator
from typing import IO

import msgspec
import numpy as np

from dedupe.model.documents import Locator, Notice
from dedupe.sources.pages.doubt import Doubt
from dedupe.sources.reasons import EXTRACTION_DOUBTFUL
from dedupe.sources.records.pieces import Chunk, Piece

_MEMORY_BYTES = 16 << 20
_LENGTH_BYTES = 8
_SHARED = (
    "what was found as its article stands in other pages too, whose other text differs; "
    "all its visible text was compared"
)
_LEFT_OUT = (
    "many paragraphs are outside what was found as its article; all its visible text was compared"
)


class HeldPage(msgspec.Struct, frozen=True):
    """What must be known of a doubtful page to compare it with those that other processes hold.

    :param keys: as in :class:`dedupe.sources.pages.doubt.Doubt`, like ``rest``
    """

    locator: Locator
    keys: tuple[int, ...]
    rest: int


class _HeldPage(msgspec.Struct):
    """A page that is kept, with both of its texts."""

    id: str
    text: bytes
    locator: list[int]
    encoding: str
    metas: list[bytes]
    doubt: Doubt


class SharedKeys:
    """Finds hashes that several pages share whose rest differs; contains these."""

    def __init__(self) -> None:
        self._rests: dict[object, int | None] = {}

    def add(self, keys: tuple[int, ...], rest: int) -> None:
        """Take in a page."""
        for key in keys:
            if self._rests.setdefault(key, rest) != rest:
                self._rests[key] = None

    def __contains__(self, key: object) -> bool:
        return self._rests.get(key, 0) is None


class SharedArticles:
    """Takes doubtful pages, and gives them back, with the right text, once all are known.

    Some hashes of each page are kept in memory; many texts are kept in a file without a name.

    :ivar held: the pages that are held
    """

    def __init__(self, shared: Container[int] | None = None) -> None:
        """Begin without pages.

        :param shared: the hashes that pages share and differ in the rest, where those of a whole
            corpus are known already
        """
        self.held: list[HeldPage] = []
        self._shared = shared
        self._rests = SharedKeys()
        self._file: IO[bytes] | None = None

    def hold(self, chunk: Chunk, text: bytes, doubt: Doubt) -> None:
        """Keep a page.

        :param chunk: the page as the only document of a chunk
        :param text: its article
        """
        locator = chunk.locators[0].tolist()
        if self._shared is None:
            self._rests.add(doubt.keys, doubt.rest)
        self.held.append(HeldPage(Locator(*locator), doubt.keys, doubt.rest))
        held = _HeldPage(chunk.ids[0], text, locator, chunk.encoding, chunk.metas, doubt)
        if self._file is None:
            self._file = tempfile.SpooledTemporaryFile(_MEMORY_BYTES)  # noqa: SIM115
        data = msgspec.msgpack.encode(held)
        self._file.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)

    def release(self) -> Iterator[tuple[Piece, str]]:
        """All pages, each with the way in which its text was found, and notices (with no way)."""
        if self._file is None:
            return
        self._file.seek(0)
        shared = self._rests if self._shared is None else self._shared
        decode = msgspec.msgpack.Decoder(_HeldPage).decode
        while size := self._file.read(_LENGTH_BYTES):
            held = decode(self._file.read(int.from_bytes(size, "big")))
            is_shared = any(key in shared for key in held.doubt.keys)
            is_wrong = is_shared or held.doubt.is_certain
            if is_wrong:
                detail = _SHARED if is_shared else _LEFT_OUT
                yield Notice(held.id, EXTRACTION_DOUBTFUL, detail), ""
            text = held.doubt.visible if is_wrong else held.text
            locators = np.array([held.locator], np.int64)
            chunk = Chunk([held.id], [text], locators, held.encoding, held.metas)
            yield chunk, "text" if is_wrong else "article"

    def close(self) -> None:
        """Forget all pages."""
        if self._file is not None:
            self._file.close()
