"""Cuts mailboxes into messages, without keeping a message that is too long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dedupe.model.documents import Locator
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.records.removal import MOVED, ByteRange, CannotRewriteError, read_blocks

_MARK = b"\xef\xbb\xbf"
_LOOK_AHEAD_BYTES = 1024
"""More bytes than ``_FROM_LINE`` may match, so that no beginning is judged by a part of it."""

_FROM_LINE = re.compile(rb"From ([^\n]{0,400})\n([!-9;-~]{1,100}[ \t]{0,9}:|>From )?")
_CANDIDATE = re.compile(rb"\nFrom [^\n]{0,400}\n(?:[!-9;-~]{1,100}[ \t]{0,9}:|>From )")
"""What may be the beginning of a message, since a header follows."""

_WEEKDAY = re.compile(rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b")
_TIME = re.compile(rb"\d\d:\d\d")


class RawMessage(msgspec.Struct, frozen=True):
    """A message as it is in its mailbox.

    :param data: its bytes, from its ``From`` line on; empty where it is too long
    :param offset: where it begins in the file, in bytes
    :param length: its bytes up to the next message
    :param is_last: whether the mailbox ends with it
    """

    data: bytes
    offset: int
    length: int
    is_last: bool


class FromLine(msgspec.Struct, frozen=True):
    """The line with which a message begins in a mailbox, and what follows it.

    Some lines of text begin with "From" too. Those of mailboxes have a date with a weekday and a
    time, as ``ctime`` gives it; in the archives of Usenet they have one word or none.

    :param end: the position behind the line
    """

    end: int
    is_dated: bool
    is_short: bool
    has_header: bool

    @classmethod
    def at(cls, data: bytes | bytearray, start: int) -> FromLine | None:
        """The line that begins at a position; ``None`` where no such line does."""
        found = _FROM_LINE.match(data, start)
        if found is None:
            return None
        day = _WEEKDAY.search(found[1])
        is_dated = day is not None and _TIME.search(found[1], day.end()) is not None
        is_short = len(found[1].split()) <= 1
        return cls(found.end(1) + 1, is_dated, is_short, found[2] is not None)


class MailboxCutter:
    """An iterator over the messages in blocks of bytes.

    :param max_bytes: a longer message comes without its data
    """

    def __init__(self, blocks: Iterable[bytes], max_bytes: int) -> None:
        self._blocks = blocks
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._offset = 0  # of the first byte that is held
        self._searched = 0  # no message begins in the held bytes before this
        self._begin = -1  # of the current message, in the file; -1 before the first
        self._is_long = False
        self._is_dated = True  # whether the lines between messages have dates, as the first has

    def __iter__(self) -> Iterator[RawMessage]:
        for block in self._blocks:
            self._held += block
            yield from self._cut(_LOOK_AHEAD_BYTES)
            self._drop_long()
        yield from self._cut(0)
        if self._begin >= 0:
            yield self._take(len(self._held), is_last=True)

    def _cut(self, left: int) -> Iterator[RawMessage]:
        """The messages that end where another begins, but in the last ``left`` bytes held."""
        if self._begin < 0 and len(self._held) > left and self._offset == 0:
            self._begin_first()
        while (start := self._find_next(len(self._held) - left)) > 0:
            if self._begin >= 0:
                yield self._take(start, is_last=False)
                self._begin = self._offset

    def _begin_first(self) -> None:
        """Begin the first message, which only white space and a mark may precede."""
        rest = self._held.removeprefix(_MARK).lstrip()
        line = FromLine.at(rest, 0)
        self._drop(len(self._held) - len(rest))
        if line is not None:
            self._begin, self._is_dated = self._offset, line.is_dated
        else:
            self._offset += 1  # it is no mailbox, and gives no messages

    def _find_next(self, end: int) -> int:
        """Where the next message begins in the held bytes; -1 where none does before ``end``."""
        while found := _CANDIDATE.search(self._held, self._searched):
            if found.start() >= end:
                break
            self._searched = found.start() + 1
            if self._begins_message(found.start() + 1):
                return found.start() + 1
        self._searched = max(self._searched, end)
        return -1

    def _begins_message(self, start: int) -> bool:
        """Whether a message begins at the start of a line, which must have a header below it."""
        line = FromLine.at(self._held, start)
        if line is None or not line.has_header:
            return False
        is_apart = self._held.endswith((b"\n\n", b"\n\r\n"), max(0, start - 3), start)
        return line.is_dated or (not self._is_dated and line.is_short and is_apart)

    def _take(self, end: int, is_last: bool) -> RawMessage:
        """The current message, which ends at ``end`` in the held bytes."""
        length = self._offset + end - self._begin
        is_long = self._is_long or length > self._max_bytes
        data = b"" if is_long else bytes(memoryview(self._held)[:end])
        message = RawMessage(data, self._begin, length, is_last)
        self._drop(end)
        self._is_long = False
        return message

    def _drop_long(self) -> None:
        """Drop what is held of a message that is longer than allowed."""
        if self._is_long or self._searched > self._max_bytes:
            self._is_long = True
            self._drop(max(0, self._searched - 2))  # what tells a blank line stays

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self._offset += count
        self._searched = max(0, self._searched - count)


def find_messages(content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
    """The bytes of some messages, each up to where the next one begins.

    :raises CannotRewriteError: if a locator is not that of a message
    """
    spans = {(each.offset, each.length) for each in MailboxCutter(read_blocks(content), 0)}
    wanted = {(locator.offset, locator.length) for locator in locators}
    if not wanted <= spans:
        raise CannotRewriteError(MOVED)
    return [ByteRange(offset, offset + length) for offset, length in sorted(wanted)]
