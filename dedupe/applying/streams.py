"""Streams: standard input and pipes that were kept while they were read, as files of the corpus.

A scan reads a stream once. What it keeps of it (:class:`dedupe.sources.files.spool.Spool`) is the
uncompressed content, and nobody else can change that.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import IO, BinaryIO, cast

from dedupe.model.errors import ApplyError
from dedupe.model.settings import ScanSettings
from dedupe.sources import ReadLimits
from dedupe.sources.files.file_system import FileStatus
from dedupe.sources.files.source import STANDARD_INPUT, Source
from dedupe.sources.files.spool import Spool
from dedupe.sources.unpack.byte_blocks import ByteBlocks

Streams = Mapping[str, Spool]
"""What was kept of each stream, by its path."""


class StreamView(io.RawIOBase):
    """A file over what was kept of a stream, with a position of its own."""

    status = FileStatus("other")

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._position = 0
        spool.reopen()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        if begin is None:
            begin = self._spool.reopen().seek(0, os.SEEK_END)
        self._position = begin + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        file = self._spool.reopen()
        file.seek(self._position)
        data = file.read(size)
        self._position += len(data)
        return data


def view_stream(spool: Spool) -> BinaryIO:
    """A file over what was kept of a stream.

    :raises OSError: if nothing was kept
    """
    return cast(BinaryIO, StreamView(spool))


def keep_stream(stdin: IO[bytes] | None, settings: ScanSettings) -> Spool:
    """What standard input gives now, kept; it is uncompressed as by a scan.

    :raises ApplyError: if it cannot be read to its end
    """
    if stdin is None or stdin.isatty():
        told = "the report is of standard input; give that once more: dedupe apply … < FILE"
        raise ApplyError(told)
    spool = Spool()
    source = Source(STANDARD_INPUT, STANDARD_INPUT, spool=spool, stream=cast(BinaryIO, stdin))
    blocks = ByteBlocks(source, cast(BinaryIO, stdin), ReadLimits.of_settings(settings))
    for _ in blocks:
        pass
    if problem := spool.problem or (blocks.fault and blocks.fault.detail):
        raise ApplyError(f"standard input: {problem}")
    return spool
