"""Ranges of a remote object: right bytes, few of them twice, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedupe.sources.files.cached_ranges import CachedRanges

DATA = bytes(range(251)) * 4000


class Fetched:
    """The ranges of ``DATA`` that were asked for."""

    def __init__(self, kept_bytes: int = 48 << 20) -> None:
        self.asked: list[tuple[int, int]] = []
        self.ranges = CachedRanges(self.fetch, len(DATA), kept_bytes)

    def fetch(self, begin: int, end: int) -> bytes:
        assert 0 <= begin < end <= len(DATA)
        self.asked.append((begin, end))
        return DATA[begin:end]

    @property
    def byte_count(self) -> int:
        return sum(end - begin for begin, end in self.asked)


@given(
    reads=st.lists(st.tuples(st.integers(0, len(DATA) + 9), st.integers(0, 300_000)), max_size=30),
    stops=st.lists(st.integers(0, len(DATA))),
    kept=st.sampled_from([1, 200_000, 48 << 20]),
)
def test_any_reads_give_the_bytes(
    reads: list[tuple[int, int]], stops: list[int], kept: int
) -> None:
    fetched = Fetched(kept)
    fetched.ranges.stop_at(stops)
    for offset, length in reads:
        assert fetched.ranges.read(offset, length) == DATA[offset : offset + length]
        held = sum(map(len, fetched.ranges._ranges.values()))
        assert held <= max(kept, max(map(len, fetched.ranges._ranges.values()), default=0))
    if kept == 48 << 20:  # all has room, so that no byte is fetched twice
        assert fetched.byte_count <= len(DATA)
    for begin, end in fetched.asked:
        assert not any(begin < stop < end for stop in stops) or end == len(DATA)


def test_who_reads_on_asks_seldom() -> None:
    fetched = Fetched()
    parts = [fetched.ranges.read(offset, 4096) for offset in range(0, len(DATA), 4096)]
    assert b"".join(parts) == DATA
    assert fetched.byte_count == len(DATA) and len(fetched.asked) < 7


def test_who_jumps_asks_for_little() -> None:
    fetched = Fetched()
    for offset in range(100_000, 1_000_000, 300_000):
        fetched.ranges.read(offset, 100)
    assert fetched.byte_count <= 3 << 16


def test_the_end_is_fetched_with_what_is_before_it() -> None:
    fetched = Fetched()
    fetched.ranges.read(len(DATA) - 4, 4)
    fetched.ranges.read(len(DATA) - 60_000, 60_000)
    assert len(fetched.asked) == 1


def test_columns_side_by_side_are_fetched_once_though_not_all_has_room() -> None:
    """As in a row group of two columns, beyond what is kept: each is read on for itself."""
    middle = 300_000
    fetched = Fetched(kept_bytes=400_000)
    fetched.ranges.stop_at([0, middle, len(DATA)])
    for step in range(0, middle, 1000):
        for begin, end in ((0, middle), (middle, len(DATA))):
            share = (end - begin) // (middle // 1000)
            at = begin + share * (step // 1000)
            assert fetched.ranges.read(at, share) == DATA[at : at + share]
    assert fetched.byte_count <= 1.05 * len(DATA)
