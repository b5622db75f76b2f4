"""File names as valid Unicode, although names on disk may hold bytes that are not UTF-8."""

from __future__ import annotations

import codecs
import os
import re

from dedupe.model.urls import is_url, without_secrets

_ESCAPED_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


def readable_name(path: str) -> str:
    """A path as valid Unicode: bytes that are not UTF-8 become ``\\xff``.

    Everything else stays as it is, even line ends and control characters: the code that prints a
    name makes it safe. A URL loses what is secret in it.
    """
    if is_url(path):
        path = without_secrets(path)
    return path if path.isascii() else _name_bytes(path).decode("utf-8", "backslashreplace")


def readable_id(path: str) -> str:
    """A path as valid Unicode (see :func:`readable_name`), with ``/`` on every system."""
    return readable_name(path.replace(os.sep, "/") if os.sep != "/" else path)


_VERSION_CONTROL = frozenset({"CVS", "_darcs"})
"""Folders of version control whose names, unlike ``.git``, do not begin with a dot."""


def is_hidden_name(name: str) -> bool:
    """Whether a file or folder of this name is left out unless the user names it."""
    return (name.startswith(".") and name not in (".", "..")) or name in _VERSION_CONTROL


def openable_names(name: str) -> tuple[str, ...]:
    """The paths that :func:`readable_name` may have made ``name`` from, the likeliest first."""
    raw = name.encode("utf-8", "surrogateescape")
    unescaped = _ESCAPED_BYTE.sub(lambda found: codecs.decode(found[1], "hex"), raw)
    return (name,) if unescaped == raw else (name, os.fsdecode(unescaped))


def _name_bytes(path: str) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return path.encode("utf-8", "backslashreplace")
