"""Gives seekable files for sources of any kind, since Parquet and ZIP are read from their end."""

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
    """A seekable file over the uncompressed content of a source.

    It is the source's own file, unless that is compressed or a pipe. Then the content is copied to
    an unnamed temporary file first, up to a fault of ``blocks``.

    :param max_bytes: the most bytes that may be copied
    :raises OSError: if copying fails, or there is more to copy
    """
    if source.spool is not None and source.spool.is_kept:
        for _ in _bounded(blocks, max_bytes):
            pass  # reading the blocks copies them to the spool
        yield source.spool.reopen()
    elif source.spool is None and (direct := _open_direct(source, blocks.head)) is not None:
        with direct:
            yield direct
    else:
        kept = _keep(_bounded(blocks, max_bytes))
        yield kept.reopen()


def seekable_again(file: SeekableBytes) -> tuple[BinaryIO, Spool | None]:
    """A seekable file, with ``tell``, over content that was opened again; not to be closed.

    :returns: the file, and an object that the caller must keep as long as it reads the file
    """
    if hasattr(file, "tell"):
        return cast(BinaryIO, file), None
    file.seek(0)
    kept = _keep(iter(lambda: file.read(_COPY_BYTES), b""))
    return kept.reopen(), kept


def _open_direct(source: Source, head: bytes) -> BinaryIO | None:
    """The source's own file; ``None`` if it does not begin with its uncompressed content."""
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
