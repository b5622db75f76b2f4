"""Reads saved reports, compressed or not."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from dedupe.model.errors import ReportError
from dedupe.model.report import Report
from dedupe.report.json import parse_report
from dedupe.sources.encoding.text_encoding import without_mark
from dedupe.sources.files.system_errors import describe_error
from dedupe.sources.limits import ReadLimits
from dedupe.sources.unpack.budget import BombError, UnpackBudget
from dedupe.sources.unpack.compression import MAGIC_BYTES, CompressionError, codec_of, unpack

STANDARD_INPUT: Final = "-"
BLOCK_BYTES: Final = 1 << 20


def load_report(path: str) -> Report:
    """Read a saved report; compression (gzip, bzip2, xz, zstd) is recognised by the content.

    :param path: ``-`` for standard input
    :raises ReportError: if it cannot be read, or is no report that this version can read
    """
    name = "standard input" if path == STANDARD_INPUT else path
    with _telling_problems(name):
        if path == STANDARD_INPUT:
            if sys.stdin is None:
                raise ReportError("standard input is closed; name the file of a saved report")
            return parse_report(without_mark(_read(sys.stdin.buffer)), name)
        with open(path, "rb") as file:
            return parse_report(without_mark(_read(file)), name)


@contextmanager
def open_unpacked(path: str) -> Iterator[BinaryIO]:
    """A saved report as an open file: its own, or a temporary one with what it unpacks to.

    :raises ReportError: if it cannot be read
    """
    with _telling_problems(path), open(path, "rb") as file:
        head = file.read(BLOCK_BYTES)
        if codec_of(head[:MAGIC_BYTES]) is None:
            yield file
            return
        with tempfile.TemporaryFile() as unpacked:
            unpacked.writelines(_unpacked_parts(file, head))
            unpacked.flush()
            yield unpacked


@contextmanager
def _telling_problems(name: str) -> Iterator[None]:
    """:raises ReportError: where reading a file fails"""
    try:
        yield
    except OSError as error:
        raise ReportError(f"{name}: cannot be read: {describe_error(error)}") from error
    except EOFError as error:
        raise ReportError(f"{name}: is compressed and ends too early") from error
    except CompressionError as error:
        raise ReportError(f"{name}: cannot be unpacked: {error}") from error
    except BombError as error:
        ratio = f"{ReadLimits().ratio} times its size"
        raise ReportError(f"{name}: unpacks to more than {ratio}, which no report does") from error


def _read(file: BinaryIO) -> bytes:
    head = file.read(BLOCK_BYTES)
    if codec_of(head[:MAGIC_BYTES]) is None:
        return head + file.read()
    return b"".join(_unpacked_parts(file, head))


def _unpacked_parts(file: BinaryIO, head: bytes) -> Iterator[bytes]:
    """What a compressed file unpacks to.

    :param head: its beginning, which was read already
    """
    codec = codec_of(head[:MAGIC_BYTES])
    assert codec is not None
    budget = UnpackBudget(ReadLimits())

    def packed() -> Iterator[bytes]:
        block = head
        while block:
            budget.add_packed(len(block))
            yield block
            block = file.read(BLOCK_BYTES)

    for part in unpack(packed(), codec, BLOCK_BYTES):
        budget.add_unpacked(len(part))
        yield part
