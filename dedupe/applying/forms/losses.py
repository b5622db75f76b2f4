"""What another form would not hold, and a person should know before it is written.

A file that keeps its form keeps everything that no scan reads: lines that are no records, what
stands around them. In another form only documents are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.applying.check import CurrentDocuments
from dedupe.applying.doubts import Doubt
from dedupe.applying.forms.records import open_anew
from dedupe.model.documents import TextBatch
from dedupe.model.report import Report
from dedupe.sources import Source, read_sources
from dedupe.sources.encoding.recoding import recoded_file
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.sqlite.reader import list_tables
from dedupe.sources.reasons import ODD_LAYOUT, OWN_OUTPUT
from dedupe.sources.unpack.compression import uncompressed
from dedupe.sources.unpack.random_access import seekable_again

_NO_TOKENS = "no_tokens"
_AROUND = b"[ \t\r\n" + UTF8_MARK
_LOOK_BYTES = 1 << 20


def find_losses(
    report: Report, documents: CurrentDocuments, sources: Sequence[Source]
) -> tuple[Doubt, ...]:
    """All that would be lost when these sources take another form."""
    found = (
        _doubt_of_skipped(report),
        _doubt_of_layouts(report),
        _doubt_of_tables(documents, sources),
        _doubt_of_frames(report, documents, sources),
    )
    return tuple(doubt for doubt in found if doubt is not None)


def _doubt_of_skipped(report: Report) -> Doubt | None:
    """A doubt about what the scan could not read: it is no document, and has no place."""
    told = [
        f"{name}: {item.detail} ({item.reason})"
        for item, name in report.named_skipped()
        if item.reason not in (OWN_OUTPUT, _NO_TOKENS)
    ]
    if not told:
        return None
    return Doubt(
        len(told), f"not read, and so not in another form: {len(told):,}, such as {told[0]}"
    )


def _doubt_of_layouts(report: Report) -> Doubt | None:
    """A doubt about files in which something beside records was passed over, such as a title."""
    told = [f"{name}: {n.detail}" for n, name in report.named_notices() if n.reason == ODD_LAYOUT]
    if not told:
        return None
    detail = f"oddly laid out, and only records would be in another form: {len(told):,} files, "
    return Doubt(len(told), f"{detail}such as {told[0]}")


def _doubt_of_tables(documents: CurrentDocuments, sources: Sequence[Source]) -> Doubt | None:
    """A doubt about databases of several tables: those without texts would go."""
    told = []
    for source in sources:
        if source.format == "sqlite":
            with documents.scanned_paths.open(source.path) as file:
                content, _held = seekable_again(uncompressed(file))
                if len(names := list_tables(content)) > 1:
                    told.append(f"{source.name} ({len(names)} tables)")
    if not told:
        return None
    detail = "of databases only rows with texts would stay, without the names of their tables: "
    return Doubt(len(told), f"{detail}{len(told):,}, such as {told[0]}")


def _doubt_of_frames(
    report: Report, documents: CurrentDocuments, sources: Sequence[Source]
) -> Doubt | None:
    """A doubt about what stands around the records of JSON: names, counts, other lists."""
    told = [
        source.name
        for source in sources
        if source.format == "json" and _has_frame(source, report, documents)
    ]
    if not told:
        return None
    detail = f"what stands around the records would go: {len(told):,} files, such as {told[0]}"
    return Doubt(len(told), detail)


def _has_frame(source: Source, report: Report, documents: CurrentDocuments) -> bool:
    """Whether something but brackets stands before the first record of a JSON file."""
    anew = open_anew(source, documents, report.config.input_format)
    first = next(_offsets(anew, report), 0)
    with documents.scanned_paths.open(source.path) as file:
        content: SeekableBytes = uncompressed(file)
        if source.encoding:
            is_chosen = source.encoding == report.config.encoding
            content = recoded_file(content, source.encoding, is_chosen)
        before = read_at(content, 0, min(first, _LOOK_BYTES)) or b""
    return bool(before.strip(_AROUND))


def _offsets(source: Source, report: Report) -> Iterator[int]:
    """The offsets of the records of a source, as they are read."""
    for batch in read_sources([source], report.config):
        if isinstance(batch, TextBatch):
            yield from batch.locators[:, 1].tolist()
