"""A text as words: tokens with the punctuation around them.

Two words have equal keys exactly if their tokens are equal, so a diff agrees with the sketch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import chain
from typing import Final, Literal, NamedTuple

import msgspec

Tokenizer = Callable[[str], Sequence[str]]
_CharacterKind = Literal["letter", "unspaced", "inner", "separator"]

REMEMBERED_SIZE: Final = 40
"""Characters of a surface up to which its piece is remembered."""

_LINE_ENDS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_HEAD: Final = re.compile(r"(?<!o)o*+(?:u|l[li]*+)")
"""The opening brackets before a token, and its first characters, in letters of their kinds:
unspaced, letter, inner, separator, opener. (Only the first of several brackets can begin a match,
so that a million of them take time in proportion.)"""

_CHUNK: Final = re.compile(r"\S+")
_OPENERS: Final = frozenset("([{<«‹“‘„‚「『（《〈【〔［｛")


class Break(IntEnum):
    """The separator between a word and the one before it."""

    GLUED = 0
    """nothing, or punctuation that holds the two together"""
    JOINT = 1
    """nothing, in a script without spaces: a line may break here"""
    SPACE = 2
    LINE = 3


class Words(msgspec.Struct, frozen=True):
    """A text as *n* words, one for each token.

    :param keys: equal numbers are equal tokens, also across texts of one :class:`Vocabulary`
    :param surfaces: each word as it is written, without white space around it. If one character
        makes several tokens (½), the first of them has it as its surface, the others have ``""``.
    :param breaks: the separator before each word
    """

    keys: tuple[int, ...]
    surfaces: tuple[str, ...]
    breaks: tuple[Break, ...]

    def __len__(self) -> int:
        return len(self.keys)


class _Piece(NamedTuple):
    """A part of a chunk: one word, several words of one surface, or (no keys) punctuation."""

    surface: str
    keys: tuple[int, ...]
    unspaced: bool


class _KindCodes(dict[int, str]):
    """A table for ``str.translate``: a letter for the kind of each character (see ``_HEAD``)."""

    def __init__(self, kind: Callable[[str], _CharacterKind]) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        kind = self._kind(character)
        is_opener = kind == "separator" and character in _OPENERS
        code = self[code_point] = "o" if is_opener else kind[0]
        return code


class Vocabulary:
    """Splits texts into words with comparable keys; each distinct chunk is tokenised once."""

    def __init__(self, tokenize: Tokenizer) -> None:
        self._tokenize = tokenize
        self._key_of: dict[str, int] = {}
        self._pieces_of: dict[tuple[str, bool], _Piece] = {}
        self._chunks: dict[str, tuple[_Piece, ...]] = {}
        self._kinds: dict[str, _CharacterKind] = {}
        self._codes = _KindCodes(self._kind)

    def split(self, text: str) -> Words:
        """The words of a text, in order; their tokens are the tokens of the whole text."""
        parts = re.split(r"(\s+)", text)
        builder = _WordsBuilder()
        before = Break.LINE
        breaks: dict[str, Break] = {}
        for i in range(0, len(parts), 2):
            if chunk := parts[i]:
                pieces = self._chunks.get(chunk) or self._pieces(chunk)
                builder.add_chunk(pieces, before)
            if i + 1 < len(parts):
                gap = parts[i + 1]
                found = breaks.get(gap)
                if found is None:
                    found = Break.SPACE if _LINE_ENDS.isdisjoint(gap) else Break.LINE
                    breaks[gap] = found
                before = found
        return builder.build()

    def locate_tokens(self, text: str) -> list[tuple[int, int]]:
        """The span of each token in the text: first character, and the one behind it.

        Tokens of one surface (½, combining characters) share one span.
        """
        spans: list[tuple[int, int]] = []
        for chunk in _CHUNK.finditer(text):
            start = chunk.start()
            for piece in self._pieces(chunk[0]):
                end = start + len(piece.surface)
                if piece.keys:
                    spans += [self._trim(text, start, end)] * len(piece.keys)
                start = end
        return spans

    def _trim(self, text: str, start: int, end: int) -> tuple[int, int]:
        """The span ``start:end`` of the text, without the punctuation around it."""
        while start < end - 1 and self._kind(text[start]) in ("separator", "inner"):
            start += 1
        while end > start + 1 and self._kind(text[end - 1]) == "separator":
            end -= 1
        return start, end

    def _pieces(self, chunk: str) -> tuple[_Piece, ...]:
        pieces = self._chunks.get(chunk)
        if pieces is None:
            pieces = self._chunks[chunk] = tuple(self._cut(chunk))
        return pieces

    def _cut(self, chunk: str) -> list[_Piece]:
        tokens = self._keys(chunk)
        if len(tokens) <= 1:
            return [_Piece(chunk, tokens, False)]
        pieces = [self._piece(*cut) for cut in self._cut_surfaces(chunk)]
        if tuple(chain.from_iterable(piece.keys for piece in pieces)) != tokens:
            return [_Piece(chunk, tokens, False)]
        return pieces

    def _piece(self, surface: str, unspaced: bool) -> _Piece:
        """A part of a chunk; in scripts without spaces few characters make all of them."""
        piece = self._pieces_of.get((surface, unspaced))
        if piece is None:
            piece = _Piece(surface, self._keys(surface), unspaced)
            if len(surface) <= REMEMBERED_SIZE:
                self._pieces_of[surface, unspaced] = piece
        return piece

    def _cut_surfaces(self, chunk: str) -> Iterator[tuple[str, bool]]:
        """The chunk cut before each token, each part with whether its script is unspaced.

        Separators between two tokens stay with the first, except opening brackets and quotes.
        """
        kinds = chunk.translate(self._codes)
        start, unspaced = 0, False
        for head in _HEAD.finditer(kinds):
            cut = head.start()
            if cut > start:
                yield chunk[start:cut], unspaced
            start, unspaced = cut, kinds[head.end() - 1] == "u"
        yield chunk[start:], unspaced

    def _kind(self, character: str) -> _CharacterKind:
        """The kind of a character, found by tokenising it alone and next to a letter."""
        kind = self._kinds.get(character)
        if kind is None:
            tokens = self._tokenize(character)
            if not tokens:
                joins = len(self._tokenize(f"a{character}a")) == 1
                kind = "inner" if joins else "separator"
            else:
                joins = len(self._tokenize(f"a{character}")) == len(tokens)
                kind = "letter" if joins else "unspaced"
            self._kinds[character] = kind
        return kind

    def _keys(self, text: str) -> tuple[int, ...]:
        key_of = self._key_of
        return tuple(key_of.setdefault(token, len(key_of)) for token in self._tokenize(text))


class _WordsBuilder:
    """Collects words. Punctuation joins the word before it; at a line's start, the one after it."""

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._surfaces: list[str] = []
        self._breaks: list[Break] = []
        self._trailing: list[str] = []
        self._leading: list[str] = []
        self._leading_break = Break.SPACE

    def add_chunk(self, pieces: tuple[_Piece, ...], before: Break) -> None:
        """Add the pieces of one chunk; ``before`` is the white space in front of it."""
        if len(pieces) == 1 and not pieces[0].keys:
            self._add_punctuation(pieces[0].surface, before)
            return
        previous: _Piece | None = None
        for piece in pieces:
            if not piece.keys:
                self._lead(piece.surface, before)
                continue
            if previous is not None:
                joint = previous.unspaced or piece.unspaced
                before = Break.JOINT if joint else Break.GLUED
            if len(piece.keys) == 1 and not self._leading and not self._trailing:
                self._add_plain(piece, before)
            else:
                self._add_word(piece, before)
            previous = piece

    def _add_plain(self, piece: _Piece, before: Break) -> None:
        """Add a piece of one word, where no punctuation waits: nearly all words."""
        self._keys.append(piece.keys[0])
        self._surfaces.append(piece.surface)
        self._breaks.append(before)

    def _add_word(self, piece: _Piece, before: Break) -> None:
        self._close_word()
        if self._leading:
            before = self._leading_break
        self._surfaces.append("".join([*self._leading, piece.surface]))
        self._leading.clear()
        self._keys += piece.keys
        self._breaks.append(before)
        for _ in piece.keys[1:]:
            self._surfaces.append("")
            self._breaks.append(Break.GLUED)

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
        return Words(tuple(self._keys), tuple(self._surfaces), tuple(self._breaks))
