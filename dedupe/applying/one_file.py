"""Writing what stays of a corpus in one file, or to standard output.

Where the form stays the same, the bytes of what stays do too, as in a folder that is written anew
(:mod:`dedupe.applying.output`). Another form is written only where it holds the same fields and
values (:mod:`dedupe.applying.forms`); else that is an error, and nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO, cast

import msgspec

from dedupe.applying.check import CurrentDocuments, holds_one_document
from dedupe.applying.drops import Drop
from dedupe.applying.forms.form import FORMS, NAMES, TABLES, Form, codecs_named, form_of_name
from dedupe.applying.forms.records import KeptRecords, holds_fields, list_sources
from dedupe.applying.rewriting import CannotRewriteError, Part, write_without
from dedupe.applying.rewriting.compressors import CompressingSink
from dedupe.model.errors import ApplyError
from dedupe.model.report import Report
from dedupe.sources import Source
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.records.removal import Sink
from dedupe.sources.unpack.archive_kinds import ARCHIVES
from dedupe.sources.unpack.compression import Codec, codecs_around, uncompressed
from dedupe.sources.unpack.random_access import seekable_again

STANDARD_OUTPUT = "-"
_COPY_BYTES = 1 << 20


class OneFile(msgspec.Struct, frozen=True):
    """What is to be written in one file, and how.

    :param form: of the output
    :param sources: in the order in which they are written
    :param keeps_bytes: whether the content of all sources has this form, so that bytes stay
    """

    form: Form
    sources: tuple[Source, ...]
    keeps_bytes: bool

    @property
    def is_of_tables(self) -> bool:
        """Whether tables become one table."""
        return self.form.format in TABLES and all(s.format in TABLES for s in self.sources)


def plan_one_file(report: Report, documents: CurrentDocuments, destination: str) -> OneFile:
    """Decide how a corpus is written in one file.

    :param destination: a path, or ``-`` for standard output
    :raises ApplyError: if the form cannot hold the corpus
    """
    sources = list_sources(report, documents)
    formats = {source.format for source in sources}
    own = next(iter(formats)) if len(formats) == 1 else ""
    if destination == STANDARD_OUTPUT:
        codecs = _own_codecs(sources[0], documents) if len(sources) == 1 else ()
        form = Form(own or "several formats", codecs)
    else:
        form = form_of_name(destination)
        if form.format == "auto" and len(sources) == 1:
            ends = f"it may end as {sources[0].name}, or in .jsonl, .parquet, …"
            told = f"its name shows no form; {ends}"
            raise ApplyError(f"{destination}: {told}")
    is_same = bool(own) and form.format in (
        own,
        _named_format(sources[0]) if len(sources) == 1 else own,
    )
    is_plain = len(sources) == 1 or (own == "jsonl" and not any(s.encoding for s in sources))
    if not (is_same and is_plain) and form.format not in FORMS:
        names = ", ".join(NAMES.values())
        told = f"one file of {form.describe()} cannot hold {_describe(sources)}"
        where = "standard output" if destination == STANDARD_OUTPUT else destination
        raise ApplyError(f"{where}: {told}; name a folder, or a file of {names}")
    packed = [s for s in sources if s.format in ARCHIVES]
    if packed and not is_same and _hold_records(report, packed):
        told = "records inside an archive are not written in another form; unpack it first"
        raise ApplyError(f"{packed[0].name}: {told}")
    return OneFile(form, tuple(sources), is_same and is_plain)


def _named_format(source: Source) -> str:
    """The format that the name of a file shows: JSON Lines may be in a file named ``.json``."""
    return form_of_name(source.path).format


def write_one_file(
    report: Report,
    documents: CurrentDocuments,
    drops: Sequence[Drop],
    planned: OneFile,
    sink: Sink,
) -> tuple[str, ...]:
    """Write a corpus without some documents.

    :returns: remarks for people on how the form changed
    :raises ApplyError: if the form cannot hold it
    """
    layers = [CompressingSink(sink, None)]
    if not _is_kept_whole(planned, documents):
        for codec in planned.form.codecs:
            layers.append(CompressingSink(layers[-1], codec))
    by_path: dict[str, list[Part]] = {}
    for drop in drops:
        if (located := documents.locate(drop.id)) is not None:
            by_path.setdefault(documents.path(drop.id), []).append(Part(*located))
    try:
        if planned.keeps_bytes:
            remarks = _write_bytes(report, documents, planned, by_path, layers[-1])
        elif planned.is_of_tables:
            remarks = _write_tables(documents, planned, by_path, layers[-1])
        else:
            from dedupe.applying.forms.writers import write_records

            records = KeptRecords(report, documents, drops)
            remark = write_records(planned.form.format, records, layers[-1])
            remarks = (remark,) if remark else ()
    except CannotRewriteError as error:
        raise ApplyError(f"it cannot be written without its duplicates: {error}") from None
    for layer in reversed(layers):
        layer.close()
    return (*_describe_change(report, documents, planned), *remarks)


def _own_codecs(source: Source, documents: CurrentDocuments) -> tuple[Codec, ...]:
    """The compressions that a file or a stream has."""
    kept = documents.scanned_paths.streams.get(source.path)
    if kept is not None:
        return codecs_named(kept.codecs)
    with documents.scanned_paths.open(source.path) as file:
        return tuple(codecs_around(file))


def _is_kept_whole(planned: OneFile, documents: CurrentDocuments) -> bool:
    """Whether the one file keeps its compression too, and so its compressed bytes."""
    if not planned.keeps_bytes or len(planned.sources) > 1:
        return False
    (source,) = planned.sources
    if source.path in documents.scanned_paths.streams:
        return False
    return _own_codecs(source, documents) == planned.form.codecs


def _write_bytes(
    report: Report,
    documents: CurrentDocuments,
    planned: OneFile,
    by_path: dict[str, list[Part]],
    sink: CompressingSink,
) -> tuple[str, ...]:
    """Write content without the bytes of dropped documents, one file after another."""
    is_kept_whole = _is_kept_whole(planned, documents)
    for number, source in enumerate(planned.sources):
        out = _LineSink(sink, number > 0) if len(planned.sources) > 1 else sink
        with documents.scanned_paths.open(source.path) as file:
            content = file if is_kept_whole else uncompressed(file)
            if source.format in ARCHIVES:
                content, _held = seekable_again(content)
            if parts := by_path.get(source.path):
                if any(holds_one_document(*part) for part in parts):
                    raise ApplyError(f"{source.name}: goes as a whole, so that nothing is left")
                write_without(cast(BinaryIO, content), parts, out, report.config)
            else:
                content.seek(0)
                while block := content.read(_COPY_BYTES):
                    out.write(block)
        if isinstance(out, _LineSink):
            out.finish()
    return ()


class _LineSink:
    """Writes the lines of one file behind those of another."""

    def __init__(self, sink: Sink, is_behind: bool) -> None:
        self._sink = sink
        self._may_have_mark = is_behind
        self._held = b""
        self._last = b"\n"

    def write(self, data: bytes) -> int:
        size = len(data)
        if self._may_have_mark:
            self._held += data
            if len(self._held) < len(UTF8_MARK):
                return size
            data, self._held = self._held.removeprefix(UTF8_MARK), b""
            self._may_have_mark = False
        if data:
            self._sink.write(data)
            self._last = data[-1:]
        return size

    def finish(self) -> None:
        """End the last line."""
        if self._held:
            self._sink.write(self._held)
            self._last = self._held[-1:]
        if self._last != b"\n":
            self._sink.write(b"\n")


def _write_tables(
    documents: CurrentDocuments, planned: OneFile, by_path: dict[str, list[Part]], sink: Sink
) -> tuple[str, ...]:
    """Write the rows of tables, which must have the same columns, in one table."""
    import pyarrow

    from dedupe.applying.forms.tables import TableSink
    from dedupe.sources.formats.tables.rewriting import open_rows

    table: TableSink | None = None
    first = None
    for source in planned.sources:
        rows = {part.locator.line - 1 for part in by_path.get(source.path, ())}
        with (
            documents.scanned_paths.open(source.path) as file,
            open_rows(source.format, uncompressed(file), rows) as (schema, batches),
        ):
            if table is None:
                first, table = schema, TableSink(planned.form.format, schema, sink)
            if not schema.equals(first):
                told = f"has other columns than {planned.sources[0].name}"
                raise ApplyError(f"{source.name}: {told}; write a folder, or .jsonl")
            for batch in batches:
                table.write(pyarrow.Table.from_batches([batch]).cast(first))
    if table is not None:
        table.close()
    return ()


def _hold_records(report: Report, archives: Sequence[Source]) -> bool:
    """Whether members of archives hold records with fields."""
    paths = {each.name for each in archives}
    members = [info for info in report.run.sources if info.member and info.path in paths]
    return any(
        holds_fields(Source(info.path, info.path, info.format), report.config) for info in members
    )


def _describe(sources: Sequence[Source]) -> str:
    formats = sorted({NAMES.get(source.format, source.format) for source in sources})
    count = f"{len(sources):,} files" if len(sources) > 1 else "a file"
    return f"{count} of {' and '.join(formats)}"


def _describe_change(
    report: Report, documents: CurrentDocuments, planned: OneFile
) -> tuple[str, ...]:
    if planned.keeps_bytes:
        return ()
    texts = [s for s in planned.sources if not holds_fields(s, report.config)]
    told = f"{_describe(planned.sources)} became {planned.form.describe()}"
    if not texts:
        return (f"{told}: every record with all its fields",)
    return (
        f"{told}: each document is a record of id, text (as it was compared) and metadata; markup "
        "and attachments are not in it",
    )


def is_one_file(documents: CurrentDocuments, destination: str) -> bool:
    """Whether a destination is one file, though several may have been scanned."""
    if destination == STANDARD_OUTPUT:
        return True
    if destination.endswith(os.sep) or os.path.isdir(destination):
        return False
    paths = documents.scanned_paths
    is_single = len(paths.named) == 1 and not paths.folders
    return is_single or form_of_name(destination).format in FORMS
