"""Finds the compression of an Arrow file's record batches, which pyarrow does not show.

It is in the metadata of each message, a flatbuffer: ``Message.header`` is a ``RecordBatch``, whose
``compression`` is a ``BodyCompression``, whose ``codec`` is a byte (see Arrow's ``Message.fbs``).
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from dedupe.sources.formats.tables.files import is_arrow_file

_FILE_HEAD_BYTES = 8
_CODECS = ("lz4", "zstd")
_HEADER, _COMPRESSION, _CODEC = 2, 3, 0
"""The numbers of the fields in their tables."""


def compression_of_batches(file: BinaryIO) -> str | None:
    """``lz4`` or ``zstd``: the compression of the first record batch; ``None`` if it has none.

    :param file: an Arrow file or stream, which is read from its beginning
    """
    import pyarrow

    file.seek(0)
    is_file = is_arrow_file(file)
    file.seek(_FILE_HEAD_BYTES if is_file else 0)
    messages = pyarrow.ipc.MessageReader.open_stream(pyarrow.PythonFile(file, mode="r"))
    for message in messages:
        if message.type == "record batch":
            return _codec_in(memoryview(message.metadata))
    return None


def _codec_in(message: Any) -> str | None:
    try:
        header = _follow(message, _field(message, _follow(message, 0), _HEADER))
        compression = _field(message, header, _COMPRESSION)
        if not compression:
            return None
        codec = _field(message, _follow(message, compression), _CODEC)
        return _CODECS[message[codec] if codec else 0]
    except (struct.error, IndexError):
        return None


def _follow(data: Any, position: int) -> int:
    """The position that the offset at a position points to."""
    return position + int(struct.unpack_from("<I", data, position)[0])


def _field(data: Any, table: int, number: int) -> int:
    """The position of a table's field; 0 where the table does not have it."""
    vtable = table - int(struct.unpack_from("<i", data, table)[0])
    size = int(struct.unpack_from("<H", data, vtable)[0])
    entry = 4 + 2 * number
    if vtable < 0 or entry + 2 > size:
        return 0
    offset = int(struct.unpack_from("<H", data, vtable + entry)[0])
    return table + offset if offset else 0
