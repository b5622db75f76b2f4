"""Requests to web servers, through the HTTP file system of fsspec, its session and its settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from dedupe.model.urls import without_secrets
from dedupe.sources.files.remote_errors import (
    CONNECT_SECONDS,
    CREDENTIALS,
    READ_SECONDS,
    BusyError,
    MissingError,
    RefusedError,
    RemoteError,
    UnusableError,
    translate_error,
)

_BUSY = (408, 425, 429, 500, 502, 503, 504)
_REFUSED = (401, 402, 403, 407, 451)
_MISSING = (404, 410)
_READABLE_ENCODINGS = ("", "identity", "gzip", "x-gzip", "zstd")
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


class Version(msgspec.Struct, frozen=True):
    """By what two answers are known to be of one version of a resource.

    :param mark: its ``ETag``, or when it was last changed; empty where the server tells neither
    :param size: all its bytes; -1 where the server does not tell
    """

    mark: str
    size: int

    @property
    def name(self) -> str:
        """The version in one word; empty where the server does not tell versions apart."""
        return f"{self.mark} {self.size}" if self.mark else ""

    def contradicts(self, other: Version) -> bool:
        """Whether two answers are certainly of two versions."""
        sizes = {self.size, other.size} - {-1}
        return self.mark != other.mark or len(sizes) > 1


class Answer(msgspec.Struct):
    """The answer to a request, whose body is not read yet.

    :param begin: the position of its first byte in the resource
    """

    response: Any
    begin: int
    version: Version
    is_part: bool

    @property
    def headers(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.response.headers
        return found

    @property
    def shows_its_end(self) -> bool:
        """Whether a connection that breaks off can be told from the end of the body."""
        return "Content-Length" in self.headers or "Transfer-Encoding" in self.headers

    def describe_redirection(self, url: str) -> str:
        """To which other page the server sent on, in words; empty for data, or if it did not."""
        if not self.response.history or "html" not in self.headers.get("Content-Type", ""):
            return ""
        asked, found = without_secrets(url), without_secrets(str(self.response.url))
        if _plain(asked) == _plain(found):
            return ""
        return f"the server sent on to {found}, and what is there was read"


def request(fs: Any, url: str, begin: int = 0, end: int | None = None) -> Answer:
    """Ask for a resource, or for its bytes from one position up to another.

    A server need not heed that: the answer says what it holds.

    :raises RemoteError: if there is no answer, or it is none that can be read
    """
    from fsspec.asyn import sync

    found: Answer = sync(fs.loop, _request, fs, url, begin, end)
    return found


def read_body(fs: Any, answer: Answer, most: int) -> bytes:
    """The next bytes of the body, at most so many; none at its end.

    :raises RemoteError: if the connection breaks off
    """
    from fsspec.asyn import sync

    data: bytes = sync(fs.loop, _read, answer.response, most)
    return data


def close(fs: Any, response: Any) -> None:
    """Read no more of a response."""
    if not fs.loop.is_closed():
        fs.loop.call_soon_threadsafe(response.close)


async def _request(fs: Any, url: str, begin: int, end: int | None) -> Answer:
    import aiohttp

    options = dict(fs.kwargs)
    # What is packed is unpacked here, within limits; positions are those of the bytes as sent.
    headers = {**options.pop("headers", {}), "Accept-Encoding": "identity"}
    if end is not None:
        headers["Range"] = f"bytes={begin}-{end - 1}"
    options.setdefault(
        "timeout",
        aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
    )
    try:
        session = await fs.set_session()
        response = await session.get(
            fs.encode_url(url), headers=headers, auto_decompress=False, **options
        )
    except aiohttp.TooManyRedirects:
        raise UnusableError("the server sends on from place to place, without end") from None
    except aiohttp.InvalidURL:
        raise UnusableError("it is no valid URL") from None
    except Exception as error:
        raise translate_error(error) from None
    try:
        return _check(response)
    except RemoteError:
        response.close()
        raise


def _check(response: Any) -> Answer:
    """An answer, unless it says that there is none."""
    _check_status(response.status, response.reason or "", response.headers)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _READABLE_ENCODINGS:
        told = f"the server packs it as {encoding}, though it was asked not to"
        raise UnusableError(f"{told}; save it with curl --compressed, and scan that")
    mark = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
    if response.status != HTTPStatus.PARTIAL_CONTENT:
        if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return Answer(response, 0, Version(mark, 0), True)
        size = response.content_length
        return Answer(response, 0, Version(mark, -1 if size is None else size), False)
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None or found[1] is None:
        raise RemoteError("the server gives a part without saying which")
    return Answer(response, int(found[1]), Version(mark, _number(found[3])), True)


def _check_status(status: int, reason: str, headers: Mapping[str, str]) -> None:
    """Raise an error for a status that says that there is nothing to read."""
    told = f"the server answers {status} {reason}".rstrip()
    empty = headers.get("Content-Range", "").endswith("/0")
    if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT) or (status == 416 and empty):
        return
    if status in _REFUSED:
        raise RefusedError(f"{told}; {CREDENTIALS}")
    if status in _MISSING:
        raise MissingError(f"{told}; check the URL")
    if status in _BUSY:
        raise BusyError(told, _seconds(headers.get("Retry-After", "")))
    if status == 416:
        raise BusyError(f"{told}: it is shorter than it was")
    raise UnusableError(f"{told}, and no content")


def _seconds(value: str) -> float:
    """The seconds of ``Retry-After``; 0 where it is a date, which clocks may disagree on."""
    return float(value) if value.strip().isdecimal() and len(value) < 9 else 0


def _number(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 19 else -1


async def _read(response: Any, most: int) -> bytes:
    data = bytearray()
    try:
        while len(data) < most and (part := await response.content.read(most - len(data))):
            data += part
    except Exception as error:
        if not data:  # what came before is used, and the next call meets the error again
            raise translate_error(error) from None
    return bytes(data)


def _plain(url: str) -> str:
    """A URL without protocol, fragment and last slash, in which many sites send on."""
    return url.partition("://")[2].partition("#")[0].rstrip("/")
