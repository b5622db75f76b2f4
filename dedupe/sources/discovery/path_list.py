"""A list of paths, as ``find`` and other programs write it."""

from __future__ import annotations

import os

from dedupe.sources.encoding.text_encoding import UTF8_MARK, wide_encoding


def parse_path_list(data: bytes) -> list[str]:
    """The paths: separated by NUL bytes where there is one, else one a line; blank ones left out.

    Bytes that are not UTF-8 stay what they are, as in names that the system gives. A list with a
    byte order mark is decoded by it, as PowerShell writes lists in UTF-16.
    """
    wide, how = wide_encoding(data)
    if how == "mark":
        data = data.decode(wide, "replace").encode()
    data = data.removeprefix(UTF8_MARK)
    if b"\0" in data:
        parts = data.split(b"\0")
    else:
        parts = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [os.fsdecode(part) for part in parts if part]
