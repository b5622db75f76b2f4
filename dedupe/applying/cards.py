"""Cards: the files that describe a Hugging Face data set, updated after rows were dropped.

``datasets`` refuses to load a data set whose card has wrong counts, and finds cached results by
its fingerprint. So the counts, which it makes again, are left out, and the fingerprint is replaced.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

import xxhash

_COUNTS = ("splits", "download_size", "dataset_size", "size_in_bytes", "download_checksums")
_FINGERPRINT = "_fingerprint"
_BLOCK = re.compile(r"( *)(- )?(\w+):")


def update_card(path: str, data: bytes, salt: str) -> bytes:
    """The card of data from which rows were dropped; unchanged if it has no counts.

    :param path: of the card; its name says which kind it is
    :param salt: identifies the dropped rows, for the new fingerprint
    """
    try:
        text = data.decode()
        if os.path.basename(path) == "README.md":
            return _update_readme(text).encode()
        return _update_json(text, salt).encode()
    except ValueError:  # no UTF-8 or no JSON: no program reads counts from it
        return data


def _update_json(text: str, salt: str) -> str:
    value = json.loads(text)
    if not _drop_counts(value, salt):
        return text
    return json.dumps(value, indent=2 if "\n" in text.strip() else None, ensure_ascii=False)


def _drop_counts(value: Any, salt: str) -> bool:
    """Remove the counts from an object and the objects in it; true if anything changed."""
    if not isinstance(value, dict):
        return False
    found = [name for name in _COUNTS if value.pop(name, None) is not None]
    is_changed = bool(found)
    if isinstance(value.get(_FINGERPRINT), str):
        digest = xxhash.xxh3_64_hexdigest(f"{value[_FINGERPRINT]} {salt}".encode())
        value[_FINGERPRINT] = digest
        is_changed = True
    for name, each in value.items():
        is_changed |= name != "features" and _drop_counts(each, salt)
    return is_changed


def _update_readme(text: str) -> str:
    """The card without the counts below ``dataset_info`` in its YAML head."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != "---":
        return text
    kept = [lines[0]]
    skipped_indent, is_info = -1, False
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() == "---":
            return "".join([*kept, *lines[number:]])
        found = _BLOCK.match(line)
        indent = len(line) - len(line.lstrip(" "))
        is_item = line.lstrip(" ").startswith("- ")
        if skipped_indent >= 0 and (
            not line.strip() or indent > skipped_indent or (indent == skipped_indent and is_item)
        ):
            continue
        skipped_indent = -1
        if indent == 0 and not is_item:
            is_info = line.startswith("dataset_info:")
        if is_info and found and not found[2] and found[3] in _COUNTS:
            skipped_indent = indent
        else:
            kept.append(line)
    return text
