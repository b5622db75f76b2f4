"""Recognises the format of a file: by its ending, else by its content."""

from __future__ import annotations

from functools import cache

from dedupe.model.formats import AUTO
from dedupe.sources.encoding.text_content import plain_start
from dedupe.sources.formats.registry import all_formats, format_named
from dedupe.sources.unpack.archive_kinds import archive_of_name
from dedupe.sources.unpack.compression import ending_of, without_compression

_DEFAULT, _DEFAULT_OF_STREAM = "text", "jsonl"
"""The formats of a file and of a stream where neither name nor content show another."""


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


def recognise_file(name: str, head: bytes, input_format: str, is_stream: bool) -> str:
    """The format of a file, now that its content is known too.

    :param name: what :func:`recognise_name` gave
    :param head: the beginning of its content
    """
    if name == AUTO:
        return recognise_content(head, _DEFAULT_OF_STREAM if is_stream else _DEFAULT)
    return format_named(name).refine(head) if input_format == AUTO else name


def recognise_content(head: bytes, default: str = _DEFAULT) -> str:
    """The format that the beginning of a file shows, for files whose names show none."""
    for each in all_formats():
        if each.magics and head.startswith(each.magics):
            return each.name
    start = plain_start(head)
    return next((each.name for each in all_formats() if each.resembles(start)), default)


@cache
def _names_by_ending() -> dict[str, str]:
    return {ending: each.name for each in all_formats() for ending in each.endings}
