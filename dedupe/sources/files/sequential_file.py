"""A file over content that can only be made from its beginning, such as decompressed data."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

_RECENT_BYTES = 2 << 20


class SequentialFile:
    """A file over blocks; a seek far back makes the blocks anew from the first.

    The last 2 MiB are kept, because readers look ahead and then go back a little.

    :param begin: makes an iterator over all blocks
    """

    def __init__(self, begin: Callable[[], Iterator[bytes]]) -> None:
        self._begin = begin
        self._blocks = begin()
        self._recent: deque[bytes] = deque()
        self._recent_begin = 0
        self._end = 0
        self._position = 0

    def seek(self, offset: int) -> int:
        """Go to a byte of the content, or to its end where it is shorter."""
        if offset < self._recent_begin:
            self._blocks = self._begin()
            self._recent.clear()
            self._recent_begin = self._end = 0
        while self._end < offset and self._take_block():
            pass
        self._position = min(offset, self._end)
        return self._position

    def read(self, size: int) -> bytes:
        """Some bytes, at most ``size``; none at the end."""
        if self._position == self._end and not self._take_block():
            return b""
        begin = self._end
        for block in reversed(self._recent):
            begin -= len(block)
            if begin <= self._position:
                break
        offset = self._position - begin
        part = block[offset : offset + size]
        self._position += len(part)
        return part

    def _take_block(self) -> bool:
        block = next(self._blocks, b"")
        if not block:
            return False
        self._recent.append(block)
        self._end += len(block)
        while self._end - self._recent_begin - len(self._recent[0]) > _RECENT_BYTES:
            self._recent_begin += len(self._recent.popleft())
        return True
