"""Messages over a pipe: eight bytes of length, then MessagePack.

pickle would be unsafe: a hostile page may have taken over the process that parses it.
"""

from __future__ import annotations

from typing import BinaryIO

import msgspec

_LENGTH_BYTES = 8


def write_frame(stream: BinaryIO, message: msgspec.Struct) -> None:
    """Send one message.

    :raises OSError: if the other side is gone
    """
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(body)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """The bytes of one message; ``None`` where the other side is gone."""
    header = stream.read(_LENGTH_BYTES)
    if len(header) < _LENGTH_BYTES:
        return None
    length = int.from_bytes(header, "big")
    body = stream.read(length)
    return body if len(body) == length else None
