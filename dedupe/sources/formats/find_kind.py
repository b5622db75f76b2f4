"""Finds the kind of a file that is known and not read (see :mod:`.known_kinds`)."""

from __future__ import annotations

import codecs
import os
import re
from functools import cache

from dedupe.sources.encoding.text_content import holds_controls
from dedupe.sources.formats.known_kinds import KINDS, ZIP_KINDS, Kind, ZipKind
from dedupe.sources.unpack.archive_kinds import first_members
from dedupe.sources.unpack.compression import without_compression


def find_kind(name: str, head: bytes) -> Kind | None:
    """The kind that a file is known to be of, if it is of one.

    :param name: its name, or the path
    :param head: its beginning
    """
    start = head.removeprefix(codecs.BOM_UTF8)
    ending = ending_of_path(name)
    candidates = KINDS if _any_begin().match(start) else _kinds_by_ending().get(ending, ())
    for kind, begin in zip(candidates, map(_compiled, candidates), strict=True):
        if kind.endings and ending not in kind.endings:
            continue
        if begin.match(start) and (kind.content != "binary" or holds_controls(head)):
            return kind
    return None


def find_zip_kind(name: str, head: bytes) -> ZipKind | None:
    """The kind of a file that is a ZIP archive inside but is no archive to people."""
    members = first_members(head)
    if not members:
        return None
    ending = ending_of_path(name)
    names = {member for member, _ in members}
    mimetype = members[0][1] if members[0][0] == b"mimetype" else b""
    for kind in ZIP_KINDS:
        if kind.mimetype and not mimetype.startswith(kind.mimetype):
            continue
        if kind.members and not any(_holds_member(names, each) for each in kind.members):
            continue
        if not kind.endings or ending in kind.endings:
            return kind
    return None


def _holds_member(names: set[bytes], member: bytes) -> bool:
    """Whether a name is among those of members; ``/name`` is one in any folder."""
    if member.startswith(b"/"):
        return any(name.endswith(member) for name in names)
    return member in names


def ending_of_path(path: str) -> str:
    """The ending of a path without that of a compression, in small letters; empty for none.

    What a mirror of a site has behind a question mark (``logo.svg?v=2``) is no part of it.
    """
    name = os.path.basename(path).partition("?")[0]
    return os.path.splitext(without_compression(name))[1].lower()


@cache
def _compiled(kind: Kind) -> re.Pattern[bytes]:
    return re.compile(kind.begin, re.DOTALL)


@cache
def _any_begin() -> re.Pattern[bytes]:
    """A pattern for the beginnings of all kinds together, which nearly all files fail at once."""
    return re.compile(b"|".join(kind.begin for kind in KINDS if kind.begin), re.DOTALL)


@cache
def _kinds_by_ending() -> dict[str, tuple[Kind, ...]]:
    """The kinds that only the endings of their names show."""
    found: dict[str, tuple[Kind, ...]] = {}
    for kind in KINDS:
        for ending in kind.endings if not kind.begin else ():
            found[ending] = (*found.get(ending, ()), kind)
    return found
