"""The plain implementation of the sketch: Python over ``str``, xxhash and datasketch.

It follows the specification step by step, is the oracle of the tests, and is what runs where
the extension could not be built. See ``docs/architecture.md`` for the specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import TextBatch
from dedupe.model.pairs import JobPlan
from dedupe.model.sketches import BITMAP_WORDS, COUNTED, SetFilters, SketchBatch
from dedupe.sketch.runs import copy_runs, read_runs
from dedupe.sketch.token_table import (
    CLASS_MASK,
    CODE_POINT_MASK,
    COMBINES,
    DROPPED,
    HANGUL_BASE,
    HANGUL_COUNT,
    MARK,
    MARK_LIMIT,
    MULTIPLE,
    UNSPACED,
    WORD,
    Decompositions,
    load_table,
)

SIGNED_VALUES: Final = 1 << 19
"""Values that are computed together, of which a signature has the smallest."""

_L_BASE, _V_BASE, _T_BASE = 0x1100, 0x1161, 0x11A7
_L_COUNT, _V_COUNT, _T_COUNT = 19, 21, 28


def tokenize_text(text: str) -> list[str]:
    """The tokens of a text: normalised, in order."""
    normalised = _normalise(text)
    patterns = _patterns_for(normalised)
    return patterns.token.findall(patterns.mark_run.sub(r"\1", normalised))


def _normalise(text: str) -> str:
    translation, tables = _translation(), _decompositions()
    patterns = _patterns_for(text)
    if not patterns.combining.search(text):
        return text.translate(translation)
    parts = patterns.sequence.split(text)
    parts[::2] = [part.translate(translation) for part in parts[::2]]
    for i in range(1, len(parts), 2):
        parts[i] = "".join(map(chr, normalise_sequence(map(ord, parts[i]), tables)))
    return "".join(parts)


def shingle_tokens(tokens: Sequence[str], shingle_size: int) -> list[str]:
    """Every window of ``shingle_size`` tokens; one shingle of all where there are fewer."""
    if not tokens:
        return []
    windows = range(max(1, len(tokens) - shingle_size + 1))
    return [" ".join(tokens[i : i + shingle_size]) for i in windows]


def hash_shingles(shingles: Iterable[str]) -> NDArray[np.uint64]:
    """XXH3-64 (seed 0) of each shingle's UTF-8 bytes, in order."""
    import xxhash

    hashes = [xxhash.xxh3_64_intdigest(shingle.encode()) for shingle in shingles]
    return np.array(hashes, dtype=np.uint64)


