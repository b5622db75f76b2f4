"""Word-level alignment of two texts, made to be read.

A word here is a token with the punctuation around it, so what is equal in a diff is what is
equal to the sketch: white space, case, quotes and dashes never make a difference. The
alignment follows patience diff: shingles that occur once in both texts are anchors, and only
the gaps between them are aligned (rapidfuzz). Then it is made readable, as the clean-up of
diff-match-patch does it: changes slide to sentence boundaries, and a few equal words inside a
changed stretch belong to the change. https://github.com/google/diff-match-patch
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from typing import Final, Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

Tokenizer = Callable[[str], Sequence[str]]
Kind = Literal["equal", "faint", "delete", "insert"]
_CharacterKind = Literal["letter", "unspaced", "inner", "separator"]
Origin = Literal["", "moved_down", "moved_up", "repeated"]

MAX_CELLS: Final = 16_000_000
"""Words of one side times words of the other up to which a gap is aligned: about 30 ms."""

ANCHOR_SIZE: Final = 5
MAX_DEPTH: Final = 8
ISLAND_SIZE: Final = 6
SLIDE_SIZE: Final = 64
SNAP_SIZE: Final = 3
GRAM_SIZE: Final = 4
REPEATED_SIZE: Final = 8
LONG_COPY_SIZE: Final = 20
CONTEXT_SIZE: Final = 8
MIN_FOLD: Final = 5

_LINE_ENDS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_SENTENCE_ENDS: Final = frozenset(".!?…。！？｡।؟។။")
_CLAUSE_ENDS: Final = frozenset(",;:，；：、،")
_OPENERS: Final = frozenset("([{<«‹“‘„‚「『（《〈【〔［｛")
_CLOSERS: Final = "\"'”’»)]」』）】› "
_JOINERS: Final = frozenset("'’ʼ-‐‑")


class Break(IntEnum):
    """What stands between a word and the one before it."""

    GLUED = 0
    """nothing, or punctuation that holds the two together"""
    JOINT = 1
    """nothing, in a script without spaces: a line may break here"""
    SPACE = 2
    LINE = 3


@dataclass(frozen=True, slots=True)
class Words:
    """A text as *n* words, one a token.

    :param keys: equal numbers are equal tokens, also across texts of one :class:`Vocabulary`
    :param surfaces: what the text has there, white space aside; empty where one character
        made several tokens (½) and the first of them has it
    :param breaks: what stands before each word
    """

    keys: tuple[int, ...]
    surfaces: tuple[str, ...]
    breaks: tuple[Break, ...]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the alignment; words of the left text, of the right one, or both.

    :param kind: ``faint`` is equal to the tokens, but not to the eye (case, quotes, dashes)
    :param left: words of the left text; empty for ``insert``
    :param right: words of the right text; empty for ``delete``
    :param origin: ``moved_down`` and ``moved_up`` mark both ends of a move; ``repeated`` says
        that the text stands in its document more than once
    :param period: of a repeated segment, the words of one copy
    :param copies: of a repeated segment, how often it holds them
    :param elsewhere: of a repeated segment, whether its document has the text outside it too
    """

    kind: Kind
    left: range
    right: range
    origin: Origin = ""
    period: int = 0
    copies: int = 1
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """Equal words that are left out."""

    word_count: int


@dataclass(frozen=True, slots=True)
class Diff:
    """How the right text differs from the left one.

    The segments cover both texts in order. Between two stretches of ``equal`` and ``faint``
    ones, all that is deleted comes before all that is inserted: that is one *place*.

    :param coarse_count: gaps above the cap, which are shown as replaced whole
    """

    left: Words
    right: Words
    segments: tuple[Segment, ...]
    coarse_count: int

    @property
    def inserted_count(self) -> int:
        """Words that only the right text has; moved ones do not count."""
        return sum(len(s.right) for s in self._changes("insert") if not _moved(s))

    @property
    def deleted_count(self) -> int:
        """Words that only the left text has; moved ones do not count."""
        return sum(len(s.left) for s in self._changes("delete") if not _moved(s))

    @property
    def moved_count(self) -> int:
        """Words that both texts have, in different places."""
        return sum(len(s.right) for s in self._changes("insert") if _moved(s))

    @property
    def place_count(self) -> int:
        """Stretches of changes between two stretches that are equal."""
        return sum(1 for changed, _ in groupby(self.segments, _is_change) if changed)

    def _changes(self, kind: Kind) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.kind == kind)


