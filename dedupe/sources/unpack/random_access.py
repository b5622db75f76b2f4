"""Files that are read from their end, as Parquet is, whatever they come out of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.source import Source
from dedupe.sources.files.spool import Spool
from dedupe.sources.unpack.byte_blocks import ByteBlocks

_COPY_BYTES = 1 << 20
_COMPARED_BYTES = 512


@contextmanager
def open_seekable(source: Source, blocks: ByteBlocks, max_bytes: int) -> Iterator[BinaryIO]:
    """A source that can be read anywhere: the file itself, if it is just these bytes.

    What is compressed, or comes through a pipe, is put into an unnamed temporary file first, as
    far as ``blocks`` have no fault.

    :param max_bytes: so much may be put there
    :raises OSError: if that fails, or is too much
    """
    if source.spool is not None:
        for _ in _bounded(blocks, max_bytes):
            pass  # the blocks are kept in the spool as they are read
        yield source.spool.reopen()
    elif (direct := _open_direct(source, blocks.head)) is not None:
        with direct:
            yield direct
    else:
        kept = _keep(_bounded(blocks, max_bytes))
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


def _open_direct(source: Source, head: bytes) -> BinaryIO | None:
    """The file itself, if it begins as its uncompressed content does."""
    try:
        direct = source.files.open(source.path)
    except (OSError, ValueError):
        return None
    begin = head[:_COMPARED_BYTES]
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


def _bounded(blocks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > max_bytes:
            detail = f"more than {max_bytes} bytes would have to be kept (--max-unpacked-bytes)"
            raise OSError(0, detail)
        yield block
