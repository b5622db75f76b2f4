"""Ranges of bytes of a remote object, fetched once and kept in bounded memory."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock

KEPT_BYTES = 48 << 20
"""The bytes of one object that are kept."""

_FIRST_BYTES = 1 << 16
_SHARE = 12
"""How many columns can be read side by side, each on from its range, with all having room."""


class CachedRanges:
    """The bytes of an object that is far away, fetched in ranges.

    Who reads on from where a range ended gets longer and longer ranges; who jumps gets short ones.
    A range never reaches into one that is kept, nor beyond a stop, so that no byte comes twice.

    :param fetch: gives the bytes from one position up to another
    :param size: the size of the object
    """

    def __init__(
        self, fetch: Callable[[int, int], bytes], size: int, kept_bytes: int = KEPT_BYTES
    ) -> None:
        self.size = size
        self._fetch = fetch
        self._most = kept_bytes
        self._longest = kept_bytes // _SHARE
        self._starts: list[int] = []
        self._ranges: OrderedDict[int, bytes] = OrderedDict()
        self._kept = 0
        self._stops: list[int] = []
        self._lock = Lock()

    def stop_at(self, positions: Iterable[int]) -> None:
        """Make no range go beyond these positions, where what is read together ends."""
        self._stops = sorted(set(positions))

    def keep(self, start: int, data: bytes) -> None:
        """Keep bytes that came without being asked for here."""
        if data and start not in self._ranges:
            self._keep(start, data)

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset: all ``length``, if the object has so many."""
        parts: list[bytes] = []
        end = min(offset + length, self.size)
        while offset < end:
            with self._lock:
                part = self._part(offset, end)
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _part(self, offset: int, end: int) -> bytes:
        """Some bytes from an offset, at least one."""
        start = self._start_before(offset)
        if start is None or start + len(self._ranges[start]) <= offset:
            start = self._fetch_at(offset, end - offset)
        self._ranges.move_to_end(start)
        found = self._ranges[start]
        if start == offset and len(found) <= end - offset:
            return found
        return found[offset - start : end - start]

    def _start_before(self, offset: int) -> int | None:
        index = bisect_right(self._starts, offset)
        return self._starts[index - 1] if index else None

    def _fetch_at(self, offset: int, wanted: int) -> int:
        """Fetch a range with the byte at an offset, which is not kept; where the range begins."""
        before = self._start_before(offset)
        before_end = 0 if before is None else before + len(self._ranges[before])
        begin, length = offset, max(wanted, _FIRST_BYTES)
        if before is not None and before_end == offset:
            length = max(wanted, min(2 * len(self._ranges[before]), self._longest))
        elif self.size - offset < _FIRST_BYTES:
            begin = max(before_end, self.size - _FIRST_BYTES)
        end = min(offset + length, self.size)
        for borders in (self._starts, self._stops):
            index = bisect_right(borders, offset)
            end = min(end, borders[index]) if index < len(borders) else end
        data = self._fetch(begin, end)
        self._keep(begin, data)
        return begin

    def _keep(self, start: int, data: bytes) -> None:
        while self._ranges and self._kept + len(data) > self._most:
            dropped, old = self._ranges.popitem(last=False)
            self._starts.remove(dropped)
            self._kept -= len(old)
        self._ranges[start] = data
        insort(self._starts, start)
        self._kept += len(data)
