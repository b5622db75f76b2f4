"""One resource of a web server, in one version: by ranges, or as one stream if it gives none."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable
from typing import Any

from dedupe.sources.files import remote_errors
from dedupe.sources.files.cached_ranges import CachedRanges
from dedupe.sources.files.remote_errors import LASTING, ChangedError, RemoteError, try_often
from dedupe.sources.files.spool import Spool
from dedupe.sources.files.web_requests import Answer, close, read_body, request

_FIRST_BYTES = 1 << 18
_READ_BYTES = 1 << 18
_MOST_BREAKS = 100
"""How often a connection may break off within one range, if something came each time."""

NO_END = (
    "the server does not say how long it is, so that a connection that breaks off would look like "
    "its end"
)


class WebObject:
    """A resource of which the server gives ranges, of a version that can be told from others."""

    def __init__(self, fs: Any, url: str, first: Answer) -> None:
        self.remarks: list[str] = []
        self.size = first.version.size
        self._fs = fs
        self._url = url
        self.version = first.version.name
        self._version = first.version
        self._ranges = CachedRanges(self._fetch, self.size)
        self._ranges.keep(0, self._fetch(0, min(_FIRST_BYTES, self.size), first))

    def read(self, offset: int, length: int) -> bytes:
        return self._ranges.read(offset, length)

    def find_end(self) -> int:
        return self.size

    def stop_at(self, positions: Iterable[int]) -> None:
        self._ranges.stop_at(positions)

    def _fetch(self, begin: int, end: int, answer: Answer | None = None) -> bytes:
        """The bytes of a range; where a connection breaks off, only the rest is asked for again."""
        data = bytearray()

        def go_on() -> None:
            nonlocal answer
            found = answer or request(self._fs, self._url, begin + len(data), end)
            answer = None
            self._check(found, begin + len(data))
            size = len(data)
            try:
                while len(data) < end - begin:
                    part = read_body(self._fs, found, end - begin - len(data))
                    if not part:
                        raise RemoteError("the connection broke off")
                    data.extend(part)
            except RemoteError:
                if len(data) == size:
                    raise
            finally:
                close(self._fs, found.response)

        breaks = 0
        while len(data) < end - begin:
            try_often(go_on)
            breaks += 1
            if len(data) < end - begin:
                time.sleep(remote_errors.WAITS[0])
            if breaks > _MOST_BREAKS:
                raise RemoteError(f"the connection broke off {_MOST_BREAKS} times")
        return bytes(data)

    def _check(self, answer: Answer, begin: int) -> None:
        """Make sure that an answer holds what was asked for, of the version that was opened."""
        if not answer.is_part:
            close(self._fs, answer.response)
            if self._version.contradicts(answer.version):
                raise ChangedError()
            raise RemoteError("the server gave all of it instead of a part")
        if self._version.contradicts(answer.version) or answer.begin != begin:
            close(self._fs, answer.response)
            raise ChangedError()


class WebStream:
    """A resource that is read in one stream, and kept in a temporary file as a pipe is.

    Where the connection breaks off it is read again from its beginning, which must be the same.
    """

    def __init__(self, fs: Any, url: str, first: Answer) -> None:
        self.size = max(0, first.version.size)
        self.remarks = [] if first.shows_its_end else [NO_END]
        self._fs = fs
        self._url = url
        self.version = first.version.name
        self._version = first.version
        self._kept = Spool()
        self._kept_size = 0
        self._is_over = False
        self._tries = 0
        self._begin(first)

    def read(self, offset: int, length: int) -> bytes:
        while self._kept_size < offset + length and not self._is_over:
            self._take()
        kept = self._kept.reopen()
        kept.seek(offset)
        return kept.read(length)

    def find_end(self) -> int:
        while not self._is_over:
            self._take()
        return self._kept_size

    def stop_at(self, positions: Iterable[int]) -> None:
        """Do nothing: there are no ranges."""

    def _begin(self, answer: Answer) -> None:
        self._answer: Answer | None = answer
        weakref.finalize(self, close, self._fs, answer.response).atexit = False

    def _take(self) -> None:
        """Keep the next bytes, or get ready to ask for them again."""
        try:
            answer = self._answer or self._go_back()
            data = read_body(self._fs, answer, _READ_BYTES)
            if not data and self._kept_size < self._version.size:
                raise RemoteError("the connection broke off")
        except LASTING:
            raise
        except RemoteError as error:
            self._tries += 1
            if self._tries > len(remote_errors.WAITS):
                times = f"it broke off {self._tries} times, and the server gives no ranges"
                raise RemoteError(f"{error.strerror}; {times}") from None
            time.sleep(remote_errors.WAITS[self._tries - 1])
            self._answer = None
            return
        self._is_over = not data
        self._keep(data)

    def _keep(self, data: bytes) -> None:
        kept = self._kept.reopen()
        kept.seek(0, 2)
        self._kept.write(data)
        if self._kept.problem:
            raise RemoteError(f"it cannot be kept while it is read: {self._kept.problem}")
        self._kept_size += len(data)

    def _go_back(self) -> Answer:
        """Ask for the resource again, and pass over what is kept of it, which must be the same."""
        answer = request(self._fs, self._url)
        self._begin(answer)
        if self._version.contradicts(answer.version):
            raise ChangedError()
        position = 0
        while position < self._kept_size:
            data = read_body(self._fs, answer, min(_READ_BYTES, self._kept_size - position))
            if not data or data != self.read(position, len(data)):
                raise ChangedError()
            position += len(data)
        return answer


def web_version(fs: Any, url: str) -> str:
    """The version of what is at a URL now.

    :raises RemoteError: if there is nothing, or it cannot be read
    """
    answer = try_often(lambda: request(fs, url, 0, 1))
    close(fs, answer.response)
    return answer.version.name


def open_web_object(fs: Any, url: str) -> WebObject | WebStream:
    """What is at the URL of a web server.

    Its first bytes are asked for; from the answer it is known whether the server gives ranges.

    :raises RemoteError: if there is nothing, or it cannot be read
    """
    answer = try_often(lambda: request(fs, url, 0, _FIRST_BYTES))
    told = answer.describe_redirection(url)
    size = answer.version.size
    found: WebObject | WebStream
    if answer.is_part and size >= 0 and (answer.version.mark or size <= _FIRST_BYTES):
        found = WebObject(fs, url, answer)
    else:
        if answer.is_part:  # of no version, so that parts might be of several
            close(fs, answer.response)
            answer = try_often(lambda: request(fs, url))
        found = WebStream(fs, url, answer)
    found.remarks += [told] if told else []
    return found
