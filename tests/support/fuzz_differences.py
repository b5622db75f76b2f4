"""Random cases for the kernels of differences, compared with their plain forms.

``tests/support/fuzz_kernels.py`` runs them among its own.
"""

from __future__ import annotations

import random
from array import array
from functools import partial
from itertools import pairwise
from unittest.mock import patch

import numpy as np

from dedupe.diff import Vocabulary, Words, align, cleanup, diff_words, faint, fold, moves
from dedupe.diff.blocks import Block, merge_blocks
from dedupe.diff.boundaries import score_table
from dedupe.diff.compare import diff_blocks
from dedupe.diff.words import SEPARATORS
from dedupe.model.rows import RowLimits, StretchColumns
from dedupe.model.stretches import ArrangeLimits
from dedupe.sketch import _kernels, load_word_finder
from dedupe.sketch.plain import tokenize_text
from dedupe.sketch.written_words import CompiledWords

SMALL_SORT = _kernels.SIZES["SMALL_SORT"]
FEW_WORDS = _kernels.SIZES["FEW_WORDS"]
MASK = (1 << 64) - 1
FACTOR = 0x9E3779B97F4A7C15
"""What the hash of a shingle is multiplied by (``dedupe.diff.shingles``)."""


JOINED = ["o'", "x-", "7", "²", "٣", "ﬁ", "é’", "‐", "_", "𝟗", "ʼ", "\u0301", "\U000323af"]
"""Words whose last character joins what follows it in writing, or does not."""


def make_words(keys: list[int], surfaces: list[str], breaks: list[int]) -> Words:
    """Words with these surfaces, for the kernels as well. Their columns have the exact size."""
    starts, ends, parts, at = array("q"), array("q"), [], 0
    for surface, before in zip(surfaces, breaks, strict=True):
        separator = SEPARATORS[before] if starts else ""
        starts.append(at + len(separator))
        at += len(separator) + len(surface)
        ends.append(at)
        parts += (separator, surface)
    text = "".join(parts)
    code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)
    columns = array("Q", keys), starts, ends, bytes(breaks)
    scores = np.empty(len(keys) + 1, np.uint8)
    scores[[0, -1]] = 4
    rows = [np.array(column, np.int64) for column in (starts, ends)]
    _kernels.score_cuts(
        code_points, score_table(), *rows, np.frombuffer(columns[3], np.uint8), scores
    )
    compiled = CompiledWords(columns[0], code_points, *columns[1:], scores.tobytes())
    return Words(columns[0], text, *columns[1:], scores.tobytes(), compiled)


# --- alignment -------------------------------------------------------------------------------


def _state(keys: list[int]) -> int:
    value = 0
    for key in keys:
        value = (value ^ key) * FACTOR & MASK
        value ^= value >> 29
    return value


def collide(rng: random.Random, shingle: list[int], low: int) -> list[int]:
    """Another shingle, whose hash differs from that of a shingle by these bits alone."""
    value = _state(shingle) ^ low
    value ^= value >> 29 ^ value >> 58
    before = [rng.getrandbits(64) for _ in shingle[1:]]
    return [*before, value * pow(FACTOR, -1, 1 << 64) & MASK ^ _state(before)]


def _edit(rng: random.Random, keys: list[int], size: int) -> list[int]:
    """The keys with stretches that are moved, lost, put in, repeated or replaced by a collision."""
    keys = list(keys)
    for _ in range(rng.randrange(7)):
        begin = rng.randrange(len(keys) + 1)
        stretch = keys[begin : begin + rng.choice([1, size - 1, size, size + 1, 30])]
        kind = rng.randrange(4)
        if kind == 0 and len(keys) >= begin + size:
            shingle = keys[begin : begin + size]
            keys[begin : begin + size] = collide(rng, shingle, rng.choice([0, 1, 0x7FFF]))
        if kind in (1, 2):
            del keys[begin : begin + len(stretch)]
        if kind in (2, 3):
            at = rng.randrange(len(keys) + 1)
            keys[at:at] = stretch
    return keys


def fuzz_align(rng: random.Random) -> None:
    size = rng.choice([1, 2, 5])
    half = SMALL_SORT // 2 + size - 1
    count = rng.choice([0, size - 1, size, half - 1, half, half + 1, rng.randrange(400)])
    alphabet = [rng.getrandbits(64) for _ in range(rng.choice([2, 12, 5000]))]
    left = rng.choices(alphabet, k=count)
    right = _edit(rng, left, size)
    sides = [make_words(keys, ["x"] * len(keys), [2] * len(keys)) for keys in (left, right)]
    most_cells, depth = rng.choice([0, 1, 30, 10**6]), rng.choice([0, 1, 2, 8])
    with patch.multiple(align, ANCHOR_SIZE=size, MAX_DEPTH=depth):
        found = align.align_words(*sides, most_cells)
        assert found == align.align_keys(left, right, most_cells)


# --- stretches -------------------------------------------------------------------------------


