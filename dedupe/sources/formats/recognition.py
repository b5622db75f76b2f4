"""Recognises what a file holds: by certain first bytes, by its ending, else by its content.

A name can be wrong, first bytes that no other files have cannot. So these win over the ending, and
the ending wins over content that only resembles a format.
"""

from __future__ import annotations

from functools import cache

import msgspec

from dedupe.model.formats import AUTO, FORMATS
from dedupe.sources.encoding.text_content import plain_start, text_problem
from dedupe.sources.files.source import Source
from dedupe.sources.formats.find_kind import ending_of_path, find_kind, find_zip_kind
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.known_kinds import Kind, ZipKind
from dedupe.sources.formats.registry import all_formats, format_named
from dedupe.sources.unpack.archive_kinds import ARCHIVES, archive_of_content, archive_of_name
from dedupe.sources.unpack.compression import ending_of, without_compression
from dedupe.sources.unpack.zip_tail import ends_as_zip

_DEFAULT, _DEFAULT_OF_STREAM = "text", "jsonl"
"""The formats of a file and of a stream where neither name nor content show another."""

STREAM_HINT = (
    "what comes through a pipe is read as JSON Lines unless --input-format says text or lines"
)


class Recognised(msgspec.Struct, frozen=True):
    """What a file holds: one of archive, format, and a kind that is not read.

    :param archive: ``zip`` or ``tar``
    :param format: the name of its format
    :param unread: what it is and the next step, where it is known and not read
    :param misnamed: how its name contradicts its content, in words
    """

    archive: str = ""
    format: str = ""
    unread: str = ""
    misnamed: str = ""


def recognise_name(path: str, input_format: str) -> str:
    """The format that the settings choose, or that the ending shows; else ``auto``."""
    if input_format != AUTO:
        return input_format
    return _names_by_ending().get(ending_of(without_compression(path)), AUTO)


def recognise_source(path: str, input_format: str) -> str:
    """The kind of archive, or the format that the settings choose or the ending shows.

    In an archive the format of the settings is that of the members.
    """
    return archive_of_name(path) or recognise_name(path, input_format)


def recognise_file(source: Source, head: bytes, input_format: str) -> Recognised:
    """What an open file holds, now that its content is known too.

    :param source: its format is what :func:`recognise_source` or :func:`recognise_name` gave
    :param head: the beginning of its content
    """
    if source.format in ARCHIVES:
        return _recognise_archive(source, head, input_format)
    found = _certain_content(source, head, input_format)
    if found is not None:
        return found
    if source.format == AUTO:
        default = _DEFAULT if source.spool is None else _DEFAULT_OF_STREAM
        return Recognised(format=recognise_content(head, default))
    named = source.format
    return Recognised(format=format_named(named).refine(head) if input_format == AUTO else named)


def recognise_content(head: bytes, default: str = _DEFAULT) -> str:
    """The format that the beginning of a file shows, for files whose names show none."""
    for each in all_formats():
        if each.magics and head.startswith(each.magics):
            return each.name
    return _resembled(head) or default


def _resembled(head: bytes) -> str:
    """The first format that the beginning of a text resembles; empty where there is none."""
    start = plain_start(head)
    return next((each.name for each in all_formats() if each.resembles(start)), "")


def doubt_text(head: bytes) -> str:
    """Why a file that its name calls a text may be none, in words; empty where nothing shows it.

    Many texts in Markdown begin with tags, as pages do.

    :param head: the beginning of its content
    """
    found = _resembled(head)
    if found in ("", "html"):
        return ""
    ending = format_named(found).endings[0]
    return (
        f"by its name it is one text, and was read as that; its content looks like {found}, "
        f"which --input-format {found} reads, or the ending {ending}"
    )


def _recognise_archive(source: Source, head: bytes, input_format: str) -> Recognised:
    """What a file holds whose name is that of an archive."""
    named = source.format
    if not head or (named == "zip" and not archive_of_content(head) and ends_as_zip(source)):
        return Recognised(archive=named)
    if found := _certain_content(source, head, input_format):
        return found
    if text_problem(head):
        return Recognised(archive=named)
    found_format = recognise_content(head) if input_format == AUTO else input_format
    return Recognised(format=found_format, misnamed=_contradiction(source, found_format))


def _certain_content(source: Source, head: bytes, input_format: str) -> Recognised | None:
    """What the first bytes say for certain; ``None`` where they do not."""
    name, is_chosen = source.file_name, input_format != AUTO
    if head.startswith(b"PK") and (zip_kind := find_zip_kind(name, head)):
        is_other = is_chosen and zip_kind.name != input_format
        return _of_kind(source, zip_kind, is_other)
    if archive := archive_of_content(head):
        return _of_archive(source, archive)
    if not is_chosen:
        for each in all_formats():
            if each.is_certain(head):
                return _of_format(source, each)
    kind = find_kind(name, head)
    if kind is None or (is_chosen and (kind.content == "text" or kind.name == input_format)):
        return None
    return _of_kind(source, kind, is_chosen)


def _of_kind(source: Source, kind: Kind | ZipKind, is_other: bool) -> Recognised:
    """A known kind: read where a format of its name is registered, else not.

    :param is_other: whether the settings choose another format
    """
    if kind.name not in FORMATS:
        return Recognised(unread=f"{kind.what}: {kind.step}")
    if is_other:
        return Recognised(unread=f"{kind.what}: --input-format auto or {kind.name} reads it")
    return _of_format(source, format_named(kind.name))


def _of_format(source: Source, found: Format) -> Recognised:
    is_named = source.format in (AUTO, found.name)
    misnamed = "" if is_named else _contradiction(source, found.name)
    return Recognised(format=found.name, misnamed=misnamed)


def _of_archive(source: Source, archive: str) -> Recognised:
    """An archive by content; a ZIP file whose ending nobody knows is of a kind of its own."""
    ending = ending_of_path(source.file_name)
    if source.format == archive or not ending or archive_of_name(ending) == archive:
        return Recognised(archive=archive)
    if archive == "zip" and source.format == AUTO:
        advice = f"ZIP file with the ending {ending}: unpack it, or name it .zip"
        return Recognised(unread=advice)
    misnamed = "" if source.format == AUTO else _contradiction(source, archive)
    return Recognised(archive=archive, misnamed=misnamed)


def _contradiction(source: Source, found: str) -> str:
    ending = ending_of(without_compression(source.file_name))
    return f"its name ends in {ending}, but its content is {found}, and is read as that"


@cache
def _names_by_ending() -> dict[str, str]:
    return {ending: each.name for each in all_formats() for ending in each.endings}