def _is_change(segment: Segment) -> bool:
    return segment.kind in ("delete", "insert")


def _moved(segment: Segment) -> bool:
    return segment.origin in ("moved_down", "moved_up")


def diff_texts(left: str, right: str, tokenize: Tokenizer, max_cells: int = MAX_CELLS) -> Diff:
    """Align two texts by words.

    :param tokenize: gives the tokens of a text, as :func:`dedupe.sketch.plain.tokenize_text`
    :param max_cells: work allowed for one gap between anchors, in words times words
    """
    vocabulary = Vocabulary(tokenize)
    return diff_words(vocabulary.split(left), vocabulary.split(right), max_cells)


def diff_words(left: Words, right: Words, max_cells: int = MAX_CELLS) -> Diff:
    """Align two texts that one :class:`Vocabulary` split into words."""
    blocks, coarse_count = _align(left.keys, right.keys, max_cells)
    blocks = _slide_changes(blocks, left, right)
    blocks = _drop_islands(blocks, len(left), len(right))
    blocks = _snap_blocks(blocks, left, right)
    return Diff(left, right, tuple(_make_segments(blocks, left, right)), coarse_count)


# --- words -------------------------------------------------------------------------------


class _Piece(NamedTuple):
    """A part of a chunk: one word, or several made by one surface; none: punctuation."""

    surface: str
    keys: tuple[int, ...]
    unspaced: bool


class Vocabulary:
    """Splits texts into words whose keys can be compared; tokenises each distinct chunk once."""

    def __init__(self, tokenize: Tokenizer) -> None:
        self._tokenize = tokenize
        self._key_of: dict[str, int] = {}
        self._chunks: dict[str, tuple[_Piece, ...]] = {}
        self._kinds: dict[str, _CharacterKind] = {}

    def split(self, text: str) -> Words:
        """The words of a text, in order: their tokens are the tokens of the whole text."""
        parts = re.split(r"(\s+)", text)
        builder = _WordsBuilder()
        gap = "\n"
        for i in range(0, len(parts), 2):
            if parts[i]:
                before = Break.SPACE if _LINE_ENDS.isdisjoint(gap) else Break.LINE
                builder.add_chunk(self._pieces(parts[i]), before)
            gap = parts[i + 1] if i + 1 < len(parts) else ""
        return builder.build()

    def _pieces(self, chunk: str) -> tuple[_Piece, ...]:
        pieces = self._chunks.get(chunk)
        if pieces is None:
            pieces = self._chunks[chunk] = tuple(self._cut(chunk))
        return pieces

    def _cut(self, chunk: str) -> list[_Piece]:
        tokens = self._keys(chunk)
        if len(tokens) <= 1:
            return [_Piece(chunk, tokens, False)]
        pieces = [
            _Piece(surface, self._keys(surface), unspaced)
            for surface, unspaced in self._cut_surfaces(chunk)
        ]
        if tuple(key for piece in pieces for key in piece.keys) != tokens:
            return [_Piece(chunk, tokens, False)]
        return pieces

    def _cut_surfaces(self, chunk: str) -> Iterator[tuple[str, bool]]:
        """The chunk cut before each token, and whether that is of an unspaced script.

        What separates two tokens stays with the first, but for opening brackets and quotes.
        """
        start = 0
        unspaced = in_word = False
        for position, character in enumerate(chunk):
            kind = self._kind(character)
            if kind == "unspaced" or (kind == "letter" and not in_word):
                cut = position
                while cut > start and chunk[cut - 1] in _OPENERS:
                    cut -= 1
                if cut > start:
                    yield chunk[start:cut], unspaced
                    start = cut
                unspaced = kind == "unspaced"
            in_word = kind == "letter" or (in_word and kind == "inner")
        yield chunk[start:], unspaced

    def _kind(self, character: str) -> _CharacterKind:
        """What a character is to the tokenizer, asked of the tokenizer itself."""
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
    """Collects words; what has no token joins the word before it, or begins a line's first."""

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._surfaces: list[str] = []
        self._breaks: list[Break] = []
        self._trailing: list[str] = []
        self._leading: list[str] = []
        self._leading_break = Break.SPACE

    def add_chunk(self, pieces: tuple[_Piece, ...], before: Break) -> None:
        """Add the pieces of one chunk, which stand behind white space."""
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
            self._add_word(piece, before)
            previous = piece

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
        """The words; punctuation at the end joins the last one."""
        if self._leading and self._keys:
            self._trailing += (" ", "".join(self._leading).rstrip(" "))
        if self._keys:
            self._close_word()
        return Words(tuple(self._keys), tuple(self._surfaces), tuple(self._breaks))


