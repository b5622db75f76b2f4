"""The report as JSON, whole, and back; and as JSON Lines, one cluster a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from dedupe.errors import ReportError
from dedupe.model import SCHEMA_VERSION, Report

# Legal inside a JSON string, but able to act on a terminal: DEL, C1 controls, bidirectional
# marks and overrides, line and paragraph separators.
_UNSAFE = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)


def render_json(report: Report) -> bytes:
    """The whole report, indented, ending with a newline; :func:`parse_report` reads it back."""
    return _escape(msgspec.json.format(msgspec.json.encode(report), indent=2)) + b"\n"


def render_jsonl(report: Report) -> Iterator[bytes]:
    """One cluster a line, largest first."""
    for cluster in report.clusters:
        yield _escape(msgspec.json.encode(cluster)) + b"\n"


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
        return msgspec.json.decode(data, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReportError(f"{name}: not a dedupe report: {error}") from error


class _Versioned(msgspec.Struct):
    schema_version: int


def _escape(data: bytes) -> bytes:
    if data.isascii() and b"\x7f" not in data:  # ten times faster than to search, and common
        return data
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0].decode()):04x}".encode(), data)
