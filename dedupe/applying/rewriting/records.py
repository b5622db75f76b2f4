"""Which bytes of a file go with some of its records, for formats in which records are bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dedupe.applying.rewriting.edits import CannotRewriteError, Edit
from dedupe.model.documents import Locator
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.source import SeekableBytes, read_at
from dedupe.sources.formats.json.json_cuts import JsonCutter

_BLOCK_BYTES = 1 << 18
_SPACE_AND_COMMAS = b" \t\r\n,"
_MOVED = "its records are not where they were"

FindEdits = Callable[[SeekableBytes, Sequence[Locator]], list[Edit]]


def edits_of_lines(file: SeekableBytes, locators: Sequence[Locator]) -> list[Edit]:
    """Lines with their line feeds; a row of CSV may be several.

    :param file: the uncompressed content; it is read from the beginning to the end
    :raises CannotRewriteError: if a place is not that of whole lines
    """
    edits = []
    for locator in sorted(locators, key=lambda at: at.offset):
        begin, end = locator.offset, locator.offset + locator.length
        before = b"\n" if begin in (0, len(UTF8_MARK)) else read_at(file, begin - 1, 1)
        line = read_at(file, begin, locator.length)
        after = read_at(file, end, 1)
        if before != b"\n" or not line:
            raise CannotRewriteError(_MOVED)
        if not line.endswith(b"\n") and after is not None:
            if after != b"\n":
                raise CannotRewriteError(_MOVED)
            end += 1
        edits.append(Edit(begin, end))
    return edits


def edits_of_json(file: SeekableBytes, locators: Sequence[Locator]) -> list[Edit]:
    """Elements of an array, each with the comma and the space before it; the first that stays
    comes to stand where the first stood. So too with values that are in no array.

    :raises CannotRewriteError: if a place is not that of an element
    """
    places = [(cut.offset, cut.length) for cut in JsonCutter(_iter_blocks(file), 0)]
    dropped = {(locator.offset, locator.length) for locator in locators}
    if not dropped <= {*places}:
        raise CannotRewriteError(_MOVED)
    edits, end, has_kept = [], 0, False
    joined = [*_find_joined(file, places), False]
    for number, (begin, length) in enumerate(places):
        has_kept = has_kept and joined[number]
        if (begin, length) not in dropped:
            has_kept = True
        elif has_kept:
            edits.append(Edit(end, begin + length))
        else:
            is_followed = joined[number + 1]
            edits.append(Edit(begin, places[number + 1][0] if is_followed else begin + length))
        end = begin + length
    return edits


def _find_joined(file: SeekableBytes, places: Sequence[tuple[int, int]]) -> Iterator[bool]:
    """Whether each value stands in the same array as the one before it, or neither in any."""
    end = -1
    for begin, length in places:
        gap = None if end < 0 else read_at(file, end, begin - end)
        yield gap is not None and not gap.strip(_SPACE_AND_COMMAS)
        end = begin + length


def edits_of_warc(file: SeekableBytes, locators: Sequence[Locator]) -> list[Edit]:
    """Records of a crawl, each up to where the next begins.

    :raises CannotRewriteError: if a place is not that of a record
    """
    from dedupe.sources.formats.warc import find_record_offsets

    size = 0

    def blocks() -> Iterator[bytes]:
        nonlocal size
        for block in _iter_blocks(file):
            size += len(block)
            yield block

    try:
        offsets = list(find_record_offsets(blocks()))
    except (OSError, ValueError) as error:
        raise CannotRewriteError(f"it is damaged ({error})") from None
    ends = dict(zip(offsets, [*offsets[1:], size], strict=True))
    if not {locator.offset for locator in locators} <= ends.keys():
        raise CannotRewriteError(_MOVED)
    return [Edit(offset, ends[offset]) for offset in {locator.offset for locator in locators}]


EDITS: dict[str, FindEdits] = {
    "jsonl": edits_of_lines,
    "csv": edits_of_lines,
    "tsv": edits_of_lines,
    "json": edits_of_json,
    "warc": edits_of_warc,
}


def _iter_blocks(file: SeekableBytes) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        yield block
