"""Writing a file without some of its documents, in its own format and compression."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import BinaryIO, NamedTuple

from dedupe.applying.rewriting.compressors import CompressingSink
from dedupe.applying.rewriting.edits import Edit, write_edited
from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.formats import FORMATS
from dedupe.model.settings import ScanSettings
from dedupe.sources.encoding.recoding import recoded_file
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.registry import format_named
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.removal import CannotRewriteError, Sink
from dedupe.sources.unpack.compression import codecs_around, uncompressed


class Part(NamedTuple):
    """A document to drop: its source, and its locator there."""

    info: SourceInfo
    locator: Locator


def write_without(
    file: BinaryIO, parts: Sequence[Part], sink: Sink, settings: ScanSettings
) -> None:
    """Write a file without some of its documents.

    :param file: the file (compressed or not), open for reading
    :param parts: the documents to drop, at least one
    :raises CannotRewriteError: if other content would be lost
    :raises OSError: if the file cannot be read, or the sink cannot be written
    """
    limits = ReadLimits.of_settings(settings)
    if not parts[0].info.member:
        _write_content(parts, limits, settings.encoding, file, sink)
        return
    from dedupe.applying.rewriting.archives import write_archive

    members: dict[str, list[Part]] = {}
    for part in parts:
        members.setdefault(part.info.member, []).append(part)
    changes = {
        name: None
        if is_whole(*of_member[0])
        else partial(_write_content, of_member, limits, settings.encoding)
        for name, of_member in members.items()
    }
    write_archive(file, parts[0].info.path, changes, sink, limits)


def is_whole(info: SourceInfo, locator: Locator) -> bool:
    """Whether a document is its whole source: text, a page, or JSON of one record."""
    return info.format in FORMATS and format_named(info.format).is_whole_file(locator)


def _write_content(
    parts: Sequence[Part], limits: ReadLimits, chosen_encoding: str, file: BinaryIO, sink: Sink
) -> None:
    info = parts[0].info
    if info.format not in FORMATS:
        raise CannotRewriteError(f"this dedupe does not write the format {info.format}")
    chosen, locators = format_named(info.format), [part.locator for part in parts]
    content = uncompressed(file)
    if chosen.is_written_anew:
        layers = [CompressingSink(sink, None)]
        for codec in codecs_around(file):
            layers.append(CompressingSink(layers[-1], codec))
        chosen.write_without(content, locators, layers[-1])
        for layer in reversed(layers):
            layer.close()
    else:
        is_chosen = info.encoding == chosen_encoding
        edits = _find_edits(chosen, info.encoding, is_chosen, content, locators)
        write_edited(file, edits, sink, limits)


def _find_edits(
    chosen: Format,
    encoding: str,
    is_chosen: bool,
    content: SeekableBytes,
    locators: Sequence[Locator],
) -> list[Edit]:
    """The edits of the uncompressed content, in its own encoding, that drop these documents."""
    in_utf8 = recoded_file(content, encoding, is_chosen) if encoding else content
    edits = [Edit(*span) for span in chosen.find_ranges(in_utf8, locators)]
    if not encoding:
        return edits
    from dedupe.applying.rewriting.recoded import recode_edits

    return recode_edits(content, encoding, is_chosen, edits)
