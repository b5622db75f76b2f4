"""The report as JSON, whole, and back; and as JSON Lines, one cluster a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from dedupe.model.errors import ReportError
from dedupe.model.report import (
    SCHEMA_VERSION,
    Cluster,
    CorpusSummary,
    Report,
    RunInfo,
    SearchSummary,
)
from dedupe.model.settings import ScanSettings
from dedupe.report.checks import find_contradiction
from dedupe.report.rows import materialise

ENCODED_AT_ONCE: Final = 1 << 9
"""Members, pairs and entries that are encoded at once."""
CHARACTERS_AT_ONCE: Final = 1 << 20
"""Of texts, about."""
BYTES_PER_PIECE: Final = 1 << 16
"""What a piece of the whole has, at least."""

_encoder = msgspec.json.Encoder()

# Legal inside a JSON string, but able to act on a terminal (DEL, C1 controls, bidirectional
# marks and overrides, line and paragraph separators) or in the log of a CI job (##[command]).
_UNSAFE = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|#(?=#[A-Za-z]*\[)"
)


def render_json(report: Report) -> bytes:
    """The whole report, ending with a newline; :func:`parse_report` reads it back.

    Indented, but each member, pair, notice and so on is one line.
    """
    return b"".join(stream_json(report))


def stream_json(report: Report) -> Iterator[bytes]:
    """The same in pieces: a large report is never in memory a second time."""
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
    """Anything as JSON that acts on no terminal, ending with a newline."""
    return escape_json(msgspec.json.format(msgspec.json.encode(value), indent=2)) + b"\n"


def render_jsonl(report: Report) -> Iterator[bytes]:
    """One cluster a line, largest first."""
    for cluster in report.clusters:
        if isinstance(cluster.members, tuple) and isinstance(cluster.pairs, tuple):
            yield escape_json(_encoder.encode(cluster)) + b"\n"
        else:
            yield from map(escape_json, _line_parts(cluster))


def _line_parts(cluster: Cluster) -> Iterator[bytes]:
    """The line of a cluster that is never in memory as a whole."""
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
    if problem := find_contradiction(report):
        raise ReportError(f"{name}: not a dedupe report: {problem}")
    return materialise(report)


class _Versioned(msgspec.Struct):
    schema_version: int


def _parts(value: Any, depth: int) -> Iterator[bytes]:
    """JSON, where ``depth`` is that of the line on which it begins."""
    inner = b"\n" + b"  " * (depth + 1)
    if isinstance(value, (Report, RunInfo, Cluster)):
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
    """The same of one of few members: there are many such, and nearly all have two."""
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
    """What stands around the parts of a cluster that begins after ``outer``."""
    return (
        (
            b'{>"cluster_id": %b,>"representative": %b,>"members": [>  %b>],>"pairs": %b,'
            b'>"weakest_link": %b<}'
        )
        .replace(b">", outer + b"  ")
        .replace(b"<", outer)
    )


def _lines(values: Sequence[Any] | Mapping[str, Any]) -> Iterator[bytes]:
    """What stands in a list or an object, one item a line, many lines at a time."""
    if not isinstance(values, Mapping):
        items = iter(values)
        while rows := list(islice(items, ENCODED_AT_ONCE)):
            yield _encoder.encode_lines(rows)[:-1]
        return
    for entries in _lots(values):
        names = _encoder.encode_lines([*entries]).split(b"\n")[:-1]
        held = _encoder.encode_lines([*entries.values()]).split(b"\n")[:-1]
        yield b"\n".join(map(b"%b: %b".__mod__, zip(names, held, strict=True)))


def _lots(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The entries of an object in lots of bounded size; they may be texts."""
    if not isinstance(next(iter(values.values())), str):
        items = iter(values.items())
        while lot := dict(islice(items, ENCODED_AT_ONCE)):
            yield lot
        return
    lot = {}
    size = 0
    for name, value in values.items():
        lot[name] = value
        size += len(value)
        if len(lot) == ENCODED_AT_ONCE or size >= CHARACTERS_AT_ONCE:
            yield lot
            lot, size = {}, 0
    if lot:
        yield lot


def escape_json(data: bytes) -> bytes:
    """JSON that does nothing where it is printed: the same values, more of them as escapes."""
    # Ten times faster than to search, and common.
    if data.isascii() and b"\x7f" not in data and b"##" not in data:
        return data
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0].decode()):04x}".encode(), data)
