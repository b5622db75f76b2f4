"""Imports the registered formats (:mod:`dedupe.model.formats`) and says what each one needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from dedupe.model.formats import FORMATS
from dedupe.model.settings import ReadSettings
from dedupe.sources.formats.format import Format
from dedupe.sources.pages.requirements import missing_html_extra
from dedupe.sources.pages.rereading import reread_pages
from dedupe.sources.records.pieces import Rereader


@cache
def format_named(name: str) -> Format:
    """The format of this name.

    :raises KeyError: if there is none
    """
    module, _, attribute = FORMATS[name].import_path.partition(":")
    found: Format = getattr(import_module(module), attribute)
    return found


def all_formats() -> Iterator[Format]:
    """All formats, in the order in which they are registered."""
    return map(format_named, FORMATS)


def has_page_records(chosen: Format, settings: ReadSettings) -> bool:
    """Whether the texts of a format's records are read as pages."""
    return chosen.has_fields and settings.text_format == "html"


def holds_pages(chosen: Format, settings: ReadSettings) -> bool:
    """Whether some documents of a format are read as pages."""
    return chosen.holds_pages or has_page_records(chosen, settings)


def missing_extra(chosen: Format, settings: ReadSettings) -> str:
    """A message with the command that installs what a format needs; empty where it is there."""
    missing = chosen.missing_package()
    if not missing and holds_pages(chosen, settings):
        return missing_html_extra(settings.html)
    return missing


def rereader_of(chosen: Format, settings: ReadSettings) -> Rereader:
    """A function that reads single documents of a format again, as a scan reads them.

    :raises OSError: if the package that reads the format is not installed
    """
    if missing := chosen.missing_package():
        raise OSError(0, missing)
    reread = chosen.reread_with(settings)
    return reread_pages(reread, settings) if has_page_records(chosen, settings) else reread
