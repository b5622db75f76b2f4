"""What format a file is of: by its ending, else by its content."""

from __future__ import annotations

from functools import cache

from dedupe.model.formats import AUTO
from dedupe.sources.encoding.text_content import plain_start
from dedupe.sources.formats.registry import all_formats, format_named
from dedupe.sources.unpack.archive_kinds import archive_of_name
from dedupe.sources.unpack.compression import ending_of, without_compression

_ELSE, _ELSE_IN_STREAM = "text", "jsonl"
"""What is taken where nothing tells: a file is a text, a stream has lines of records."""


def recognise_name(path: str, input_format: str) -> str:
    """The format that the settings or else the ending tell; ``auto`` where neither does."""
    if input_format != AUTO:
        return input_format
    return _names_by_ending().get(ending_of(without_compression(path)), AUTO)


def recognise_source(path: str, input_format: str) -> str:
    """The same, or the kind of archive, whatever the settings: their format is that of members."""
    return archive_of_name(path) or recognise_name(path, input_format)


def recognise_file(name: str, head: bytes, input_format: str, is_stream: bool) -> str:
    """The format of a file, now that its content is known too.

    :param name: what :func:`recognise_name` gave
    :param head: the beginning of its content
    """
    if name == AUTO:
        return recognise_content(head, _ELSE_IN_STREAM if is_stream else _ELSE)
    return format_named(name).refine(head) if input_format == AUTO else name


def recognise_content(head: bytes, otherwise: str = _ELSE) -> str:
    """The format that the beginning of a file tells, where its name does not."""
    for each in all_formats():
        if each.magics and head.startswith(each.magics):
            return each.name
    start = plain_start(head)
    return next((each.name for each in all_formats() if each.resembles(start)), otherwise)


@cache
def _names_by_ending() -> dict[str, str]:
    return {ending: each.name for each in all_formats() for ending in each.endings}
