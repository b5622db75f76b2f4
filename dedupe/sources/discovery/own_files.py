"""Files that the program wrote itself: whatever their names, they are never read as documents.

They are known by their mark (:mod:`dedupe.model.output_marks`), or because this process is
writing them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO

from dedupe.model.output_marks import kind_of_output
from dedupe.sources.encoding.text_content import plain_start
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import LOCAL_DISK, FileKey, key_of_descriptor
from dedupe.sources.unpack.compression import MAGIC_BYTES, CompressionError, codec_of, unpack

WRITTEN_NOW = "this run writes to it"
"""What is told of a file that standard output or standard error goes to."""

_LOOKED_AT_BYTES = 8192
_STANDARD_STREAMS = (1, 2)


def describe_output(head: bytes) -> str:
    """Why an output of the program is not read, in words; empty where a file may be a document.

    :param head: the uncompressed beginning of the file
    """
    kind = kind_of_output(plain_start(head))
    return f"written by dedupe, and no document: {kind}" if kind else ""


def holds_output(file: BinaryIO) -> bool:
    """Whether a file holds an output of the program, or this process writes to it now.

    :param file: an open file, compressed or not, at its beginning; its position
        afterwards is undefined
    :raises OSError: if it cannot be read
    """
    if ALL_FILES.status_of(file).key in open_outputs():
        return True
    head = file.read(_LOOKED_AT_BYTES)
    codec = codec_of(head[:MAGIC_BYTES])
    if codec is not None:
        packed, head = head, b""
        with suppress(EOFError, CompressionError):
            for block in unpack([packed], codec, _LOOKED_AT_BYTES):
                head += block
                if len(head) >= _LOOKED_AT_BYTES:
                    break
    return bool(describe_output(head[:_LOOKED_AT_BYTES]))


def is_output(path: str) -> bool:
    """Whether the file at a path holds an output of the program; false where it cannot be read."""
    try:
        with LOCAL_DISK.open(path) as file:
            return holds_output(file)
    except OSError:
        return False


def open_outputs() -> frozenset[FileKey]:
    """The files that standard output and standard error of this process are written to."""
    found = set()
    for descriptor in _STANDARD_STREAMS:
        with suppress(OSError):
            found.add(key_of_descriptor(descriptor))
    return frozenset(key for key in found if key is not None)
