"""Cuts large files into parts that are read by themselves, each by another process.

JSON Lines are cut behind line feeds, Parquet between row groups. A part knows the number of its
first row, so that ids and locators are those of the whole file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from dedupe.model.settings import ReadSettings
from dedupe.sources.files.source import FilePart, Source
from dedupe.sources.formats.tables.files import table_errors
from dedupe.sources.limits import ReadLimits
from dedupe.sources.source_reader import SourceReader
from dedupe.sources.unpack.archive_kinds import archive_of_content
from dedupe.sources.unpack.byte_blocks import HEAD_BYTES
from dedupe.sources.unpack.compression import codec_of

CUT_FORMATS: Final = ("jsonl", "parquet")
"""The formats whose files may be cut."""

_BLOCK_BYTES: Final = 1 << 20


class RangeCount(msgspec.Struct, frozen=True):
    """What a range of bytes shows of how its file can be cut.

    :param line_feeds: how many there are in the range; -1 where the file cannot be cut
    :param cut: the byte behind the first of them; -1 where there is none
    :param row_groups: of a Parquet file, of which each range is asked, but the first alone tells:
        rows and bytes of each row group
    """

    line_feeds: int = -1
    cut: int = -1
    row_groups: tuple[tuple[int, int], ...] = ()


def count_range(source: Source, begin: int, end: int, settings: ReadSettings) -> RangeCount:
    """Look at a range of the bytes of a file."""
    try:
        format = _plain_format(source, settings)
        if format == "jsonl":
            return _count_lines(source, begin, end)
        if format == "parquet" and begin == 0:
            return _list_groups(source)
    except OSError:
        pass  # (whoever reads the file will say why)
    return RangeCount()


def cut_file(size: int, counts: Sequence[RangeCount], part_bytes: int) -> list[FilePart]:
    """The parts of a file, from the counts of all its ranges in their order; none if it has none.

    :param size: bytes of the file
    """
    if counts[0].row_groups:
        return _join_groups(counts[0].row_groups, part_bytes)
    if any(count.line_feeds < 0 for count in counts):
        return []
    cuts, rows, line = [0], [1], 1 + counts[0].line_feeds
    for count in counts[1:]:
        if cuts[-1] < count.cut < size:
            cuts.append(count.cut)
            rows.append(line + 1)
        line += count.line_feeds
    ends = [*cuts[1:], size]
    return [FilePart(*each) for each in zip(cuts, ends, rows, strict=True)]


def _join_groups(groups: Iterable[tuple[int, int]], part_bytes: int) -> list[FilePart]:
    parts: list[FilePart] = []
    begin = held = row = first_row = 0
    number = 0
    for number, (row_count, byte_count) in enumerate(groups, 1):
        row, held = row + row_count, held + byte_count
        if held >= part_bytes:
            parts.append(FilePart(begin, number, first_row + 1))
            begin, held, first_row = number, 0, row
    if begin < number or not parts:
        parts.append(FilePart(begin, number, first_row + 1))
    return parts


def _plain_format(source: Source, settings: ReadSettings) -> str:
    """The format of a file, if it is neither packed nor recoded; else empty."""
    with source.open() as (stream, _):
        head = stream.read(HEAD_BYTES)
    if codec_of(head) is not None or archive_of_content(head):
        return ""
    reader = SourceReader(settings, ReadLimits.of_settings(settings))
    nothing = msgspec.structs.replace(source, part=FilePart(0, 0))
    if next(reader.read(nothing), None) is not None or not reader.sources:
        return ""
    read = reader.sources[-1]
    return read.format if read.format in CUT_FORMATS and not read.encoding else ""


def _count_lines(source: Source, begin: int, end: int) -> RangeCount:
    count, cut = 0, -1
    with source.open() as (stream, _):
        stream.seek(begin)
        while begin < end and (block := stream.read(min(_BLOCK_BYTES, end - begin))):
            if cut < 0 and (first := block.find(b"\n")) >= 0:
                cut = begin + first + 1
            count += block.count(b"\n")
            begin += len(block)
    return RangeCount(count, cut) if begin == end else RangeCount()


def _list_groups(source: Source) -> RangeCount:
    import pyarrow.parquet

    with source.open() as (stream, _):
        try:
            metadata = pyarrow.parquet.read_metadata(stream)
        except table_errors():
            return RangeCount()
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return RangeCount(row_groups=tuple((each.num_rows, each.total_byte_size) for each in groups))