def sign_hashes(hashes: NDArray[np.uint64], num_perm: int, seed: int) -> NDArray[np.uint32]:
    """The ``affine32`` signature that datasketch gives for these shingle hashes."""
    signature = _minhash(num_perm, seed).copy()
    # (A value for each hash and permutation is in memory.)
    step = max(SIGNED_VALUES // num_perm, 1)
    for begin in range(0, len(hashes), step):
        part = hashes[begin : begin + step] & np.uint64(0xFFFFFFFF)
        signature.update_batch(part.tolist())
    return np.asarray(signature.hashvalues, dtype=np.uint32)


@lru_cache(maxsize=4)
def _minhash(num_perm: int, seed: int):  # type: ignore[no-untyped-def]
    from datasketch import MinHash

    return MinHash(num_perm, seed=seed, scheme="affine32", hashfunc=_identity)


def _identity(value: int) -> int:
    return value


class _Patterns(msgspec.Struct, frozen=True):
    """The classes of the token table as regular expressions.

    :param combining: a character that may combine with the one before
    :param sequence: such characters, what is dropped between them, and the one before
    :param token: a token of normalised text
    :param mark_run: more marks than are kept; those that are kept are its group
    """

    combining: re.Pattern[str]
    sequence: re.Pattern[str]
    token: re.Pattern[str]
    mark_run: re.Pattern[str]


_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def _patterns_for(text: str) -> _Patterns:
    """Those of all characters only where the text needs them.

    For ``re`` keeps a set as a bitmap up to U+FFFF, and every range beyond is compared with each
    character that is not in the bitmap: it takes up to fifty times as long.
    """
    return _patterns(0x110000 if _ASTRAL.search(text) else 0x10000)


@cache
def _patterns(limit: int) -> _Patterns:
    """Those of the characters below ``limit``."""
    table = load_table()
    entries = table.expand("entries")[:limit]
    own_class = table.expand("own")[:limit] & np.uint32(CLASS_MASK)
    combines = _character_set(entries & np.uint32(COMBINES) != 0)
    dropped = _character_set(entries & np.uint32(DROPPED) != 0)
    marks = _character_set(own_class == MARK)
    words = _character_set(own_class == WORD)
    unspaced = _character_set(own_class == UNSPACED)
    return _Patterns(
        combining=re.compile(f"[{combines}]"),
        # (Without a base only where nothing dropped stands before: else a run of what is dropped
        # would be gone through again from each place in it.)
        sequence=re.compile(
            f"((?:[^{combines}{dropped}]|(?<![{dropped}]))(?:[{dropped}]*+[{combines}])+)"
        ),
        token=re.compile(f"[{unspaced}][{marks}]*|[{words}][{words}{marks}]*"),
        mark_run=re.compile(f"([{marks}]{{{MARK_LIMIT}}})[{marks}]+"),
    )


@cache
def _decompositions() -> Decompositions:
    return load_table().decompositions()


@cache
def _translation() -> dict[int, str | None]:
    """What becomes of each character that changes, and combines with nothing."""
    table = load_table()
    entries = table.expand("entries")
    changed = np.flatnonzero(
        ((entries >> np.uint32(8)) != 0) | (entries & np.uint32(DROPPED | MULTIPLE) != 0)
    ).tolist()
    targets = (table.sections["pool"] >> np.uint32(8)).tolist()
    translation: dict[int, str | None] = {}
    for code_point in changed:
        entry = int(entries[code_point])
        if entry & DROPPED:
            translation[code_point] = None
        elif entry & MULTIPLE:
            start, count = entry >> 16, entry >> 8 & 0xFF
            translation[code_point] = "".join(map(chr, targets[start : start + count]))
        else:
            translation[code_point] = chr((code_point + (entry >> 8)) & CODE_POINT_MASK)
    return translation


def _character_set(members: NDArray[np.bool_]) -> str:
    """The inside of a regular expression's ``[...]`` for the code points that are members."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], members, [False]]))).tolist()
    ranges = zip(edges[::2], edges[1::2], strict=True)
    return "".join(f"\\U{first:08x}-\\U{end - 1:08x}" for first, end in ranges)


def normalise_sequence(code_points: Iterable[int], tables: Decompositions) -> list[int]:
    """NFC of NFKC_Casefold of NFD (Unicode D147), in bounded memory.

    Of a run of non-starters after one starter, ``MARK_LIMIT`` are kept, before and after
    folding, so that no run can grow without bound.
    """
    output: list[int] = []
    composer = _Composer(output, tables)
    run: list[int] = []
    classes = tables.combining_class
    for code_point in code_points:
        for part in _decompose(code_point, tables):
            if classes[part] == 0:
                composer.fold_run(run)
                run.clear()
                composer.fold(part)
            elif len(run) < MARK_LIMIT:
                run.append(part)
    composer.fold_run(run)
    composer.finish()
    return output


class _Composer:
    """Canonical composition of a stream (Unicode section 3.11), one starter at a time."""

    def __init__(self, output: list[int], tables: Decompositions) -> None:
        self._output = output
        self._tables = tables
        self._starter = -1
        self._marks: list[int] = []

    def fold_run(self, run: list[int]) -> None:
        classes = self._tables.combining_class
        for code_point in sorted(run, key=lambda c: int(classes[c])):
            self.fold(code_point)

    def fold(self, code_point: int) -> None:
        for folded in self._tables.fold.get(code_point, (code_point,)):
            for part in _decompose(folded, self._tables):
                self._push(part)

    def _push(self, code_point: int) -> None:
        if self._tables.combining_class[code_point] != 0:
            if len(self._marks) < MARK_LIMIT:
                self._marks.append(code_point)
            return
        self._compose_marks()
        if self._starter >= 0 and not self._marks:
            composite = _compose(self._starter, code_point, self._tables)
            if composite is not None:
                self._starter = composite
                return
        self._emit()
        self._starter = code_point

    def _compose_marks(self) -> None:
        """Order the pending marks and join to the starter those that can be."""
        classes = self._tables.combining_class
        left: list[int] = []
        last_class = 0
        for mark in sorted(self._marks, key=lambda c: int(classes[c])):
            mark_class = int(classes[mark])
            composite = None
            if self._starter >= 0 and last_class < mark_class:
                composite = _compose(self._starter, mark, self._tables)
            if composite is None:
                left.append(mark)
                last_class = mark_class
            else:
                self._starter = composite
        self._marks = left

    def finish(self) -> None:
        self._compose_marks()
        self._emit()

    def _emit(self) -> None:
        if self._starter >= 0:
            self._output.append(self._starter)
        self._output.extend(self._marks)
        self._starter = -1
        self._marks = []


def _decompose(code_point: int, tables: Decompositions) -> tuple[int, ...]:
    index = code_point - HANGUL_BASE
    if 0 <= index < HANGUL_COUNT:
        leading = _L_BASE + index // (_V_COUNT * _T_COUNT)
        vowel = _V_BASE + index % (_V_COUNT * _T_COUNT) // _T_COUNT
        trailing = _T_BASE + index % _T_COUNT
        return (leading, vowel) if trailing == _T_BASE else (leading, vowel, trailing)
    return tables.canonical.get(code_point, (code_point,))


def _compose(first: int, second: int, tables: Decompositions) -> int | None:
    if 0 <= first - _L_BASE < _L_COUNT and 0 <= second - _V_BASE < _V_COUNT:
        pair = (first - _L_BASE) * _V_COUNT + second - _V_BASE
        return HANGUL_BASE + pair * _T_COUNT
    index = first - HANGUL_BASE
    if 0 <= index < HANGUL_COUNT and index % _T_COUNT == 0 and 0 < second - _T_BASE < _T_COUNT:
        return first + second - _T_BASE
    return tables.compose.get((first, second))


def _make_bitmap(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """See :class:`dedupe.model.sketches.SketchBatch`."""
    bitmap = np.zeros(BITMAP_WORDS, np.uint64)
    if len(hashes) <= COUNTED:
        bits = hashes >> np.uint64(32) & np.uint64(64 * BITMAP_WORDS - 1)
        values = np.uint64(1) << (bits & np.uint64(63))
        np.bitwise_or.at(bitmap, (bits >> np.uint64(6)).astype(np.int64), values)
    return bitmap


def _may_reach(
    filters: SetFilters, first: int, others: NDArray[np.int64], threshold: float
) -> NDArray[np.bool_]:
    """Which of the others may reach the threshold, by what either has alone."""
    one, counts = filters.bitmaps[first], filters.distinct_counts.astype(np.int64)
    bits = [one & ~filters.bitmaps[others], filters.bitmaps[others] & ~one]
    alone, others_alone = (
        np.unpackbits(each.view(np.uint8), axis=1).sum(axis=1, dtype=np.int64) for each in bits
    )
    shared = np.minimum(counts[first] - alone, counts[others] - others_alone)
    united = np.maximum(counts[others] + alone, counts[first] + others_alone)
    found: NDArray[np.bool_] = shared / np.maximum(united, 1) >= threshold
    found |= (counts[others] == 0) | (counts[first] == 0)
    return found


class PlainKernels:
    """``model.kernels.Kernels`` in Python and NumPy."""

    name = "plain"

    def sketch(self, batch: TextBatch, shingle_size: int, num_perm: int, seed: int) -> SketchBatch:
        import xxhash

        count = len(batch)
        signatures = np.full((count, num_perm), 0xFFFFFFFF, np.uint32)
        token_counts = np.zeros(count, np.int64)
        digests: list[bytes] = []
        hashes: list[NDArray[np.uint64]] = []
        for i in range(count):
            encoded = batch.data[batch.offsets[i] : batch.offsets[i + 1]].tobytes()
            tokens = tokenize_text(encoded.decode("utf-8", "replace"))
            token_counts[i] = len(tokens)
            digests += [
                xxhash.xxh3_128_digest(encoded),
                xxhash.xxh3_128_digest(" ".join(tokens).encode()),
            ]
            hashes.append(hash_shingles(shingle_tokens(tokens, shingle_size)))
            if tokens:
                signatures[i] = sign_hashes(hashes[i], num_perm, seed)
        pairs = np.frombuffer(b"".join(digests), ">u8").astype(np.uint64).reshape(count, 2, 2)
        return SketchBatch(
            signatures=signatures,
            token_counts=token_counts,
            token_hashes=pairs[:, 1].copy(),
            content_hashes=pairs[:, 0].copy(),
            shingle_hashes=np.concatenate([np.empty(0, np.uint64), *hashes]),
            shingle_offsets=np.cumsum([0, *map(len, hashes)], dtype=np.int64),
            bitmaps=np.array([*map(_make_bitmap, hashes)], np.uint64).reshape(-1, BITMAP_WORDS),
            distinct_counts=np.array(
                [len(np.unique(each)) if len(each) <= COUNTED else 0 for each in hashes], np.int32
            ),
        )

    def sort_unique(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        segments = [
            np.unique(hashes[begin:end])
            for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ]
        return (
            np.concatenate([np.empty(0, np.uint64), *segments]),
            np.cumsum([0, *map(len, segments)], dtype=np.int64),
        )

    def count_shared(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        threshold: float,
    ) -> NDArray[np.int64]:
        shared = np.empty(len(left), np.int64)
        for i, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
            both = np.concatenate(
                [
                    hashes[offsets[one] : offsets[one + 1]],
                    hashes[offsets[other] : offsets[other + 1]],
                ]
            )
            union = len(np.unique(both))
            common = len(both) - union
            shared[i] = common if common / union >= threshold else -1
        return shared

    def bucket_pairs(
        self,
        keys: NDArray[np.uint64],
        band: int,
        begins: NDArray[np.int64],
        lead_ends: NDArray[np.int64],
        seconds: NDArray[np.int64],
        ends: NDArray[np.int64],
        filters: SetFilters,
        minimum_equal: int,
        threshold: float,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        lefts, rights, met = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
        buckets = zip(*(c.tolist() for c in (begins, lead_ends, seconds, ends)), strict=True)
        for begin, lead_end, second, end in buckets:
            # One row of the triangle of pairs at a time: memory stays linear in the bucket.
            for first in range(begin, min(lead_end, end - 1)):
                others = np.arange(max(first + 1, second), end)
                one, other = keys[first, :band], keys[others, :band]
                met_before = ((one ^ other) <= 1) & ((one & other & np.uint64(1)) == 0)
                others = others[~met_before.any(axis=1)]
                met += len(others)
                low_bytes = filters.low_bytes
                equal = np.count_nonzero(low_bytes[others] == low_bytes[first], axis=1)
                others = others[equal >= minimum_equal]
                if not len(others):
                    continue
                others = others[_may_reach(filters, first, others, threshold)]
                lefts.append(np.full(len(others), first, np.int64))
                rights.append(others)
        return np.concatenate(lefts), np.concatenate(rights), met

    def plan_jobs(
        self,
        first: NDArray[np.int32],
        second: NDArray[np.int32],
        counts: NDArray[np.int64],
        max_pairs: int,
        max_hashes: int,
    ) -> JobPlan:
        cuts: list[int] = []
        document_cuts: list[int] = []
        documents: list[int] = []
        places: dict[int, int] = {}
        at: list[tuple[int, int]] = []
        hashes = 0
        for pair, ends in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            cost = sum(int(counts[end]) for end in ends if end not in places)
            if not cuts or pair - cuts[-1] >= max_pairs or hashes + cost > max_hashes:
                document_cuts.append(len(documents))
                cuts.append(pair)
                places, hashes = {}, 0
                cost = int(counts[list(ends)].sum())
            hashes += cost
            for end in ends:
                if end not in places:
                    places[end] = len(places)
                    documents.append(end)
            at.append((places[ends[0]], places[ends[1]]))
        at_first, at_second = np.array(at, np.int32).reshape(-1, 2).T.copy()
        return JobPlan(
            np.array([*cuts, len(first)], np.int64),
            np.array([*document_cuts, len(documents)], np.int64),
            np.array(documents, np.int32),
            at_first,
            at_second,
        )

    def label_components(
        self, count: int, left: NDArray[np.int32], right: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        labels = np.arange(count)
        while True:
            one, other = labels[left], labels[right]
            if np.array_equal(one, other):
                return labels
            # Each root is hung below a smaller one, and then each document below its root.
            np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
            while not np.array_equal(above := labels[labels], labels):
                labels = above

    copy_runs = staticmethod(copy_runs)
    read_runs = staticmethod(read_runs)
