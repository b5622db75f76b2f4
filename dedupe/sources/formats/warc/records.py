"""Cuts crawls, in WARC or ARC, into records, and finds the next one where a length is wrong.

fastwarc and warcio lose their place where a record states a wrong length, and fastwarc does not
read ARC, the older format of the Internet Archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LOOK_BYTES = 1 << 16
"""The longest header; and how much behind a record is looked at."""

_FILL_BYTES = 1 << 20

_WARC = rb"WARC/\d\.\d{1,2}\r?\n"
_ARC = (
    rb"([a-zA-Z][a-zA-Z0-9+.-]{1,20}+:[^ \r\n]{1,4000}+(?: [^ \r\n]{1,400}+){0,3}?)"
    rb" [^ \r\n]{1,100}+ (\d{14}) ([^\r\n]{0,4000} )?(\d{1,18})\r?\n"
)
"""Address (with at most three spaces), IP, date, type and more, length; linear on any line."""

_LINE_ENDS = re.compile(rb"[\r\n]*")
_NUMBER = re.compile(r"[0-9]{1,18}")
_END_OF_HEADER = re.compile(rb"\n(\r?\n)|\n(?=" + _WARC + rb")")
"""A blank line; or a line that begins another record, where the blank line is missing."""

_STARTS = {False: re.compile(_WARC), True: re.compile(_ARC)}
_STARTS_OF_LINES = {False: re.compile(b"\n" + _WARC), True: re.compile(b"\n" + _ARC)}
"""How a record begins: in WARC, and in ARC."""


class Record(NamedTuple):
    """One record of a crawl.

    :param offset: where it begins in the uncompressed crawl
    :param fields: those of its header, by their names in WARC in lower case
    :param content: its content
    :param is_complete: whether the crawl holds all of it
    :param is_too_long: whether only the beginning of the content is given, since it is too long
    :param problem: why its content cannot be trusted, in words; empty where it can
    """

    offset: int
    fields: dict[str, str]
    content: bytes = b""
    is_complete: bool = True
    is_too_long: bool = False
    problem: str = ""


def is_crawl(head: bytes) -> bool:
    """Whether a file begins with a record of WARC or ARC."""
    start = head.lstrip(b"\r\n")
    return start.startswith(b"WARC/") or _STARTS[True].match(start) is not None


def cut_records(blocks: Iterator[bytes], max_bytes: int) -> Iterator[Record]:
    """The records of a crawl, in order.

    :param blocks: its uncompressed content
    :param max_bytes: the longest content that is given; of a longer one only the beginning is
    """
    cutter = _Cutter(blocks, max_bytes + _LOOK_BYTES)
    while cutter.find_start():
        yield cutter.take_record()


def split_headers(block: bytes) -> list[tuple[str, str]]:
    """The names, in lower case, and values of header lines, as in WARC and HTTP.

    :param block: the lines; those without a colon are left out
    """
    found: list[tuple[str, str]] = []
    for line in block.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and found:  # it goes on with the line before
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        elif colon:
            found.append((name.strip().lower(), value.strip()))
    return found


class _Cutter:
    """The part of a crawl that is in memory, and what is cut from it.

    :ivar _held: bytes from ``_offset`` on
    """

    def __init__(self, blocks: Iterator[bytes], max_bytes: int) -> None:
        self._blocks = blocks
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._offset = 0
        self._skip_line_ends()
        self._fill(_LOOK_BYTES)
        self._is_arc = not self._held.startswith(b"WARC/")
        self._start = _STARTS[self._is_arc]
        self._start_of_line = _STARTS_OF_LINES[self._is_arc]

    def find_start(self) -> bool:
        """Go on to where the next record begins; false where none does."""
        self._skip_line_ends()
        self._fill(_LOOK_BYTES)
        if self._start.match(self._held):
            return True
        while True:
            if found := self._find_start_within(len(self._held)):
                self._drop(found)
                return True
            self._drop(max(0, len(self._held) - _LOOK_BYTES))
            size = len(self._held)
            self._fill(_FILL_BYTES)
            if len(self._held) == size:
                return False

    def take_record(self) -> Record:
        """The record that begins here."""
        offset = self._offset
        begin, fields = self._read_header()
        self._drop(begin)
        stated = fields.get("content-length", "")
        if not _NUMBER.fullmatch(stated):
            return Record(offset, fields, problem="its header states no length")
        length = int(stated)
        if length > self._max_bytes:
            content = bytes(memoryview(self._held)[:_LOOK_BYTES])
            return Record(offset, fields, content, True, True, self._skip_content(length))
        self._fill(length + _LOOK_BYTES)
        end, problem = length, ""
        if not self._may_end_at(length):
            if found := self._find_start_within(length):
                end, problem = found, "its length is wrong: another record begins within it"
            elif len(self._held) > length:
                problem = "its length is wrong: what follows is no record"
        content = bytes(memoryview(self._held)[:end])
        is_complete = len(self._held) >= length
        self._drop(end)
        return Record(offset, fields, content, is_complete, False, problem)

    def _read_header(self) -> tuple[int, dict[str, str]]:
        """Where the content begins, and the fields of the header."""
        if self._is_arc:
            line = self._start.match(self._held)
            assert line is not None
            return line.end(), _fields_of_arc(line, bytes(self._held[line.end() : line.end() + 5]))
        end = _END_OF_HEADER.search(self._held, 0, _LOOK_BYTES)
        if end is None or not end[1]:
            return (end.end() if end is not None else len(b"WARC/")), {}
        return end.end(), dict(reversed(split_headers(bytes(self._held[: end.start()]))))

    def _may_end_at(self, length: int) -> bool:
        """Whether a record is over here: another begins, or nothing follows."""
        if len(self._held) < length:
            return False
        blank = _LINE_ENDS.match(self._held, length)
        rest = blank.end() if blank is not None else length
        return rest == len(self._held) or self._start.match(self._held, rest) is not None

    def _skip_content(self, length: int) -> str:
        """Go behind content that is too long to be held; what is wrong with it, in words."""
        end = self._offset + length
        while self._offset < end:
            self._fill(_FILL_BYTES)
            left = min(len(self._held), end - self._offset)
            if found := self._find_start_within(left):
                self._drop(found)
                return "its length is wrong: another record begins within it"
            is_last = left == end - self._offset or len(self._held) < _FILL_BYTES
            self._drop(left if is_last else left - _LOOK_BYTES)
            if not self._held:
                break
        return ""

    def _find_start_within(self, end: int) -> int:
        """Where another record begins, on a line of its own before ``end``; 0 where none does."""
        found = self._start_of_line.search(self._held, 0, end + _LOOK_BYTES)
        return found.start() + 1 if found is not None and found.start() < end else 0

    def _skip_line_ends(self) -> None:
        while self._fill(1):
            blank = _LINE_ENDS.match(self._held)
            if blank is None or blank.end() == 0:
                return
            self._drop(blank.end())

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self._offset += count

    def _fill(self, size: int) -> bool:
        """Hold this many bytes; false where there are not as many."""
        while len(self._held) < size:
            block = next(self._blocks, b"")
            if not block:
                return False
            self._held += block
        return True


def _fields_of_arc(line: re.Match[bytes], content: bytes) -> dict[str, str]:
    """The fields that a record of ARC would have in WARC.

    :param line: the line that is its header
    :param content: how its content begins
    """
    url, date, rest, length = ((part or b"").decode("utf-8", "replace") for part in line.groups())
    day, time = (date[:4], date[4:6], date[6:8]), (date[8:10], date[10:12], date[12:14])
    kind = "metadata"
    if url.lower().startswith(("http:", "https:")):
        kind = "response" if content == b"HTTP/" else "resource"
    return {
        "warc-type": kind,
        "warc-target-uri": url,
        "warc-date": f"{'-'.join(day)}T{':'.join(time)}Z",
        "content-type": rest.split(" ")[0].rstrip(";"),
        "content-length": length,
    }