# --- alignment ---------------------------------------------------------------------------


class _Block(NamedTuple):
    """``size`` words from ``left`` on that equal those from ``right`` on."""

    left: int
    right: int
    size: int


class _Gap(NamedTuple):
    """What lies between two blocks, and how often it was cut out of a larger gap."""

    left: int
    left_end: int
    right: int
    right_end: int
    depth: int = 0


def _align(left: Sequence[int], right: Sequence[int], max_cells: int) -> tuple[list[_Block], int]:
    """Equal blocks in order, and the number of gaps that were too large to align."""
    blocks: list[_Block] = []
    coarse_count = 0
    gaps = [_Gap(0, len(left), 0, len(right))]
    while gaps:
        gap = _trim(gaps.pop(), left, right, blocks)
        cells = (gap.left_end - gap.left) * (gap.right_end - gap.right)
        if cells == 0:
            continue
        anchors = _anchor(gap, left, right) if gap.depth < MAX_DEPTH else []
        if anchors:
            blocks += anchors
            gaps += _between(anchors, gap)
        elif cells <= max_cells:
            blocks += _align_exactly(gap, left, right)
        else:
            coarse_count += 1
    return _merge(sorted(blocks)), coarse_count


def _trim(gap: _Gap, left: Sequence[int], right: Sequence[int], blocks: list[_Block]) -> _Gap:
    """Move a common start and end of the gap to the blocks."""
    i, i_end, j, j_end, depth = gap
    size = _common_length(left, i, i_end, right, j, j_end)
    if size:
        blocks.append(_Block(i, j, size))
        i, j = i + size, j + size
    while i < i_end and j < j_end and left[i_end - 1] == right[j_end - 1]:
        i_end, j_end = i_end - 1, j_end - 1
    if i_end < gap.left_end:
        blocks.append(_Block(i_end, j_end, gap.left_end - i_end))
    return _Gap(i, i_end, j, j_end, depth)


def _common_length(
    left: Sequence[int], i: int, i_end: int, right: Sequence[int], j: int, j_end: int
) -> int:
    size = 0
    limit = min(i_end - i, j_end - j)
    while size < limit and left[i + size] == right[j + size]:
        size += 1
    return size


def _anchor(gap: _Gap, left: Sequence[int], right: Sequence[int]) -> list[_Block]:
    """The shingles that occur once on both sides of the gap, as blocks that do not cross."""
    left_places = _unique_shingles(left, gap.left, gap.left_end)
    right_places = _unique_shingles(right, gap.right, gap.right_end)
    pairs = [(i, right_places[s]) for s, i in left_places.items() if s in right_places]
    chosen = _longest_increasing([j for _, j in pairs])
    return _merge([_Block(*pairs[index], ANCHOR_SIZE) for index in chosen])


def _unique_shingles(keys: Sequence[int], start: int, end: int) -> dict[tuple[int, ...], int]:
    part = keys[start:end]
    shingles = list(zip(*(part[offset:] for offset in range(ANCHOR_SIZE)), strict=False))
    counts = Counter(shingles)
    return {s: start + i for i, s in enumerate(shingles) if counts[s] == 1}


def _longest_increasing(values: Sequence[int]) -> list[int]:
    """Indices of a longest increasing subsequence (patience sorting)."""
    tails: list[int] = []
    tail_indices: list[int] = []
    previous: list[int] = []
    for index, value in enumerate(values):
        pile = bisect_left(tails, value)
        previous.append(tail_indices[pile - 1] if pile else -1)
        tails[pile : pile + 1] = [value]
        tail_indices[pile : pile + 1] = [index]
    chosen: list[int] = []
    index = tail_indices[-1] if tail_indices else -1
    while index >= 0:
        chosen.append(index)
        index = previous[index]
    return chosen[::-1]


