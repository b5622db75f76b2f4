"""Lists of paths, as ``find`` and other programs write them."""

from __future__ import annotations

import os

from dedupe.sources.encoding.text_encoding import without_mark


def parse_path_list(data: bytes) -> list[str]:
    """The paths of a list: separated by NUL bytes if it has any, else one a line, without blanks.

    Bytes that are not UTF-8 are kept, as in names that the system gives. A byte order mark gives
    the encoding, because PowerShell writes lists in UTF-16.
    """
    data = without_mark(data)
    if b"\0" in data:
        parts = data.split(b"\0")
    else:
        parts = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [os.fsdecode(part) for part in parts if part]
