"""The marks by which the program recognises its own outputs, so that no scan reads them.

A report holds the words of the documents that it shows. A scan that read it as a document would
find it to be their duplicate, and might keep it instead of them. So every output begins with a
mark: a phrase where the format has room for one, else the first keys or the first row, which no
other program writes. A mark counts only at the beginning of a file: a document may quote a report.

All code that writes outputs takes the marks from here. :func:`kind_of_output` recognises them, and
also outputs of versions that wrote no marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

PHRASE: Final = "dedupe output, not a document"

TEXT_MARK: Final = f"[{PHRASE}]\n"
"""The first line of text outputs; not shown on a terminal, from which no scan reads."""
MARKDOWN_MARK: Final = f"<!-- {PHRASE} -->\n"
GITHUB_MARK: Final = f"::debug::{PHRASE}\n"
"""A workflow command that the runner of GitHub Actions shows only with debugging on."""
HTML_MARK: Final = f'<meta name="generator" content="{PHRASE}">'
"""The second element of the head, after the declaration of the encoding."""
JUNIT_MARK: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {PHRASE} -->\n'
"""Nothing may stand before the declaration."""

BASELINE_TITLE: Final = "dedupe-baseline"
"""The first line of a baseline begins with it; its version follows."""

MEMBER_COLUMNS: Final = (
    "cluster_id",
    "cluster_size",
    "role",
    "id",
    "relation",
    "jaccard",
    "representative_containment",
    "token_count",
    "byte_count",
    "content_hash",
    "representative",
    "path",
    "line",
)
"""Columns of the table of documents; a column ``meta.NAME`` for each kind of metadata follows."""

PAIR_COLUMNS: Final = (
    "cluster_id",
    "left",
    "right",
    "relation",
    "shared_count",
    "left_count",
    "right_count",
    "jaccard",
    "left_containment",
    "right_containment",
)
"""Columns of the table of pairs; ``cluster_id`` is empty for a pair of no cluster."""

PASSAGE_COLUMNS: Final = (
    "relation",
    "left",
    "right",
    "passage_number",
    "token_count",
    "left_token",
    "right_token",
    "left_start",
    "left_end",
    "right_start",
    "right_end",
    "left_path",
    "left_line",
    "right_path",
    "right_line",
)
"""Columns of the table of shared passages. No line begins with an id, which may be a command."""

_HEX: Final = '"[0-9a-f]{16}"'
_STRING: Final = r'"(?:[^"\\]|\\.)*"'


def _line(text: str) -> str:
    """A pattern for a whole line."""
    return re.escape(text.rstrip("\n")) + r"[ \t]*(?:[\r\n]|\Z)"


def _json(*tokens: str) -> str:
    """A pattern for JSON: brackets, names and values, with any white space between them."""
    return r"\s*".join(tokens)


def _first_key(name: str, second: str, value: str = "") -> str:
    """A pattern for an object with two first keys: a number, then ``value``."""
    return _json(r"\{", f'"{name}"', ":", r"\d+", ",", f'"{second}"', ":", value)


def _sarif() -> str:
    driver = (r"\{", '"name"', ":", '"dedupe"', ",", '"version"', ":", _STRING, ",")
    return _json(
        *(r"\{", r'"\$schema"', ":", _STRING, ",", '"version"', ":", _STRING, ",", '"runs"', ":"),
        *(r"\[", r"\{", '"tool"', ":", r"\{", '"driver"', ":", *driver, '"semanticVersion"', ":"),
    )


_PAGE: Final = r"<!doctype html>\s*<html lang=\"en\">\s*<head>\s*<meta charset=\"utf-8\">\s*"
_TABLE: Final = "| documents | words | clusters | duplicates | redundant words | skipped |"
_ACTIONS: Final = '"(?:nothing|output|move|delete|undo)"'
_TITLES: Final = (
    "Identical document|Same words|Near-duplicate|Linked document|New copy of a document|"
    "New document of the same words|New near-duplicate"
)

_KINDS: Final = (
    ("text", _line(TEXT_MARK)),
    ("Markdown", re.escape(MARKDOWN_MARK.rstrip())),
    ("annotations", _line(GITHUB_MARK)),
    ("JUnit XML", r"<\?xml [^>]{1,100}\?>\s*" + re.escape(f"<!-- {PHRASE} -->")),
    ("page", _PAGE + re.escape(HTML_MARK)),
    ("report as JSON", _first_key("schema_version", "config", _json(r"\{", '"threshold"'))),
    ("verdict as JSON", _first_key("verdict_version", "passed", "(?:true|false)")),
    ("explanation as JSON", _first_key("explanation_version", "is_duplicate")),
    (
        "clusters as JSON Lines",
        _json(r"\{", '"cluster_id"', ":", _HEX, ",", '"representative"', ":")
        # An id may be longer than the beginning of the file that is looked at.
        + r'\s*"(?:[^"\\]|\\.)*(?:\\?\Z|",\s*"members"\s*:\s*\[\s*\{\s*"id"\s*:)',
    ),
    (
        "verdict as JSON Lines",
        _json(r"\{", '"id"', ":", _STRING, ",", '"relation"', ":", _STRING, ",", '"jaccard"', ":")
        + _json("", r"[\d.e-]+", ",", '"copy_of"', ":", _STRING, ",", '"copy_containment"', ":"),
    ),
    ("table of documents", re.escape(",".join(MEMBER_COLUMNS)) + r"(?:,\"?meta\.|[\r\n]|\Z)"),
    ("table of pairs", _line(",".join(PAIR_COLUMNS))),
    ("table of passages", _line(",".join(PASSAGE_COLUMNS))),
    ("SARIF", _sarif()),
    (
        "code quality",
        _json(r"\[", r"\{", '"check_name"', ":", '"dedupe-[a-z]+"', ",", '"description"', ":"),
    ),
    ("baseline", re.escape(BASELINE_TITLE) + r"(?:-[a-z]+)? \d{1,9}[ \t]*(?:[\r\n]|\Z)"),
    ("decisions", _first_key("dedupe_decisions", "report", _STRING)),
    ("decisions", _json(r"\{", '"dedupe_decisions"', ":", r"\d+", r"\}")),
    ("manifest", _first_key("dedupe_manifest", "report_hash", _STRING)),
    (
        "outcome of apply as JSON",
        _json(r"\{", '"action"', ":", _ACTIONS, ",", '"destination"', ":", _STRING, ",")
        + _json("", '"document_count"', ":"),
    ),
    # From here: outputs of versions that wrote no marks.
    ("text", r"1  [\d,]+ documents? · [\d,]+ duplicates?[^\n]{0,200} cluster [0-9a-f]{6,16}\r?\n"),
    (
        "Markdown",
        rf"\#\#\# dedupe: [^\n]{{1,200}}\n\s*{re.escape(_TABLE)}",
    ),
    ("annotations", rf"::(?:warning|error) file=[^\n]*,line=\d+,title=(?:{_TITLES})::"),
    (
        "page",
        _PAGE
        + r"<meta http-equiv=\"Content-Security-Policy\" content=\"[^\"]*\">\s*"
        + r"<meta name=\"viewport\" content=\"[^\"]*\">\s*"
        + r"<meta name=\"referrer\" content=\"no-referrer\">\s*"
        + r"<meta name=\"color-scheme\" content=\"light dark\">\s*<title>Duplicates in ",
    ),
)
_STARTS: Final = (
    b"[",
    b"<!-- dedupe",
    b"<?xml ",
    b"### dedupe",
    b"::",
    b"<!doctype html>",
    b"{",
    b"cluster_id,",
    b"relation,left,",
    b"dedupe-baseline",
    b"1  ",
)
"""The first bytes of all outputs: most documents begin with none, and need no pattern."""


@lru_cache(maxsize=1)
def _any_output() -> re.Pattern[bytes]:
    """One pattern for all outputs, with a group for each of ``_KINDS``.

    It takes 3 ms to compile, and so is compiled only when a file begins like an output.
    """
    return re.compile("|".join(f"({pattern})" for _, pattern in _KINDS).encode(), re.DOTALL)


def mark_unless_empty(mark: str, chunks: Iterator[str | bytes]) -> Iterator[str | bytes]:
    """The chunks with a mark before the first; no mark where there are no chunks."""
    for chunk in chunks:
        yield mark
        yield chunk
        break
    yield from chunks


def kind_of_output(start: bytes) -> str:
    """The kind of output, in words, of a file that begins with ``start``; empty if it is none.

    :param start: the beginning of the uncompressed file as UTF-8, after any byte order mark and
        white space
    """
    found = _any_output().match(start) if start.startswith(_STARTS) else None
    return _KINDS[found.lastindex - 1][0] if found and found.lastindex else ""
