"""A file without some of its documents, in the form that it has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import BinaryIO, NamedTuple

from dedupe.applying.rewriting.compressors import CompressingSink, Sink
from dedupe.applying.rewriting.edits import CannotRewriteError, Edit, write_edited
from dedupe.applying.rewriting.records import EDITS
from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.settings import ScanSettings
from dedupe.sources.encoding.recoding import recoded_file
from dedupe.sources.files.source import SeekableBytes
from dedupe.sources.limits import ReadLimits
from dedupe.sources.unpack.compression import MAGIC_BYTES, UnpackedFile, codec_of
from dedupe.sources.unpack.random_access import seekable_again


class Part(NamedTuple):
    """A document that is to go: of which source, and where it stands in it."""

    info: SourceInfo
    locator: Locator


def write_without(
    file: BinaryIO, parts: Sequence[Part], sink: Sink, settings: ScanSettings
) -> None:
    """Write a file without some of its documents.

    :param file: as it stands, open for reading
    :raises CannotRewriteError: if something else would be lost with them
    :raises OSError: if it cannot be read, or the sink does not take it
    """
    limits = ReadLimits.of_settings(settings)
    if not parts[0].info.member:
        _write_content(parts, limits, file, sink)
        return
    from dedupe.applying.rewriting.archives import write_archive

    members: dict[str, list[Part]] = {}
    for part in parts:
        members.setdefault(part.info.member, []).append(part)
    changes = {
        name: None if is_whole(*of_member[0]) else partial(_write_content, of_member, limits)
        for name, of_member in members.items()
    }
    write_archive(file, parts[0].info.path, changes, sink, limits)


def is_whole(info: SourceInfo, locator: Locator) -> bool:
    """Whether a document is all of its source: text, a page, or JSON of one record."""
    return info.format in ("text", "html") or (info.format == "json" and locator.line == 0)


def _write_content(parts: Sequence[Part], limits: ReadLimits, file: BinaryIO, sink: Sink) -> None:
    name = parts[0].info.format
    locators = [part.locator for part in parts]
    file.seek(0)
    codec = codec_of(file.read(MAGIC_BYTES))
    file.seek(0)
    content = UnpackedFile(file, codec) if codec else file
    if name in EDITS:
        edits = _find_edits(name, parts[0].info.encoding, content, locators)
        write_edited(file, edits, sink, limits)
    elif name in ("parquet", "arrow"):
        from dedupe.applying.rewriting.tables import write_rows

        table, held = seekable_again(content)
        compressing = CompressingSink(sink, codec)
        write_rows(name, table, {locator.line - 1 for locator in locators}, compressing)
        compressing.close()
        del held
    else:
        raise CannotRewriteError(f"this dedupe does not write the format {name}")


def _find_edits(
    name: str, encoding: str, content: SeekableBytes, locators: Sequence[Locator]
) -> list[Edit]:
    """What is to go of the uncompressed content, as it stands."""
    if not encoding:
        return EDITS[name](content, locators)
    from dedupe.applying.rewriting.recoded import edits_as_they_stand

    edits = EDITS[name](recoded_file(content, encoding), locators)
    return edits_as_they_stand(content, encoding, edits)
