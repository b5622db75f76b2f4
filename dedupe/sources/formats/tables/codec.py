"""How the record batches of an Arrow file are compressed, which pyarrow does not tell.

It stands in the metadata of each message, a flatbuffer: ``Message.header`` is a ``RecordBatch``,
whose ``compression`` is a ``BodyCompression``, whose ``codec`` is a byte (Arrow's ``Message.fbs``).
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from dedupe.sources.formats.tables.files import is_arrow_file

_FILE_HEAD_BYTES = 8
_CODECS = ("lz4", "zstd")
_HEADER, _COMPRESSION, _CODEC = 2, 3, 0
"""The places of the fields in their tables."""


def compression_of_batches(file: BinaryIO) -> str | None:
    """``lz4`` or ``zstd``, if the first record batch is compressed so.

    :param file: read from its beginning; it may be a file or a stream
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
        place = _field(message, header, _COMPRESSION)
        if not place:
            return None
        codec = _field(message, _follow(message, place), _CODEC)
        return _CODECS[message[codec] if codec else 0]
    except (struct.error, IndexError):
        return None


def _follow(data: Any, place: int) -> int:
    """Where the offset that stands at a place leads."""
    return place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: Any, table: int, number: int) -> int:
    """Where a field of a table stands; 0 where the table does not have it."""
    names = table - int(struct.unpack_from("<i", data, table)[0])
    size = int(struct.unpack_from("<H", data, names)[0])
    at = 4 + 2 * number
    if names < 0 or at + 2 > size:
        return 0
    offset = int(struct.unpack_from("<H", data, names + at)[0])
    return table + offset if offset else 0