def _merge(blocks: Iterable[_Block]) -> list[_Block]:
    """Blocks in order without overlaps, those that touch on one diagonal joined."""
    merged: list[_Block] = []
    for i, j, size in blocks:
        if not merged:
            merged.append(_Block(i, j, size))
            continue
        last = merged[-1]
        overlap = max(0, last.left + last.size - i, last.right + last.size - j)
        if i - last.left == j - last.right and i <= last.left + last.size:
            merged[-1] = last._replace(size=max(last.size, i + size - last.left))
        elif overlap < size:
            merged.append(_Block(i + overlap, j + overlap, size - overlap))
    return merged


def _between(anchors: Sequence[_Block], gap: _Gap) -> Iterator[_Gap]:
    i, j = gap.left, gap.right
    for anchor in [*anchors, _Block(gap.left_end, gap.right_end, 0)]:
        yield _Gap(i, anchor.left, j, anchor.right, gap.depth + 1)
        i, j = anchor.left + anchor.size, anchor.right + anchor.size


def _align_exactly(gap: _Gap, left: Sequence[int], right: Sequence[int]) -> Iterator[_Block]:
    opcodes = Levenshtein.opcodes(left[gap.left : gap.left_end], right[gap.right : gap.right_end])
    for each in opcodes:
        if each.tag == "equal":
            size = each.src_end - each.src_start
            yield _Block(gap.left + each.src_start, gap.right + each.dest_start, size)


# --- making it readable -------------------------------------------------------------------


def _slide_changes(blocks: list[_Block], left: Words, right: Words) -> list[_Block]:
    """Shift each pure insertion or deletion to where it begins or ends most naturally.

    ``a [b a] c`` and ``[a b] a c`` insert the same; a title is better cut at its line.
    """
    slid = [_Block(0, 0, 0)]
    for block in [*blocks, _Block(len(left), len(right), 0)]:
        before = slid[-1]
        deleted = range(before.left + before.size, block.left)
        inserted = range(before.right + before.size, block.right)
        shift = 0
        if inserted and not deleted:
            shift = _best_shift(right, inserted, before, block)
        elif deleted and not inserted:
            shift = _best_shift(left, deleted, before, block)
        slid[-1] = before._replace(size=before.size + shift)
        slid.append(_Block(block.left + shift, block.right + shift, block.size - shift))
    return [block for block in slid if block.size]


def _best_shift(words: Words, change: range, before: _Block, after: _Block) -> int:
    keys, start, end = words.keys, change.start, change.stop
    shifts = [0]
    for shift in range(1, min(before.size, SLIDE_SIZE) + 1):
        if keys[start - shift] != keys[end - shift]:
            break
        shifts.append(-shift)
    for shift in range(1, min(after.size, SLIDE_SIZE) + 1):
        if keys[start + shift - 1] != keys[end + shift - 1]:
            break
        shifts.append(shift)

    def worth(shift: int) -> tuple[int, int]:
        score = boundary_score(words, start + shift) + boundary_score(words, end + shift)
        swallowed = (-shift == before.size and before.left > 0) or shift == after.size > 0
        small = swallowed and abs(shift) <= ISLAND_SIZE
        return score + 4 * small, -abs(shift)

    return max(shifts, key=worth)


def boundary_score(words: Words, position: int) -> int:
    """How natural a cut before this word is: 0 inside a word, 3 between sentences, 4 lines."""
    if position == 0 or position == len(words) or words.breaks[position] is Break.LINE:
        return 4
    if words.breaks[position] is Break.GLUED:
        return 0
    end = words.surfaces[position - 1].rstrip(_CLOSERS)[-1:]
    if end in _SENTENCE_ENDS:
        return 3
    return 2 if end in _CLAUSE_ENDS else 1


def _drop_islands(blocks: list[_Block], left_count: int, right_count: int) -> list[_Block]:
    """Without the blocks of a few words that lie between larger changes."""
    kept = [_Block(0, 0, 0)]
    ends = [*blocks[1:], _Block(left_count, right_count, 0)]
    for block, following in zip(blocks, ends, strict=False):
        kept.append(block)
        while len(kept) > 1 and _is_island(kept[-2], kept[-1], following):
            kept.pop()
    return kept[1:]


def _is_island(before: _Block, block: _Block, after: _Block) -> bool:
    deleted_before = block.left - before.left - before.size
    inserted_before = block.right - before.right - before.size
    deleted_after = after.left - block.left - block.size
    inserted_after = after.right - block.right - block.size
    limit = min(max(deleted_before, inserted_before), max(deleted_after, inserted_after))
    one_sided = not (deleted_before or deleted_after) or not (inserted_before or inserted_after)
    if one_sided:
        limit //= 4
    return block.size <= min(limit, ISLAND_SIZE)


