"""The manifest of files that were set aside: written ahead of each move, so that it is never
behind what happened. JSON Lines: a head, then a line for each file.

Names of files may hold bytes that are not UTF-8: these are lone surrogates here, as Python holds
them, which JSON can write as escapes.
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
    :param parts: the names of the file below it
    :param target: its names below the folder where it is set aside
    :param size: bytes
    :param byte_hash: XXH3-128 of these, hexadecimal
    """

    id: str
    keeper: str
    folder: str
    parts: tuple[str, ...]
    target: tuple[str, ...]
    size: int
    byte_hash: str


class Head(msgspec.Struct, frozen=True):
    """The first line.

    :param report_hash: XXH3-128 of what was to be done: a run that was killed goes on only for it
    :param is_made: whether the folder was made for this
    """

    report_hash: str
    is_made: bool


def encode_head(head: Head) -> bytes:
    """The first line, with its line feed."""
    return _encode({"dedupe_manifest": VERSION, **msgspec.structs.asdict(head)})


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """Lines with their line feeds."""
    return b"".join(_encode(msgspec.structs.asdict(entry)) for entry in entries)


def parse_manifest(data: bytes, name: str) -> tuple[Head, list[Entry], int]:
    """What a manifest holds, and how many of its bytes are whole lines.

    A last line without its end was being written when the run was killed: nothing was done for it.

    :param name: what to call it in an error
    :raises ApplyError: if it is no manifest, or one of a newer version
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
    """Whether it names something in a folder, and cannot lead out of it."""
    if not isinstance(name, str) or name in ("", os.curdir, os.pardir):
        return False
    return not {os.sep, os.altsep or os.sep, "\0"} & {*name}


def _encode(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=True).encode() + b"\n"
