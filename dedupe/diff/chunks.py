"""A chunk, which is text without white space, as words: cut before each of its tokens."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from itertools import chain
from operator import or_
from typing import Final, Literal

import xxhash

from dedupe.model.characters import OPENERS, Break, Chunk

Tokenizer = Callable[[str], Sequence[str]]
_CharacterKind = Literal["letter", "unspaced", "inner", "separator"]

_CODEC: Final = f"utf-32-{sys.byteorder[0]}e"

REMEMBERED_SIZE: Final = 40
REMEMBERED_CHUNK: Final = 200
"""Characters of a surface, and of a chunk, up to which it is remembered."""

LONG_CHUNK: Final = 60
"""Characters from which on a chunk is cut at marks, which is quicker then."""

_HEAD: Final = re.compile(r"(?<!o)o*+(?:u|l[li]*+)")
"""The opening brackets before a token, and its first characters, in letters of their kinds:
unspaced, letter, inner, separator, opener. (Only the first of several brackets can begin a match,
so that a million of them take time in proportion.)"""

_LETTERS: Final = re.compile("\1.(?:[\1\2].)*+", re.DOTALL)
_OPENERS_OF_WORD: Final = re.compile("((?:\3.)++)\0", re.DOTALL)
_MARK_OF_KIND: Final = {"u": "\0", "l": "\1", "i": "\2", "o": "\3", "s": ""}
_MARKS: Final = frozenset("\0\1\2\3\4")
"""Marks that a long chunk gets before its characters: of a head, and of letters that may be one;
the last marks a head of letters."""


def token_key(token: str) -> int:
    """The number of a token: its code point, or of several characters their hash (XXH3)."""
    if len(token) == 1:
        return ord(token)
    code_points = token.encode(_CODEC, "surrogatepass")
    return xxhash.xxh3_64_intdigest(code_points)


class _KindCodes(dict[int, str]):
    """A table for ``str.translate``: a letter for the kind of each character (see ``_HEAD``)."""

    def __init__(self, kind: Callable[[str], _CharacterKind]) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        kind = self._kind(character)
        is_opener = kind == "separator" and character in OPENERS
        code = self[code_point] = "o" if is_opener else kind[0]
        return code


class _Marked(dict[int, str]):
    """A table for ``str.translate``: each character with the mark of its kind before it."""

    def __init__(self, codes: _KindCodes) -> None:
        super().__init__()
        self._codes = codes

    def __missing__(self, code_point: int) -> str:
        marked = self[code_point] = _MARK_OF_KIND[self._codes[code_point]] + chr(code_point)
        return marked


class _TokenKeys(dict[str, int]):
    """The keys of the tokens met so far."""

    def __missing__(self, token: str) -> int:
        key = self[token] = token_key(token)
        return key


class _Pieces(dict[str, tuple[str, tuple[int, ...]]]):
    """Surfaces with their own keys; equal short ones are one object."""

    def __init__(self, keys_of: Callable[[str], tuple[int, ...]]) -> None:
        super().__init__()
        self._keys_of = keys_of

    def __missing__(self, surface: str) -> tuple[str, tuple[int, ...]]:
        piece = surface, self._keys_of(surface)
        if len(surface) <= REMEMBERED_SIZE:
            self[surface] = piece
        return piece


class ChunkCutter:
    """Cuts chunks into words; what is short is tokenised once.

    :ivar key_of: the key of a token
    :ivar plain_keys: the keys of the short chunks met so far that are nothing but one word
    :ivar plain: these chunks, of which equal ones are one object
    """

    def __init__(self, tokenize: Tokenizer) -> None:
        self._tokenize = tokenize
        self._key_of = _TokenKeys()
        self.key_of: Callable[[str], int] = self._key_of.__getitem__
        self._pieces = _Pieces(self._keys)
        self._chunks: dict[str, Chunk] = {}
        self.plain_keys: dict[str, int] = {}
        self.plain: dict[str, str] = {}
        self._kinds: dict[str, _CharacterKind] = {}
        self._codes = _KindCodes(self.kind)
        self._marked = _Marked(self._codes)

    def cut(self, chunk: str) -> Chunk:
        """The words of a chunk; their keys are those of the tokens of the whole chunk."""
        found = self._chunks.get(chunk)
        if found is None:
            found = self._cut(chunk)
            if len(chunk) <= REMEMBERED_CHUNK:
                self._chunks[chunk] = found
                if len(found.keys) == 1 and not found.lead:
                    self.plain_keys[chunk] = found.keys[0]
                    self.plain[chunk] = chunk
        return found

    def kind(self, character: str) -> _CharacterKind:
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

    def cut_surfaces(self, chunk: str) -> tuple[str, list[str], list[bool]]:
        """What stands before the first token, then the chunk cut before each token.

        Separators between two tokens stay with the first, except opening brackets and quotes.

        :returns: the last part is whether the script of each surface is unspaced
        """
        if len(chunk) >= LONG_CHUNK and _MARKS.isdisjoint(chunk):
            return _cut_marked(chunk.translate(self._marked))
        kinds = chunk.translate(self._codes)
        heads = [*_HEAD.finditer(kinds)]
        cuts = [head.start() for head in heads]
        ends = [*cuts[1:], len(chunk)]
        surfaces = [*map(chunk.__getitem__, map(slice, cuts, ends))]
        unspaced = [kinds[head.end() - 1] == "u" for head in heads]
        return chunk[: cuts[0]] if cuts else chunk, surfaces, unspaced

    def _keys(self, text: str) -> tuple[int, ...]:
        return tuple(map(self.key_of, self._tokenize(text)))

    def _cut(self, chunk: str) -> Chunk:
        keys = self._keys(chunk)
        if not keys:
            return Chunk(chunk, (), (), ())
        if len(keys) > 1 and (found := self._cut_at_tokens(chunk, keys)) is not None:
            return found
        more = len(keys) - 1
        return Chunk("", keys, (chunk, *[""] * more), (Break.GLUED,) * more)

    def _cut_at_tokens(self, chunk: str, keys: tuple[int, ...]) -> Chunk | None:
        """The chunk cut before each token; none where its parts alone make other tokens.

        :param keys: those of the whole chunk
        """
        lead, parts, unspaced = self.cut_surfaces(chunk)
        if not parts or (lead and self._keys(lead)):
            return None
        surfaces, keys_of_parts = zip(*map(self._pieces.__getitem__, parts), strict=True)
        if tuple(chain.from_iterable(keys_of_parts)) != keys:
            return None
        joints = map(or_, unspaced[1:], unspaced)
        breaks = tuple(map(_BREAKS.__getitem__, joints))
        if len(surfaces) < len(keys):
            surfaces, breaks = _fill_up(surfaces, breaks, [*map(len, keys_of_parts)])
        return Chunk(lead, keys, surfaces, breaks)


_BREAKS: Final = (Break.GLUED, Break.JOINT)


def _fill_up(
    surfaces: Sequence[str], breaks: Sequence[Break], counts: Sequence[int]
) -> tuple[tuple[str, ...], tuple[Break, ...]]:
    """The columns with an empty surface for each further word of one surface."""
    all_surfaces: list[str] = []
    all_breaks: list[Break] = []
    for surface, before, count in zip(surfaces, (Break.GLUED, *breaks), counts, strict=True):
        all_surfaces += (surface, *[""] * (count - 1))
        all_breaks += (before, *[Break.GLUED] * (count - 1))
    return tuple(all_surfaces), tuple(all_breaks[1:])


def _cut_marked(marked: str) -> tuple[str, list[str], list[bool]]:
    """The surfaces of a chunk whose characters have marks of their kinds before them."""
    has_letters = "\1" in marked
    if has_letters:
        marked = _LETTERS.sub(_mark_word, marked)
    if "\3" in marked:
        marked = _OPENERS_OF_WORD.sub(r"\0\1", marked).replace("\3", "")
    lead, *surfaces = marked.replace("\2", "").split("\0")
    if not has_letters:
        return lead, surfaces, [True] * len(surfaces)
    unspaced = ["\4" not in surface for surface in surfaces]
    return lead, [surface.replace("\4", "") for surface in surfaces], unspaced


def _mark_word(found: re.Match[str]) -> str:
    """A word of letters with one mark of a head, and one that says that it is of letters."""
    return "\0\4" + found[0].replace("\1", "").replace("\2", "")