def _snap_blocks(blocks: list[_Block], left: Words, right: Words) -> list[_Block]:
    """Cut no written word: what hangs on a change by an apostrophe or a hyphen belongs to it."""
    snapped: list[_Block] = []
    left_end = right_end = 0
    ends = [*blocks[1:], _Block(len(left), len(right), 0)]
    for block, following in zip(blocks, ends, strict=False):
        i, j, size = block
        after_change = i > left_end or j > right_end
        left_end, right_end = i + size, j + size
        before_change = following.left > left_end or following.right > right_end
        head = _glued_head(block, left, right) if after_change else 0
        tail = _glued_tail(block, left, right) if before_change else 0
        if head + tail < size:
            snapped.append(_Block(i + head, j + head, size - head - tail))
    return snapped


def _glued_head(block: _Block, left: Words, right: Words) -> int:
    for head in range(min(block.size, SNAP_SIZE) + 1):
        i, j = block.left + head, block.right + head
        if not _is_glued(left, i) and not _is_glued(right, j):
            return head
    return _silent_run(block, left, right)


def _glued_tail(block: _Block, left: Words, right: Words) -> int:
    left_end, right_end = block.left + block.size, block.right + block.size
    for tail in range(min(block.size, SNAP_SIZE) + 1):
        if not _is_glued(left, left_end - tail) and not _is_glued(right, right_end - tail):
            return tail
    return 0


def _silent_run(block: _Block, left: Words, right: Words) -> int:
    """How many words at the block's start have no surface of their own."""
    run = 0
    while run < block.size and not (
        left.surfaces[block.left + run] and right.surfaces[block.right + run]
    ):
        run += 1
    return run


def _is_glued(words: Words, position: int) -> bool:
    """Whether a cut before this word would split what is written as one."""
    if position == 0 or position == len(words):
        return False
    if not words.surfaces[position]:
        return True
    last = words.surfaces[position - 1][-1:]
    return words.breaks[position] is Break.GLUED and (last in _JOINERS or last.isalnum())


