"""How much one compressed file or archive may become: what tells a bomb from a corpus."""

from __future__ import annotations

from dedupe.sources.limits import ReadLimits

RATIO_FLOOR_BYTES = 64_000_000
"""Below so much the ratio does not count: a small file of one repeated line harms nobody."""


class BombError(Exception):
    """The data became larger than is allowed; the text says which limit was met."""


class UnpackBudget:
    """Counts what goes in and what comes out.

    :ivar problem: the limit that was met, once one was
    :param outer: that of the archive that this is in, which all that comes out counts for too:
        a thousand small bombs are one
    """

    def __init__(self, limits: ReadLimits, outer: UnpackBudget | None = None) -> None:
        self._limits = limits
        self._outer = outer
        self._packed_bytes = 0
        self._unpacked_bytes = 0
        self.problem = ""

    def add_packed(self, count: int) -> None:
        """So many compressed bytes were read."""
        self._packed_bytes += count

    def add_unpacked(self, count: int) -> None:
        """So many bytes came out.

        :raises BombError: if they are too many
        """
        if self._outer is not None:
            self._outer.add_unpacked(count)
        self._unpacked_bytes += count
        limits = self._limits
        if self._unpacked_bytes > limits.unpacked_bytes:
            self._fail(f"more than {limits.unpacked_bytes} bytes (--max-unpacked-bytes)")
        if self._unpacked_bytes > max(RATIO_FLOOR_BYTES, limits.ratio * self._packed_bytes):
            self._fail(f"more than {limits.ratio} times its size (--max-ratio)")

    def _fail(self, told: str) -> None:
        self.problem = f"it unpacks to {told}"
        raise BombError(self.problem)
