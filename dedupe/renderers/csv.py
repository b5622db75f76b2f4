"""The report as tables: one row a document, one row a pair, or one row a shared passage.

Every record is one line. Characters that steer a spreadsheet, a terminal or the log of a CI job
are escaped; :func:`read_cell` undoes it:

- Control characters (line ends and NUL among them), bidirectional controls and invisible
  characters are written as ``\\u000a`` or ``\\U000e0041``. A backslash is escaped where it stands
  before something that looks like such an escape.
- A spreadsheet takes a value for a formula if it begins with ``=``, ``+``, ``-`` or ``@`` (white
  space and quotes aside). Such a value gets an apostrophe in front, and so does a value that
  begins with an apostrophe. Some spreadsheets cut cells at semicolons, so this is also done
  behind each semicolon.

After OWASP, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from dedupe.model.documents import SourceInfo
from dedupe.model.output_marks import MEMBER_COLUMNS, PAIR_COLUMNS, PASSAGE_COLUMNS
from dedupe.model.report import Cluster, DuplicatePair, Member, Report, SharedText
from dedupe.renderers.view.terminal import DANGEROUS

ROWS_PER_CHUNK: Final = 1000

_ESCAPED: Final = re.compile(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})")
_UNSAFE: Final = re.compile(
    f"{DANGEROUS.pattern}"
    r"|\\(?=u[0-9a-f]{4}|U[0-9a-f]{8})"  # what would be read as an escape
    r"|#(?=#[A-Za-z]*\[)"  # ##[command], ##vso[command]
)
_FORMULA: Final = re.compile(r"((?:^|;)[\s\"]*)(?=['=+\-@＝＋－＠])")
_APOSTROPHE: Final = re.compile(r"((?:^|;)[\s\"]*)'")


def render_members(report: Report) -> Iterator[str]:
    """A row of column names, then a row for each member of each cluster, representative first."""
    names = sorted({name for member in report.members() for name in member.meta})
    header = (*MEMBER_COLUMNS, *(f"meta.{name}" for name in names))
    rows = (row for cluster in report.clusters for row in _member_rows(report, cluster, names))
    return _write(header, rows)


def render_pairs(report: Report) -> Iterator[str]:
    """A row of column names, then a row for each pair.

    First the pairs of each cluster, then the bridges, then the pairs that are no duplicates:
    contained documents, and those that share a passage.
    """
    inside = ((cluster.cluster_id, pair) for cluster in report.clusters for pair in cluster.pairs)
    between = (("", pair) for pair in report.bridges)
    sharing = (("", pair) for pair in report.shared_texts())
    rows = (_pair_row(*row) for part in (inside, between, sharing) for row in part)
    return _write(PAIR_COLUMNS, rows)


def render_passages(report: Report) -> Iterator[str]:
    """A row of column names, then a row for each passage that two documents share."""
    rows = (row for pair in report.shared_texts() for row in _passage_rows(report, pair))
    return _write(PASSAGE_COLUMNS, rows)


def escape_cell(text: str) -> str:
    """Escape text from outside for a cell (see the module's docstring)."""
    return _FORMULA.sub(r"\1'", _UNSAFE.sub(_escape_character, text))


def read_cell(cell: str) -> str:
    """The original text of a cell: undoes :func:`escape_cell`."""
    return _ESCAPED.sub(lambda m: chr(int(m[1] or m[2], 16)), _APOSTROPHE.sub(r"\1", cell))


def _escape_character(match: re.Match[str]) -> str:
    code_point = ord(match[0])
    return f"\\U{code_point:08x}" if code_point > 0xFFFF else f"\\u{code_point:04x}"


def _write(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Chunks of CSV lines; text is escaped, numbers are not."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(escape_cell, header))
    for number, row in enumerate(rows, 1):
        writer.writerow([escape_cell(cell) if isinstance(cell, str) else cell for cell in row])
        if number % ROWS_PER_CHUNK == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _member_rows(report: Report, cluster: Cluster, names: list[str]) -> Iterator[list[Any]]:
    for member in cluster.members:
        source, line = _source_and_line(report, member.id)
        yield [
            cluster.cluster_id,
            len(cluster.members),
            _role(member, cluster),
            member.id,
            member.relation,
            member.jaccard,
            member.representative_containment,
            member.token_count,
            member.byte_count,
            member.content_hash,
            cluster.representative,
            source.name if source else "",
            line,
            *(member.meta.get(name, "") for name in names),
        ]


def _role(member: Member, cluster: Cluster) -> str:
    if member.is_reference:
        return "reference"
    return "kept" if member.id == cluster.representative else "duplicate"


def _pair_row(cluster_id: str, pair: DuplicatePair | SharedText) -> list[Any]:
    return [
        cluster_id,
        pair.left,
        pair.right,
        pair.relation,
        pair.shared_count,
        pair.left_count,
        pair.right_count,
        pair.jaccard,
        pair.left_containment,
        pair.right_containment,
    ]


def _passage_rows(report: Report, pair: SharedText) -> Iterator[list[Any]]:
    places: list[str | int] = []
    for id in (pair.left, pair.right):
        source, line = _source_and_line(report, id)
        places += [source.name if source else "", line]
    for number, passage in enumerate(pair.passages, 1):
        yield [
            pair.relation,
            pair.left,
            pair.right,
            number,
            passage.token_count,
            passage.left_token,
            passage.right_token,
            *(passage.left_span or ("", "")),
            *(passage.right_span or ("", "")),
            *places,
        ]


def _source_and_line(report: Report, id: str) -> tuple[SourceInfo | None, int | str]:
    """The file of a document and its line or row; no line where the file is one document."""
    located = report.locate(id)
    if located is None:
        return None, ""
    source, locator = located
    return source, locator.line or ""
