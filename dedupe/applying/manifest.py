"""The manifest of files that were set aside: JSON Lines, first a head, then one line a file.

It is written before each move, so that it never misses one. Bytes of file names that are not UTF-8
are lone surrogates, as in Python; JSON writes these as escapes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

import msgspec

from dedupe.model.errors import ApplyError

MANIFEST = "dedupe-manifest.jsonl"
VERSION = 1


class Entry(msgspec.Struct, frozen=True):
    """A file that is to be set aside.

    :param folder: absolute path of the folder that was scanned
    :param parts: the path of the file below it, as names
    :param target: its path below the folder of files set aside, as names
    :param size: of the file, in bytes
    :param byte_hash: XXH3-128 of its bytes, hexadecimal
    """

    id: str
    keeper: str
    folder: str
    parts: tuple[str, ...]
    target: tuple[str, ...]
    size: int
    byte_hash: str


class Head(msgspec.Struct, frozen=True):
    """The first line of a manifest.

    :param report_hash: XXH3-128 of the plan: a killed run is continued only with the same plan
    :param is_made: whether the run made the folder
    """

    report_hash: str
    is_made: bool


def encode_head(head: Head) -> bytes:
    """The first line of a manifest, with its line feed."""
    return _encode({"dedupe_manifest": VERSION, **msgspec.structs.asdict(head)})


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """The lines of these entries, with their line feeds."""
    return b"".join(_encode(msgspec.structs.asdict(entry)) for entry in entries)


def parse_manifest(data: bytes, name: str) -> tuple[Head, list[Entry], int]:
    """The head and entries of a manifest, and the number of bytes in whole lines.

    A last line without a line feed is ignored: the run was killed while it wrote the line, so the
    file had not been moved yet.

    :param name: the name of the manifest, for errors
    :raises ApplyError: if it is not a manifest, or of another version
    """
    size = data.rfind(b"\n") + 1
    lines = data[:size].splitlines()
    try:
        first, *others = [json.loads(line) for line in lines]
        version = first.pop("dedupe_manifest")
        if version != VERSION:
            told = f"has version {version}, this dedupe reads {VERSION}"
            raise ApplyError(f"{name}: {told}; use the dedupe that wrote it")
        head = Head(**first)
        entries = [_entry_of(fields) for fields in others]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ApplyError(f"{name}: is not a manifest of dedupe apply") from None
    return head, entries, size


def _entry_of(fields: dict[str, Any]) -> Entry:
    entry = Entry(**{**fields, "parts": tuple(fields["parts"]), "target": tuple(fields["target"])})
    for names in (entry.parts, entry.target):
        if not names or not all(map(_is_name, names)):
            raise ValueError("a path leads elsewhere")
    if not all(isinstance(x, str) for x in (entry.id, entry.keeper, entry.folder, entry.byte_hash)):
        raise ValueError("a field is no string")
    if not isinstance(entry.size, int) or not os.path.isabs(entry.folder):
        raise ValueError("a field is wrong")
    return entry


def _is_name(name: Any) -> bool:
    """Whether it is the name of something in a folder, and cannot lead out of the folder."""
    if not isinstance(name, str) or name in ("", os.curdir, os.pardir):
        return False
    return not {os.sep, os.altsep or os.sep, "\0"} & {*name}


def _encode(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=True).encode() + b"\n"
