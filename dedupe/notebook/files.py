"""Reports written to files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from dedupe.model.errors import InputError
from dedupe.renderers.registry import FORMATS, format_of_name
from dedupe.renderers.view.options import RenderOptions

if TYPE_CHECKING:
    from dedupe.notebook.sourced import SourcedReport

_OWN_FORMATS = ("json", "jsonl")


def save(report: SourcedReport, path: str) -> None:
    """Write a report in the format that the ending of the name belongs to."""
    format = format_of_name(path)
    if format is None:
        endings = sorted(ending for each in FORMATS.values() for ending in each.endings)
        raise InputError(
            f"{path}: no format belongs to its ending; there are: {', '.join(endings)}"
        )
    _refuse_sources(report, path)
    FORMATS[format].check()
    if format in _OWN_FORMATS:
        report = with_own_texts(report)
    options = RenderOptions(folder=os.getcwd(), output_folder=os.path.dirname(path))
    write_file(path, FORMATS[format].render(report, report.text_provider, options))


def with_own_texts(report: SourcedReport) -> SourcedReport:
    """The report with the texts that only this process can read; any other as it is.

    A report of standard input holds these too.
    """
    if report.memory is None or report.texts is not None:
        return report
    ids = sorted(document.id for document in report.documents())
    return msgspec.structs.replace(report, texts=report.memory.read_texts(ids))


def to_html(report: SourcedReport, path: str | None) -> str | None:
    """The whole report as one page, written to a file or returned."""
    FORMATS["html"].check()
    if path is not None:
        _refuse_sources(report, path)
    options = RenderOptions(output_folder=os.path.dirname(path or ""))
    chunks = FORMATS["html"].render(report, report.text_provider, options)
    if path is None:
        return b"".join(chunks).decode()
    write_file(path, chunks)
    return None


def write_file(path: str, chunks: Iterable[bytes]) -> None:
    """Write a file, which replaces an older one only when it is complete.

    :raises InputError: if it cannot be written
    """
    temporary = ""
    try:
        folder = os.path.dirname(os.path.realpath(path))
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".dedupe-")
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, os.path.realpath(path))
        temporary = ""
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if temporary:
            os.unlink(temporary)


def _refuse_sources(report: SourcedReport, path: str) -> None:
    """:raises InputError: if a file that was scanned would be overwritten"""
    if not os.path.exists(path):
        return
    for source in report.run.sources:
        if os.path.exists(source.path) and os.path.samefile(source.path, path):
            raise InputError(f"{path}: is one of the files that were scanned; name another")
