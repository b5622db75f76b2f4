"""A list of paths, as ``find`` and other programs write it."""

from __future__ import annotations

import os


def parse_path_list(data: bytes) -> list[str]:
    """The paths: separated by NUL bytes where there is one, else one a line; blank ones left out.

    Bytes that are not UTF-8 stay what they are, as in names that the system gives.
    """
    if b"\0" in data:
        parts = data.split(b"\0")
    else:
        parts = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [os.fsdecode(part) for part in parts if part]
