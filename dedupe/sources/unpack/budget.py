"""How much compressed data may become: what tells a bomb from a corpus."""

from __future__ import annotations

from dedupe.sources.limits import ReadLimits

EXCESS_BYTES = 64_000_000
"""So much may come out beyond the ratio: a small file of one repeated line harms nobody."""


class BombError(Exception):
    """The data became larger than is allowed; the text says which limit was met."""


class UnpackBudget:
    """Counts what goes in and what comes out.

    The ratio is that of any stretch of the data, not of all of it: what goes in pays for what
    comes out of it, and nothing is saved up. So a bomb behind good data is met as early as one
    alone.

    :ivar problem: the limit that was met, once one was
    :param outer: that of the archive that this is in, which all that comes out counts for too:
        a thousand small bombs are one
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
        """Whether more came out, or will, than the ratio allows: this may be a bomb's beginning."""
        if self._excess > 0 or self._claims_more:
            return True
        return self._outer is not None and self._outer.is_exceeded

    def expect(self, packed: int, unpacked: int) -> None:
        """A directory says that so many bytes become so many."""
        self._claims_more = unpacked > self._limits.ratio * packed

    def add_packed(self, count: int) -> None:
        """So many bytes go in next; what those before did not use is forfeited."""
        if self._has_given:
            self._excess = max(0, self._excess)
            self._has_given = False
        self._excess -= self._limits.ratio * count

    def add_unpacked(self, count: int) -> None:
        """So many bytes came out.

        :raises BombError: if they are too many
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

    def _fail(self, told: str) -> None:
        self.problem = f"it unpacks to {told}"
        raise BombError(self.problem)
