"""The report as JSON, whole, and back; and as JSON Lines, one cluster a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from dedupe.errors import ReportError
from dedupe.model import SCHEMA_VERSION, Cluster, Report, RunInfo

ROWS_PER_PIECE: Final = 256
"""Members and pairs that are encoded at once."""
CHARACTERS_PER_PIECE: Final = 1 << 20
"""Of texts, likewise."""

# Legal inside a JSON string, but able to act on a terminal (DEL, C1 controls, bidirectional
# marks and overrides, line and paragraph separators) or in the log of a CI job (##[command]).
_UNSAFE = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|#(?=#[A-Za-z]*\[)"
)


def render_json(report: Report) -> bytes:
    """The whole report, indented, ending with a newline; :func:`parse_report` reads it back."""
    return b"".join(stream_json(report))


def stream_json(report: Report) -> Iterator[bytes]:
    """The same in pieces: a large report is never in memory a second time."""
    yield from map(escape_json, _pieces(report, 0))
    yield b"\n"


def encode_indented(value: Any) -> bytes:
    """Anything as JSON that acts on no terminal, ending with a newline."""
    return escape_json(msgspec.json.format(msgspec.json.encode(value), indent=2)) + b"\n"


def render_jsonl(report: Report) -> Iterator[bytes]:
    """One cluster a line, largest first."""
    for cluster in report.clusters:
        yield escape_json(msgspec.json.encode(cluster)) + b"\n"


def parse_report(data: bytes, name: str = "report") -> Report:
    """Read a saved report.

    :param name: what to call it in an error
    :raises ReportError: if it is not a report, or was written by a newer version
    """
    try:
        version = msgspec.json.decode(data, type=_Versioned).schema_version
        if version > SCHEMA_VERSION:
            raise ReportError(
                f"{name}: has schema version {version}, this dedupe reads up to {SCHEMA_VERSION}; "
                "update dedupe"
            )
        report = msgspec.json.decode(data, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReportError(f"{name}: not a dedupe report: {error}") from error
    if problem := _contradiction(report):
        raise ReportError(f"{name}: not a dedupe report: {problem}")
    return report


def _contradiction(report: Report) -> str:
    """What renderers rely on and a type does not tell; nothing where it holds."""
    for cluster in report.clusters:
        if not cluster.members or cluster.members[0].id != cluster.representative:
            return f"cluster {cluster.cluster_id!r} does not begin with its representative"
    if len(report.run.skipped_places) not in (0, len(report.skipped)):
        return "skipped and skipped_places are of different lengths"
    for id, locator in report.run.locators.items():
        in_source = 0 <= locator.source < len(report.run.sources)
        if not in_source and (locator.source, locator.line) != (-1, 0):
            return f"the locator of {id!r} leads to no source"
    return ""


class _Versioned(msgspec.Struct):
    schema_version: int


def _pieces(value: Any, depth: int) -> Iterator[bytes]:
    """JSON as ``msgspec.json.format`` indents the whole of it, in pieces between values.

    Only what can be long is taken apart: the report, clusters of many members or pairs, and the
    lists and mappings in them.
    """
    if isinstance(value, (Report, RunInfo)) or (isinstance(value, Cluster) and _weigh(value) > 1):
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
        yield from _enclosed(b"{}", (_field(*field, depth + 1) for field in fields), depth)
    elif isinstance(value, dict):
        batches = map(dict, _batches([*value.items()]))
        yield from _enclosed(b"{}", ([_inner(batch, depth)] for batch in batches), depth)
    elif isinstance(value, tuple):
        parts = (
            _pieces(batch[0], depth + 1) if len(batch) == 1 else [_inner(batch, depth)]
            for batch in _batches(value)
        )
        yield from _enclosed(b"[]", parts, depth)
    else:
        yield _indented(value, depth)


def _enclosed(brackets: bytes, parts: Iterable[Iterable[bytes]], depth: int) -> Iterator[bytes]:
    """The parts of a list or an object, between its brackets, with commas between them."""
    opening, closing = brackets[:1], brackets[1:]
    before = opening
    for part in parts:
        yield before + _line_end(depth + 1)
        yield from part
        before = b","
    yield opening + closing if before == opening else _line_end(depth) + closing


def _field(name: str, value: Any, depth: int) -> Iterator[bytes]:
    yield msgspec.json.encode(name) + b": "
    yield from _pieces(value, depth)


def _batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The values in runs that are encoded at once; what is too large for one stands alone."""
    begin = 0
    weight = 0.0
    for i, value in enumerate(values):
        own = _weigh(value)
        if i > begin and weight + own > 1:
            yield values[begin:i]
            begin, weight = i, 0.0
        weight += own
    if values:
        yield values[begin:]


def _weigh(value: Any) -> float:
    """How much of a piece a cluster, an item of a mapping, or a smaller thing makes."""
    if isinstance(value, Cluster):
        return (len(value.members) + len(value.pairs)) / ROWS_PER_PIECE
    if isinstance(value, tuple) and isinstance(value[1], str):
        return len(value[1]) / CHARACTERS_PER_PIECE + 1 / ROWS_PER_PIECE
    return 1 / ROWS_PER_PIECE


def _inner(batch: Any, depth: int) -> bytes:
    """What stands between the brackets of a list or an object, which is not empty."""
    return _indented(batch, depth)[1:-1].strip()


def _indented(value: Any, depth: int) -> bytes:
    data = msgspec.json.format(msgspec.json.encode(value), indent=2)
    return data.replace(b"\n", _line_end(depth))


def _line_end(depth: int) -> bytes:
    return b"\n" + b"  " * depth


def escape_json(data: bytes) -> bytes:
    """JSON that does nothing where it is printed: the same values, more of them as escapes."""
    # Ten times faster than to search, and common.
    if data.isascii() and b"\x7f" not in data and b"##" not in data:
        return data
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0].decode()):04x}".encode(), data)
