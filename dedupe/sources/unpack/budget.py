"""Bounds what compressed data may unpack to, which distinguishes a bomb from a corpus."""

from __future__ import annotations

from dedupe.sources.limits import ReadLimits

EXCESS_BYTES = 64_000_000
"""The bytes that may come out beyond the ratio: a small file of one repeated line is harmless."""


class BombError(Exception):
    """Data unpacked to more than is allowed; the message says which limit it exceeded."""


class UnpackBudget:
    """Counts the packed bytes that go in, and the unpacked bytes that come out.

    The ratio is bounded for any stretch of the data, not for all of it together: bytes that go in
    allow bytes to come out of them, and what they do not use is not saved up. So a bomb after good
    data is found as early as a bomb alone.

    :ivar problem: the limit that was exceeded, in words; empty before
    :param outer: the budget of the archive that the data is in; what comes out counts there too,
        so that a thousand small bombs are found as one
    """

    def __init__(self, limits: ReadLimits, outer: UnpackBudget | None = None) -> None:
        self._limits = limits
        self._outer = outer
        self._unpacked_bytes = 0
        self._excess = 0
        self._has_given = False
        self._claims_more = False
        self.problem = ""

    @property
    def is_exceeded(self) -> bool:
        """Whether more came out, or is announced, than the ratio allows: it may be a bomb."""
        if self._excess > 0 or self._claims_more:
            return True
        return self._outer is not None and self._outer.is_exceeded

    def expect(self, packed: int, unpacked: int) -> None:
        """Take in the sizes that the directory of an archive announces."""
        self._claims_more = unpacked > self._limits.ratio * packed

    def add_packed(self, count: int) -> None:
        """Count bytes that go in next; what the bytes before them did not use is forfeited."""
        if self._has_given:
            self._excess = max(0, self._excess)
            self._has_given = False
        self._excess -= self._limits.ratio * count

    def add_unpacked(self, count: int) -> None:
        """Count bytes that came out.

        :raises BombError: if they exceed a limit
        """
        if self._outer is not None:
            self._outer.add_unpacked(count)
        self._unpacked_bytes += count
        self._excess += count
        self._has_given = True
        limits = self._limits
        if self._unpacked_bytes > limits.unpacked_bytes:
            self._fail(f"more than {limits.unpacked_bytes} bytes (--max-unpacked-bytes)")
        if self._excess > EXCESS_BYTES:
            self._fail(f"more than {limits.ratio} times its size (--max-ratio)")

    def _fail(self, size: str) -> None:
        self.problem = f"it unpacks to {size}"
        raise BombError(self.problem)
