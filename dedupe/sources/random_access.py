"""Files that are read from their end, as Parquet is, whatever they come out of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from dedupe.sources.pieces import OpenSource
from dedupe.sources.source import SeekableBytes, open_regular
from dedupe.sources.spool import Spool

_COPY_BYTES = 1 << 20
_COMPARED_BYTES = 512


@contextmanager
def open_seekable(file: OpenSource) -> Iterator[BinaryIO]:
    """A source that can be read anywhere: the file itself, if it is just these bytes.

    What is compressed, or comes through a pipe, is put into an unnamed temporary file first.

    :raises OSError: if that fails
    """
    if file.source.spool is None and (direct := _open_direct(file)) is not None:
        with direct:
            yield direct
        return
    kept = _keep(file.blocks)
    yield kept.reopen()


def seekable_again(file: SeekableBytes) -> tuple[BinaryIO, Spool | None]:
    """The same for a source that was opened again; not to be closed.

    :returns: the file, and what must be held as long as it is read
    """
    if hasattr(file, "tell"):
        return cast(BinaryIO, file), None
    file.seek(0)
    kept = _keep(iter(lambda: file.read(_COPY_BYTES), b""))
    return kept.reopen(), kept


def _open_direct(file: OpenSource) -> BinaryIO | None:
    """The file on disk, if it begins as its uncompressed content does."""
    try:
        direct = open_regular(file.source.path)
    except (OSError, ValueError):
        return None
    begin = file.blocks.head[:_COMPARED_BYTES]
    if direct.read(len(begin)) == begin:
        direct.seek(0)
        return direct
    direct.close()
    return None


def _keep(blocks: Iterable[bytes]) -> Spool:
    kept = Spool()
    for block in blocks:
        kept.write(block)
    return kept
