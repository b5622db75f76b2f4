"""Folding: long equal stretches are left out, but for some words around each change."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from dedupe.diff.segments import Diff, Segment
from dedupe.diff.words import Break, Words

CONTEXT_SIZE: Final = 8
MIN_FOLD: Final = 5


class Fold(msgspec.Struct, frozen=True):
    """Equal words that are left out.

    :param segments: the words left out
    """

    word_count: int
    segments: tuple[Segment, ...]


def fold_equal(diff: Diff, context: int = CONTEXT_SIZE) -> Iterator[Segment | Fold]:
    """The segments, with about ``context`` equal words kept on each side of a change.

    A stretch is cut at the end of a sentence or a line if one is near. Scripts without spaces
    keep twice as many words, since each character is a word there.
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
        yield Fold(tail - head, tuple(_clip(segments, range(head, tail))))
        yield from _clip(segments, range(tail, stop))


_is_change = attrgetter("is_change")


def _cut_forwards(words: Words, start: int, context: int) -> int:
    """The position at which the context after a change ends."""
    wanted = start + _scaled(words, start, context)
    return _nearest_cut(words, wanted, (wanted - start) // 2)


def _cut_backwards(words: Words, stop: int, context: int) -> int:
    """The position at which the context before a change begins."""
    wanted = stop - _scaled(words, stop - 1, context)
    return _nearest_cut(words, wanted, (stop - wanted) // 2)


def _scaled(words: Words, position: int, context: int) -> int:
    """The number of words of context in the script at this position."""
    return 2 * context if words.breaks[position] == Break.JOINT else context


def _nearest_cut(words: Words, wanted: int, reach: int) -> int:
    """The end of a sentence at most ``reach`` words away, or the nearest end of a word."""
    first, last = max(0, wanted - reach), min(len(words), wanted + reach)
    if first > last:
        return min(max(wanted, 0), len(words))
    sentences = words.sentences
    following = bisect_left(sentences, wanted)
    near = [at for at in sentences[max(0, following - 1) : following + 1] if first <= at <= last]
    if not near:
        near = [at for at in range(first, last + 1) if words.scores[at]]
    if not near:
        return min(max(wanted, first), last)
    return min(near, key=lambda position: abs(position - wanted))


def _clip(segments: Iterable[Segment], part: range) -> Iterator[Segment]:
    """The parts of equal segments that lie in ``part`` of the right text."""
    for segment in segments:
        start = max(segment.right.start, part.start)
        stop = min(segment.right.stop, part.stop)
        if start < stop:
            shift = segment.left.start - segment.right.start
            yield Segment(segment.kind, range(start + shift, stop + shift), range(start, stop))
