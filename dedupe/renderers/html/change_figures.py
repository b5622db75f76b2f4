"""Figures that say how two texts differ: at which end, and in how many numbers."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from dedupe.diff import Diff, Segment, Words


def describe_ends(diff: Diff) -> str:
    """Where a text differs from the other, if not inside alone: with the words of each part."""
    parts = _parts(diff)
    told = [f"{name}{_count(segments)}" for name, segments in parts.items() if segments]
    if told in ([], [f"inside{_count(parts['inside'])}"]):
        return ""
    if len(told) == 1:
        return ", at the start" if parts["start"] else ", at the end"
    return f": {', '.join(told)}"


def _parts(diff: Diff) -> dict[str, list[Segment]]:
    """The changes before all equal words, behind all of them, and between them."""
    shared = [number for number, s in enumerate(diff.stretches) if not s.is_change]
    parts: dict[str, list[Segment]] = {"start": [], "inside": [], "end": []}
    if not shared:
        return parts
    for number, segment in enumerate(diff.stretches):
        if segment.is_change and not segment.is_moved:
            is_inside = shared[0] < number < shared[-1]
            name = "inside" if is_inside else "start" if number < shared[0] else "end"
            parts[name].append(segment)
    return parts


def _count(segments: list[Segment]) -> str:
    inserted = sum(len(segment.right) for segment in segments)
    deleted = sum(len(segment.left) for segment in segments)
    signs = (("+", inserted), ("\N{MINUS SIGN}", deleted))
    return "".join(f"\u00a0{sign}{count:,}" for sign, count in signs if count)


def count_numbers(diff: Diff) -> int:
    """How many words with digits of one text stand where the other has other words with digits."""
    total = 0
    for is_change, place in groupby(diff.stretches, lambda stretch: stretch.is_change):
        if is_change:
            changes = [segment for segment in place if not segment.is_moved]
            left = _numbers(diff.left, [segment.left for segment in changes])
            right = _numbers(diff.right, [segment.right for segment in changes])
            total += min((left - right).total(), (right - left).total())
    return total


def _numbers(words: Words, spans: list[range]) -> Counter[str]:
    surfaces = (surface for span in spans for surface in words.surfaces(span))
    return Counter(surface for surface in surfaces if any(map(str.isdigit, surface)))