def _draw_words(rng: random.Random, keys: list[int]) -> Words:
    """Words of these keys, some of which look different, and ends of lines and sentences."""
    choices = rng.sample(SURFACES + JOINED, rng.choice([1, 3, 12]))
    breaks = rng.choice([[2], [0], [2, 2, 2, 0, 1, 3]])
    surfaces = [choices[key % len(choices)] for key in keys]
    if rng.random() < 0.3:
        surfaces = [rng.choice(choices) if rng.random() < 0.1 else each for each in surfaces]
    return make_words(keys, surfaces, rng.choices(breaks, k=len(keys)))


def _draw_blocks(rng: random.Random, left: Words, right: Words) -> list[Block]:
    """The blocks that two texts are aligned by, whole or cut and joined wrongly; or any."""
    blocks, _ = align.align_keys(left.keys, right.keys, rng.choice([0, 10**6]))
    if rng.random() < 0.2:
        room = min(len(left), len(right))
        blocks = [Block(rng.randrange(room), rng.randrange(room), 1) for _ in range(room and 9)]
    for at, (i, j, size) in enumerate(blocks):
        kind = rng.randrange(12)
        if kind == 0:
            blocks[at] = Block(i, j, rng.randrange(size) + 1)
        elif kind == 1:
            blocks.append(Block(i + size - 1, j + size - 1, 1))
        elif kind == 2 and i:
            blocks[at] = Block(i - 1, j, size)
    return sorted(blocks)


def fuzz_arrange(rng: random.Random) -> None:
    gram = rng.choice([1, 2, 4, 4])
    limits = ArrangeLimits(
        rng.choice([0, 1, 6]), rng.choice([0, 2, 64]), rng.choice([0, 1, 3]), gram,
        rng.choice([1, 3, 8]), rng.choice([1, 5, 20]),
    )  # fmt: skip
    count = rng.choice([0, 1, gram, 2 * gram, SMALL_SORT + gram, 150, rng.randrange(400)])
    alphabet = [rng.getrandbits(64) for _ in range(rng.choice([1, 2, 12, 5000]))]
    keys = _edit(rng, rng.choices(alphabet, k=count), gram)
    others = _edit(rng, _edit(rng, keys, gram), gram) if rng.random() < 0.9 else []
    if rng.random() < 0.5:
        begin = rng.randrange(len(others) + 1)
        others[begin:begin] = others[begin : begin + rng.choice([2, 5, 11])] * rng.choice([1, 3, 9])
    left, right = _draw_words(rng, keys), _draw_words(rng, others)
    blocks = _draw_blocks(rng, left, right)
    found = left.compiled.arrange(right.compiled, blocks, limits)
    with (
        patch.multiple(
            cleanup, ISLAND_SIZE=limits.island_size, SLIDE_SIZE=limits.slide_size,
            SNAP_SIZE=limits.snap_size,
        ),
        patch.multiple(
            moves, GRAM_SIZE=gram, REPEATED_SIZE=limits.repeated_size,
            LONG_COPY_SIZE=limits.long_copy_size,
        ),
    ):  # fmt: skip
        expected = diff_blocks(merge_blocks(blocks), left, right, 0)
    assert found.stretches.kinds == expected.columns.kinds
    assert found.stretches.spans.tolist() == expected.rows
    assert found.faint == expected.faint


# --- words that look different ---------------------------------------------------------------

SURFACES = ["a", "B", "(c", "d.", "", "", "e f", "  ", "g\u2019s", "h\nx", "中", "i" * 9, " k", "k"]


def _words_of(surfaces: list[str], breaks: list[int]) -> Words:
    return make_words([*range(len(surfaces))], surfaces, breaks)


def _end_lines_elsewhere(rng: random.Random, surfaces: list[str], breaks: list[int]) -> None:
    """Put line feeds in the place of spaces and the reverse; a few words are cut elsewhere."""
    for at in range(1, len(breaks)):
        if breaks[at] > 1 and rng.random() < 0.5:
            breaks[at] = 5 - breaks[at]
        first, space, rest = surfaces[at].partition(" ")
        if first and space and breaks[at] == 2 and rng.random() < 0.5:
            surfaces[at - 1] += f" {first}"
            surfaces[at] = rest


