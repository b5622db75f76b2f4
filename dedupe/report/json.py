"""A report as JSON (written and read), and as JSON Lines, one cluster a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from dedupe.model.errors import ReportError
from dedupe.model.furniture import Furniture
from dedupe.model.report import (
    SCHEMA_VERSION,
    Cluster,
    CorpusSummary,
    Report,
    RunInfo,
)
from dedupe.model.search_summary import SearchSummary
from dedupe.model.settings import ScanSettings
from dedupe.report.checks import find_contradiction
from dedupe.report.rows import materialise

ENCODED_AT_ONCE: Final = 1 << 9
"""The number of members, pairs or entries that are encoded together."""
CHARACTERS_AT_ONCE: Final = 1 << 20
"""The number of characters of texts that are encoded together, about."""
BYTES_PER_PIECE: Final = 1 << 16
"""The least size of a piece of a streamed report."""

_encoder = msgspec.json.Encoder()

# Characters that are legal inside a JSON string, but can act on a terminal (DEL, C1 controls,
# bidirectional marks and overrides, line and paragraph separators) or in the log of a CI job
# (##[command]).
_UNSAFE = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|#(?=#[A-Za-z]*\[)"
)


def render_json(report: Report) -> bytes:
    """The whole report as JSON, ending with a newline; :func:`parse_report` reads it back.

    It is indented, with one line for each member, pair, notice and so on.
    """
    return b"".join(stream_json(report))


def stream_json(report: Report) -> Iterator[bytes]:
    """The bytes of :func:`render_json` in pieces, so that a large report is never held as JSON."""
    held: list[bytes] = []
    size = 0
    for part in _parts(report, 0):
        held.append(part)
        size += len(part)
        if size >= BYTES_PER_PIECE:
            yield escape_json(b"".join(held))
            held.clear()
            size = 0
    yield escape_json(b"".join(held)) + b"\n"


def encode_indented(value: Any) -> bytes:
    """Any value as indented JSON that is safe on a terminal, ending with a newline."""
    return escape_json(msgspec.json.format(msgspec.json.encode(value), indent=2)) + b"\n"


def render_jsonl(report: Report) -> Iterator[bytes]:
    """The clusters as JSON Lines, the largest first."""
    for cluster in report.clusters:
        if isinstance(cluster.members, tuple) and isinstance(cluster.pairs, tuple):
            yield escape_json(_encoder.encode(cluster)) + b"\n"
        else:
            yield from map(escape_json, _line_parts(cluster))


def _line_parts(cluster: Cluster) -> Iterator[bytes]:
    """The line of a cluster in parts, for one whose rows are not in memory."""
    before = b"{"
    for name in cluster.__struct_fields__:
        yield before + _encoder.encode(name) + b":"
        value = getattr(cluster, name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            between = b"["
            for lines in _lines(value):
                yield between + lines.replace(b"\n", b",")
                between = b","
            yield b"]"
        else:
            yield _encoder.encode(value)
        before = b","
    yield b"}\n"


def parse_report(data: bytes, name: str = "report") -> Report:
    """Read a saved report.

    :param name: the name of its file, for errors
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
    except RecursionError:
        raise ReportError(f"{name}: not a dedupe report: it is nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReportError(f"{name}: not a dedupe report: {error}") from error
    if problem := find_contradiction(report):
        raise ReportError(f"{name}: not a dedupe report: {problem}")
    return materialise(report)


class _Versioned(msgspec.Struct):
    schema_version: int


def _parts(value: Any, depth: int) -> Iterator[bytes]:
    """A value as indented JSON, in parts.

    :param depth: levels of indentation of the line on which the value begins
    """
    inner = b"\n" + b"  " * (depth + 1)
    if isinstance(value, (Report, RunInfo, Cluster, Furniture)):
        before = b"{" + inner
        for name in value.__struct_fields__:
            yield before + _encoder.encode(name) + b": "
            yield from _parts(getattr(value, name), depth + 1)
            before = b"," + inner
        yield inner[:-2] + b"}"
    elif isinstance(value, (ScanSettings, CorpusSummary, SearchSummary)):
        plain = value.in_report_order() if isinstance(value, ScanSettings) else value
        data = msgspec.json.format(_encoder.encode(plain), indent=2)
        yield data.replace(b"\n", inner[:-2])
    elif isinstance(value, str) or not isinstance(value, (Mapping, Sequence)):
        yield _encoder.encode(value)
    elif not value:
        yield b"{}" if isinstance(value, Mapping) else b"[]"
    elif isinstance(value, Sequence) and isinstance(value[0], Cluster):
        before = b"[" + inner
        template, deeper = _cluster_template(inner), inner + b"    "
        for cluster in value:
            if len(cluster.members) + len(cluster.pairs) <= ENCODED_AT_ONCE:
                yield before + _small_cluster(cluster, template, deeper)
            else:
                yield before
                yield from _parts(cluster, depth + 1)
            before = b"," + inner
        yield inner[:-2] + b"]"
    else:
        before, after = (b"{", b"}") if isinstance(value, Mapping) else (b"[", b"]")
        for lines in _lines(value):
            # (No line feed stands in a JSON string.)
            yield before + inner + lines.replace(b"\n", b"," + inner)
            before = b","
        yield inner[:-2] + after


def _small_cluster(cluster: Cluster, template: bytes, deeper: bytes) -> bytes:
    """A cluster of few members as indented JSON.

    A template makes it fast: most clusters are small, nearly all have two members.
    """
    between = b"," + deeper
    members = _encoder.encode_lines(cluster.members)[:-1].replace(b"\n", between)
    pairs = b"[]"
    if cluster.pairs:
        lines = _encoder.encode_lines(cluster.pairs)[:-1].replace(b"\n", between)
        pairs = b"[%b%b%b]" % (deeper, lines, deeper[:-2])
    return template % (
        _encoder.encode(cluster.cluster_id),
        _encoder.encode(cluster.representative),
        members,
        pairs,
        _encoder.encode(cluster.weakest_link),
    )


def _cluster_template(outer: bytes) -> bytes:
    """The JSON of a cluster with ``%b`` for its values.

    :param outer: line feed and indentation of the line on which the cluster begins
    """
    return (
        (
            b'{>"cluster_id": %b,>"representative": %b,>"members": [>  %b>],>"pairs": %b,'
            b'>"weakest_link": %b<}'
        )
        .replace(b">", outer + b"  ")
        .replace(b"<", outer)
    )


def _lines(values: Sequence[Any] | Mapping[str, Any]) -> Iterator[bytes]:
    """The items of a list or the entries of an object, one a line, many lines at a time."""
    if not isinstance(values, Mapping):
        items = iter(values)
        while rows := list(islice(items, ENCODED_AT_ONCE)):
            yield _encoder.encode_lines(rows)[:-1]
        return
    for entries in _chunk_entries(values):
        names = _encoder.encode_lines([*entries]).split(b"\n")[:-1]
        encoded = _encoder.encode_lines([*entries.values()]).split(b"\n")[:-1]
        yield b"\n".join(map(b"%b: %b".__mod__, zip(names, encoded, strict=True)))


def _chunk_entries(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The entries of an object in chunks of bounded size; values may be long texts."""
    if not isinstance(next(iter(values.values())), str):
        items = iter(values.items())
        while chunk := dict(islice(items, ENCODED_AT_ONCE)):
            yield chunk
        return
    chunk = {}
    size = 0
    for name, value in values.items():
        chunk[name] = value
        size += len(value)
        if len(chunk) == ENCODED_AT_ONCE or size >= CHARACTERS_AT_ONCE:
            yield chunk
            chunk, size = {}, 0
    if chunk:
        yield chunk


def escape_json(data: bytes) -> bytes:
    """The same JSON with all characters escaped that could act on a terminal or a CI log."""
    # This common case is tested first, since it takes a tenth of the time of the search.
    if data.isascii() and b"\x7f" not in data and b"##" not in data:
        return data
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0].decode()):04x}".encode(), data)
