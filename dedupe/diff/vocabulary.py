"""Texts split into words with comparable keys."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from dedupe.diff.boundaries import score_cuts, score_table
from dedupe.diff.chunks import ChunkCutter, Tokenizer
from dedupe.diff.words import SEPARATORS, Words
from dedupe.model.characters import Break, Chunk, WordFinder

FINDER_SIZE: Final = 20_000
"""Characters of texts from which on a finder is worth the loading of its tables."""

_CHUNK: Final = re.compile(r"\S+")


class Vocabulary:
    """Splits texts into words with comparable keys; each distinct chunk is tokenised once.

    :param finder: finds the words of a whole text at once, the same but many times faster
    """

    def __init__(self, tokenize: Tokenizer, finder: WordFinder | None = None) -> None:
        self._cutter = ChunkCutter(tokenize)
        self._finder = finder
        self._size = 0

    def split(self, text: str) -> Words:
        """The words of a text, in order; their tokens are the tokens of the whole text."""
        self._size += len(text)
        if self._finder is None or self._size < FINDER_SIZE:
            return self._split_lines(text)
        return Words.of_columns(self._finder.find(text, self._cutter.cut, score_table()))

    def _split_lines(self, text: str) -> Words:
        builder = _WordsBuilder()
        cutter, plain_keys, plain = self._cutter, self._cutter.plain_keys, self._cutter.plain
        for number, line in enumerate(text.splitlines()):
            chunks = line.split()
            keys: list[Any] = [*map(plain_keys.get, chunks)]
            begin, before = 0, Break.LINE
            if number == 0 and line[:1].isspace():
                before = Break.SPACE
            while begin < len(chunks):
                end = _find_none(keys, begin)
                if end > begin:
                    surfaces = map(plain.__getitem__, chunks[begin:end])
                    builder.add_plain(keys[begin:end], [*surfaces], before)
                    before = Break.SPACE
                if end < len(chunks):
                    builder.add_chunk(cutter.cut(chunks[end]), before)
                    before = Break.SPACE
                begin = end + 1
        return builder.build()

    def locate_tokens(self, text: str) -> list[tuple[int, int]]:
        """The span of each token in the text: first character, and the one behind it.

        Tokens of one surface (½, combining characters) share one span.
        """
        spans: list[tuple[int, int]] = []
        for found in _CHUNK.finditer(text):
            chunk = self._cutter.cut(found[0])
            if not chunk.keys:
                continue
            start = found.start() + len(chunk.lead)
            for surface in chunk.surfaces:
                end = start + len(surface)
                spans.append(self._trim(text, start, end) if surface else spans[-1])
                start = end
        return spans

    def _trim(self, text: str, start: int, end: int) -> tuple[int, int]:
        """The span ``start:end`` of the text, without the punctuation around it."""
        kind = self._cutter.kind
        while start < end - 1 and kind(text[start]) in ("separator", "inner"):
            start += 1
        while end > start + 1 and kind(text[end - 1]) == "separator":
            end -= 1
        return start, end


def _find_none(keys: Sequence[Any], begin: int) -> int:
    """The first position from ``begin`` on without a key; the end where all have one."""
    try:
        return keys.index(None, begin)
    except ValueError:
        return len(keys)


class _WordsBuilder:
    """Collects words. Punctuation joins the word before it; at a line's start, the one after it."""

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._surfaces: list[str] = []
        self._breaks: list[Break] = []
        self._trailing: list[str] = []
        self._leading: list[str] = []
        self._leading_break = Break.SPACE

    def add_chunk(self, chunk: Chunk, before: Break) -> None:
        """Add the words of one chunk; ``before`` is the white space in front of it."""
        if not chunk.keys:
            self._add_punctuation(chunk.lead, before)
            return
        if chunk.lead:
            self._lead(chunk.lead, before)
        self._add(chunk.keys, chunk.surfaces, before, chunk.breaks)

    def add_plain(self, keys: Sequence[int], surfaces: Sequence[str], before: Break) -> None:
        """Add chunks of one word each; ``before`` is the white space in front of the first."""
        self._add(keys, surfaces, before, [Break.SPACE] * (len(keys) - 1))

    def _add(
        self, keys: Sequence[int], surfaces: Sequence[str], before: Break, breaks: Sequence[Break]
    ) -> None:
        if self._trailing:
            self._close_word()
        if self._leading:
            surfaces = ["".join([*self._leading, surfaces[0]]), *surfaces[1:]]
            before = self._leading_break
            self._leading.clear()
        self._keys += keys
        self._surfaces += surfaces
        self._breaks.append(before)
        self._breaks += breaks

    def _add_punctuation(self, surface: str, before: Break) -> None:
        if self._leading or before is Break.LINE or not self._keys:
            self._lead(surface + " ", before)
        else:
            self._trailing += (" ", surface)

    def _lead(self, surface: str, before: Break) -> None:
        if not self._leading:
            self._leading_break = before
        self._leading.append(surface)

    def _close_word(self) -> None:
        if self._trailing:
            last = len(self._surfaces) - 1
            while not self._surfaces[last]:
                last -= 1
            self._surfaces[last] += "".join(self._trailing)
            self._trailing.clear()

    def build(self) -> Words:
        """The words; punctuation at the end of the text joins the last word."""
        if self._leading and self._keys:
            self._trailing += (" ", "".join(self._leading).rstrip(" "))
        if self._keys:
            self._close_word()
        return _join_words(self._keys, self._surfaces, self._breaks)


def _join_words(keys: Sequence[int], surfaces: Sequence[str], breaks: Sequence[int]) -> Words:
    """Words of columns with a value for each."""
    parts = [""] * (2 * len(surfaces))
    parts[::2] = map(SEPARATORS.__getitem__, breaks)
    parts[1::2] = surfaces
    if parts:
        parts[0] = ""
    places = array("q", accumulate(map(len, parts), initial=0))
    text, starts, ends = "".join(parts), places[1::2], places[2::2]
    scores = score_cuts(text, starts, ends, breaks)
    return Words(array("Q", keys), text, starts, ends, bytes(breaks), scores)