def fuzz_faint(rng: random.Random) -> None:
    count = rng.choice([0, 1, *(k * FEW_WORDS + by for k in (1, 2) for by in (-1, 0, 1)), 90])
    choices = rng.sample(SURFACES, rng.randrange(1, len(SURFACES)))
    surfaces, breaks = rng.choices(choices, k=count), rng.choices(range(4), k=count)
    others, other_breaks = list(surfaces), list(breaks)
    for _ in range(rng.choice([0, 1, 1, 3]) if count else 0):
        at = rng.choice([0, count - 1, rng.randrange(count)])
        others[at] = rng.choice(SURFACES)
        other_breaks[at] = rng.randrange(4)
    if rng.random() < 0.4:
        _end_lines_elsewhere(rng, others, other_breaks)
    left, right = _words_of(surfaces, breaks), _words_of(others, other_breaks)
    cuts = sorted({0, count, *(rng.randrange(count + 1) for _ in range(rng.choice([0, 0, 3])))})
    blocks = [Block(a, a, b - a) for a, b in pairwise(cuts)]
    if count > 1:
        shift = rng.choice([1, 1, count - 1])
        blocks += [Block(shift, 0, count - shift), Block(0, shift, count - shift)]
    expected = bytearray(count)
    for block in blocks:
        for position in faint.find_faint(block, left, right):
            expected[block.right + position] = 1
    assert faint.mark_faint(blocks, left, right) == bytes(expected)


# --- rows ------------------------------------------------------------------------------------

WRITTEN = [
    *"abcdefgh",
    *("a.", "b,", "c\n", "(d", "A", "“b”", "–", "it’s", "½", "\ufdfa", "\ufdfa\u0301"),
    *("<b>", "&", "\"'", "中文，", "字", "か\u3099", "ก่", "\u0301", "\n\u0301x", "🎉", "é", "Y."),
    *("\u200b", "\u00ad", "e\u202ef", "\x1b", "\ud800x", "\U000e0041y", "\U0010fffe", "w" * 30),
    *("\x85", "M<\u202e>", "m\u0338<", "E.\n", "\uffff"),
]
"""Words that are cut, escaped, labelled or folded, each in its own way."""

LIMITS = [
    RowLimits(8, 5, 60, 400, 2000, 500),
    RowLimits(1, 1, 1, 1, 1, 2),
    RowLimits(2, 3, 4, 2, 3, 2),
    RowLimits(3, 2, 7, 5, 2, 5),
    RowLimits(0, 1, 3, 3, 9, 30),
]
VOCABULARY = Vocabulary(tokenize_text, load_word_finder())


def _draw_sides(rng: random.Random) -> list[Words]:
    choices = rng.sample(WRITTEN, rng.randrange(1, len(WRITTEN)))
    words = rng.choices(choices, k=rng.choice([1, 5, 40, 200]))
    other = list(words)
    for _ in range(rng.choice([0, 1, 6])):
        begin = rng.randrange(len(other) + 1)
        other[begin : begin + rng.randrange(6)] = rng.choices(WRITTEN, k=rng.choice([0, 1, 9]))
    if rng.random() < 0.5:
        other = [word.swapcase() if rng.random() < 0.3 else word for word in other]
    joined = rng.choice([" ", " ", "\n", ""])
    with patch("dedupe.diff.vocabulary.FINDER_SIZE", 0):
        return [VOCABULARY.split(joined.join(side)) for side in (words, other)]


def fuzz_rows(rng: random.Random) -> None:
    from dedupe.renderers.html import compiled_rows, diff_rows
    from dedupe.renderers.html.comparing import write_plain
    from dedupe.renderers.html.visible import character_marks

    diff = diff_words(*_draw_sides(rng))
    limits = rng.choice(LIMITS)
    folded = partial(fold.fold_equal, context=limits.context)
    with (
        patch.multiple(
            diff_rows, LONG_ROW=limits.long_row, SHOWN_PLACES=limits.shown_places,
            SHOWN_CHANGE_WORDS=limits.shown_change_words, WORD_SIZE=limits.word_size,
            fold_equal=folded,
        ),
        patch.object(compiled_rows, "SHOWN_CHANGE_WORDS", limits.shown_change_words),
        patch.object(fold, "MIN_FOLD", limits.least_fold),
    ):  # fmt: skip
        expected = [
            (item.word_count, item.html) for item in write_plain(diff_rows.arrange_rows(diff))
        ]
        columns = compiled_rows._columns(diff, -1)
    if diff.left.compiled is None or diff.right.compiled is None:
        return
    _compare_rows(rng, _kernels.RowWriter(character_marks(), *limits), diff, columns, expected)


def _compare_rows(rng, writer, diff, columns: StretchColumns, expected) -> None:
    """Compare what is written to outputs that are too small, and to one of the exact size."""
    whole = b"".join(html for _, html in expected)
    for room in {0, rng.randrange(len(whole) + 1), max(len(whole) - 1, 0), len(whole)}:
        items = np.empty((2 * len(columns.kinds) + 1, 2), np.int64)
        output = np.empty(room, np.uint8)
        count, size = writer.write(
            diff.left.compiled.words, diff.right.compiled.words, *columns, output, items
        )
        assert size == len(whole)
        assert output.tobytes() == whole[:room]
        ends = np.cumsum([len(html) for _, html in expected]).tolist()
        folded = [word_count for word_count, _ in expected]
        assert items[:count].tolist() == [[*pair] for pair in zip(folded, ends, strict=True)]


CASES = {"align": fuzz_align, "arrange": fuzz_arrange, "faint": fuzz_faint, "rows": fuzz_rows}