# --- moved and repeated text --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Change:
    """What lies between two blocks."""

    left: range
    right: range


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is known of a part of a change."""

    span: range
    origin: Origin = ""
    period: int = 0
    copies: int = 1
    elsewhere: bool = False


class _Place(NamedTuple):
    """Where a gram stands: its position, its stretch, and the number of that."""

    position: int
    stretch: range
    change: int


_Places = Mapping[tuple[int, ...], _Place]


def _find_moves(
    changes: Sequence[_Change], left: Sequence[int], right: Sequence[int]
) -> tuple[list[_Mark], list[_Mark]]:
    """Stretches deleted in one change and inserted in another: marks of both sides."""
    places = _index_grams(right, [change.right for change in changes])
    taken = bytearray(len(right))
    left_marks: list[_Mark] = []
    right_marks: list[_Mark] = []
    for number, change in enumerate(changes):
        for i, j, size in _find_copies(left, change.left, number, right, places, taken):
            taken[j : j + size] = b"\1" * size
            down = j >= change.right.stop
            origin: Origin = "moved_down" if down else "moved_up"
            left_marks.append(_Mark(range(i, i + size), origin))
            right_marks.append(_Mark(range(j, j + size), origin))
    return left_marks, sorted(right_marks, key=_mark_start)


def _mark_start(mark: _Mark) -> int:
    return mark.span.start


def _index_grams(keys: Sequence[int], stretches: Iterable[range]) -> dict[tuple[int, ...], _Place]:
    places: dict[tuple[int, ...], _Place] = {}
    for number, stretch in enumerate(stretches):
        for position in range(stretch.start, stretch.stop - GRAM_SIZE + 1):
            gram = tuple(keys[position : position + GRAM_SIZE])
            places.setdefault(gram, _Place(position, stretch, number))
    return places


def _find_copies(
    keys: Sequence[int],
    span: range,
    change: int,
    other: Sequence[int],
    places: _Places,
    taken: bytearray,
    min_size: int = GRAM_SIZE,
) -> Iterator[_Block]:
    """Stretches of the span that also stand at ``places`` of ``other``, in another change.

    A copy counts where it is most of the stretch, here or there, or long.
    """
    position = span.start
    while position + GRAM_SIZE <= span.stop:
        place = places.get(tuple(keys[position : position + GRAM_SIZE]))
        if place is not None and place.change != change and not taken[place.position]:
            start, stretch, _ = place
            taken_at = taken.find(1, start, stretch.stop)
            stop = stretch.stop if taken_at < 0 else taken_at
            size = _common_length(keys, position, span.stop, other, start, stop)
            enough = min(LONG_COPY_SIZE, (min(len(span), len(stretch)) + 1) // 2)
            if size == len(span) or size >= max(min_size, enough):
                yield _Block(position, start, size)
                position += size
                continue
        position += 1


def _find_repeats(
    words: Words, stretches: Sequence[range], marks: list[_Mark], equal: Sequence[range]
) -> list[_Mark]:
    """Marks of all stretches, with those added that repeat themselves or the equal text."""
    keys = words.keys
    found = list(marks)
    for part in _unmarked(stretches, marks):
        found += _find_tandems(keys, part)
    found.sort(key=_mark_start)
    rest = [part for part in _unmarked(stretches, found) if len(part) >= GRAM_SIZE]
    tandem = any(mark.copies > 1 for mark in found)
    if not rest and not tandem:
        return found
    places = _index_grams(keys, equal)
    found = [_note_elsewhere(mark, keys, places) for mark in found]
    free = bytearray(len(keys))
    for part in rest:
        for block in _find_copies(keys, part, -1, keys, places, free, REPEATED_SIZE):
            span = range(block.left, block.left + block.size)
            found.append(_Mark(span, "repeated", block.size, 1, elsewhere=True))
    return sorted(found, key=_mark_start)


def _unmarked(stretches: Iterable[range], marks: Sequence[_Mark]) -> Iterator[range]:
    for stretch in stretches:
        for mark in _cut_at_marks(stretch, marks):
            if not mark.origin:
                yield mark.span


def _cut_at_marks(stretch: range, marks: Sequence[_Mark]) -> Iterator[_Mark]:
    """The stretch as marks without a hole; ``marks`` are sorted and do not overlap."""
    position = stretch.start
    for index in range(bisect_left(marks, position, key=_mark_start), len(marks)):
        mark = marks[index]
        if mark.span.start >= stretch.stop:
            break
        if position < mark.span.start:
            yield _Mark(range(position, mark.span.start))
        yield mark
        position = mark.span.stop
    if position < stretch.stop:
        yield _Mark(range(position, stretch.stop))


def _find_tandems(keys: Sequence[int], span: range) -> Iterator[_Mark]:
    """Stretches that stand several times in a row, such as a title pasted three times."""
    last_seen: dict[tuple[int, ...], int] = {}
    no_repeat_until: dict[int, int] = {}
    position = span.start
    while position + GRAM_SIZE <= span.stop:
        gram = tuple(keys[position : position + GRAM_SIZE])
        start = last_seen.get(gram, position)
        last_seen[gram] = position
        period = position - start
        if period and no_repeat_until.get(period, 0) <= position:
            run = _common_length(keys, start, span.stop, keys, position, span.stop)
            copies = 1 + run // period
            enough = min(LONG_COPY_SIZE, (len(span) + 1) // 2)
            if copies > 1 and copies * period >= enough:
                position = start + copies * period
                yield _Mark(range(start, position), "repeated", period, copies)
                last_seen.clear()
                continue
            no_repeat_until[period] = position + run
        position += 1


def _note_elsewhere(mark: _Mark, keys: Sequence[int], places: _Places) -> _Mark:
    """A repeated mark, told whether the equal text has the same words."""
    start = mark.span.start
    place = places.get(tuple(keys[start : start + GRAM_SIZE]))
    if mark.origin != "repeated" or mark.period < GRAM_SIZE or place is None:
        return mark
    end = start + mark.period
    size = _common_length(keys, start, end, keys, place.position, place.stretch.stop)
    return _Mark(mark.span, "repeated", mark.period, mark.copies, size == mark.period)


# --- segments ----------------------------------------------------------------------------


def _make_segments(blocks: list[_Block], left: Words, right: Words) -> Iterator[Segment]:
    ends = [*blocks, _Block(len(left), len(right), 0)]
    changes = _changes_before(ends)
    left_marks, right_marks = _find_moves(changes, left.keys, right.keys)
    left_equal = [range(b.left, b.left + b.size) for b in blocks]
    right_equal = [range(b.right, b.right + b.size) for b in blocks]
    left_marks = _find_repeats(left, [c.left for c in changes], left_marks, left_equal)
    right_marks = _find_repeats(right, [c.right for c in changes], right_marks, right_equal)
    for change, block in zip(changes, ends, strict=True):
        for mark in _cut_at_marks(change.left, left_marks):
            yield _segment("delete", mark, mark.span, range(change.right.start, change.right.start))
        for mark in _cut_at_marks(change.right, right_marks):
            yield _segment("insert", mark, range(change.left.stop, change.left.stop), mark.span)
        yield from _equal_segments(block, left, right)


def _changes_before(blocks: Iterable[_Block]) -> list[_Change]:
    changes: list[_Change] = []
    i = j = 0
    for block in blocks:
        changes.append(_Change(range(i, block.left), range(j, block.right)))
        i, j = block.left + block.size, block.right + block.size
    return changes


def _segment(kind: Kind, mark: _Mark, left: range, right: range) -> Segment:
    return Segment(kind, left, right, mark.origin, mark.period, mark.copies, mark.elsewhere)


def _equal_segments(block: _Block, left: Words, right: Words) -> Iterator[Segment]:
    """The block, cut where the surfaces begin or cease to be equal."""

    def looks_equal(offset: int) -> bool:
        first = left.surfaces[block.left + offset]
        second = right.surfaces[block.right + offset]
        return first == second or first.replace(" ", "") == second.replace(" ", "")

    for equal, group in groupby(range(block.size), looks_equal):
        offsets = list(group)
        start, stop = offsets[0], offsets[-1] + 1
        yield Segment(
            "equal" if equal else "faint",
            range(block.left + start, block.left + stop),
            range(block.right + start, block.right + stop),
        )


# --- folding -----------------------------------------------------------------------------


def fold_equal(diff: Diff, context: int = CONTEXT_SIZE) -> Iterator[Segment | Fold]:
    """The segments, with about ``context`` equal words kept on each side of a change.

    The cut is made at the end of a sentence or a line where one is near; scripts without
    spaces keep twice as many words.
    """
    for changed, group in groupby(diff.segments, _is_change):
        segments = list(group)
        if changed:
            yield from segments
            continue
        start, stop = segments[0].right.start, segments[-1].right.stop
        first, last = segments[0] is diff.segments[0], segments[-1] is diff.segments[-1]
        head = start if first else _cut_forwards(diff.right, start, context)
        tail = stop if last else _cut_backwards(diff.right, stop, context)
        if tail - head < MIN_FOLD:
            yield from segments
            continue
        yield from _clip(segments, range(start, head))
        yield Fold(tail - head)
        yield from _clip(segments, range(tail, stop))


def _cut_forwards(words: Words, start: int, context: int) -> int:
    """Where the context behind a change ends."""
    wanted = start + _scaled(words, start, context)
    return _nearest_cut(words, wanted, (wanted - start) // 2)


def _cut_backwards(words: Words, stop: int, context: int) -> int:
    """Where the context before a change begins."""
    wanted = stop - _scaled(words, stop - 1, context)
    return _nearest_cut(words, wanted, (stop - wanted) // 2)


def _scaled(words: Words, position: int, context: int) -> int:
    return 2 * context if words.breaks[position] is Break.JOINT else context


def _nearest_cut(words: Words, wanted: int, reach: int) -> int:
    """The end of a sentence at most ``reach`` words away, or the nearest end of a word."""
    candidates = range(max(0, wanted - reach), min(len(words), wanted + reach) + 1)
    if not candidates:
        return min(max(wanted, 0), len(words))

    def worth(position: int) -> tuple[bool, bool, int]:
        score = boundary_score(words, position)
        return score >= 3, score > 0, -abs(position - wanted)

    return max(candidates, key=worth)


def _clip(segments: Iterable[Segment], part: range) -> Iterator[Segment]:
    """The parts of equal segments that lie in ``part`` of the right text."""
    for segment in segments:
        start = max(segment.right.start, part.start)
        stop = min(segment.right.stop, part.stop)
        if start < stop:
            shift = segment.left.start - segment.right.start
            yield Segment(segment.kind, range(start + shift, stop + shift), range(start, stop))
