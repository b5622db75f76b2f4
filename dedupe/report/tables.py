"""A report as tables of Arrow, for corpora whose report nobody opens (``docs/scale.md``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from dedupe.model.documents import SkippedDocument
from dedupe.model.errors import EngineError, InputError
from dedupe.model.installation import install_command
from dedupe.model.report import Report

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS: Final = 100_000

_KINDS: Final = {str: "string", int: "int64", float: "float64", bool: "bool_"}

_COLUMNS: Final[dict[str, dict[str, type]]] = {
    "pairs": {
        "left": str,
        "right": str,
        "relation": str,
        "shared_count": int,
        "left_count": int,
        "right_count": int,
        "jaccard": float,
        "cluster_id": str,
    },
    "members": {
        "id": str,
        "cluster_id": str,
        "representative": str,
        "relation": str,
        "jaccard": float,
        "representative_containment": float,
        "token_count": int,
        "byte_count": int,
        "content_hash": str,
        "is_reference": bool,
        "meta": dict,
    },
    "skipped": {"id": str, "reason": str, "detail": str, "place": str},
    "clusters": {
        "cluster_id": str,
        "representative": str,
        "member_count": int,
        "pair_count": int,
        "weakest_link": str,
        "weakest_jaccard": float,
    },
}
"""The columns of each table; ``meta`` is a map of strings."""

TABLES: Final = ("pairs", "members", "skipped")
"""The tables that are written as files; clusters follow from the members."""

_TABLE_FILES: Final = re.compile(
    r"part-.*\.parquet|\.part-.*\.crc|\.?_(SUCCESS|committed_.*|started_.*)(\.crc)?", re.DOTALL
)
"""Names of the files that a table consists of, also one that Spark wrote."""


def check_replaced(place: str, files: Iterable[str], columns: Callable[[str], object]) -> None:
    """Check that a folder holds a table of a report and nothing else, before it is replaced.

    :param place: the folder, which ends in the name of the table
    :param files: the names of all that is in it
    :param columns: gives the names of the columns of one of its Parquet files
    :raises InputError: if it holds anything else, such as documents
    """
    expected = [*_COLUMNS[re.split(r"[/\\]", place)[-1]]]
    for name in sorted(files):
        is_part = name.endswith(".parquet")
        if not _TABLE_FILES.fullmatch(name) or (is_part and columns(name) != expected):
            told = f"holds {name}, which is no table of dedupe, and so is not replaced"
            raise InputError(f"{place}: {told}; name another folder")


def iter_table(report: Report, name: str) -> Iterator[pa.RecordBatch]:
    """The rows of a table, a bounded number at once; a batch without rows where there is none.

    :param name: one of ``TABLES``, or ``clusters``
    """
    return iter_batches(name, _ROWS[name](report))


def iter_batches(name: str, all_rows: Iterable[tuple[Any, ...]]) -> Iterator[pa.RecordBatch]:
    """Rows of a table as batches, one at least."""
    import pyarrow as pa

    schema, rows = table_schema(name), iter(all_rows)
    part = [*islice(rows, BATCH_ROWS)]
    while True:
        columns: Iterable[Any] = zip(*part, strict=True) if part else ([] for _ in schema)
        arrays = [
            pa.array(column, type=kind) for column, kind in zip(columns, schema.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        if not (part := [*islice(rows, BATCH_ROWS)]):
            return


def table_schema(name: str) -> Any:
    """The schema of a table."""
    import pyarrow as pa

    strings = pa.map_(pa.string(), pa.string())
    kinds = {
        column: strings if kind is dict else getattr(pa, _KINDS[kind])()
        for column, kind in _COLUMNS[name].items()
    }
    return pa.schema(kinds)


def check_pyarrow(what: str = "--tables") -> None:
    """:raises EngineError: if pyarrow, which makes tables, is not installed"""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise EngineError(f"{what} needs pyarrow: {install_command('parquet')}")


def _pairs(report: Report) -> Iterator[tuple[Any, ...]]:
    def row(pair: Any, cluster_id: str | None) -> tuple[Any, ...]:
        counts = pair.shared_count, pair.left_count, pair.right_count
        return pair.left, pair.right, str(pair.relation), *counts, pair.jaccard, cluster_id

    for cluster in report.clusters:
        for pair in cluster.pairs:
            yield row(pair, cluster.cluster_id)
    for pair in report.bridges:
        yield row(pair, None)


def _members(report: Report) -> Iterator[tuple[Any, ...]]:
    for cluster in report.clusters:
        for member in cluster.members:
            yield (
                member.id,
                cluster.cluster_id,
                cluster.representative,
                str(member.relation),
                member.jaccard,
                member.representative_containment,
                member.token_count,
                member.byte_count,
                member.content_hash,
                member.is_reference,
                [*member.meta.items()],
            )


def _skipped(report: Report) -> Iterator[tuple[Any, ...]]:
    return skipped_rows(report.skipped, report.run.skipped_places)


def skipped_rows(
    skipped: Sequence[SkippedDocument], places: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """The rows of the table of skipped documents.

    :param places: of each, as in ``run.skipped_places``, or none
    """
    for each, place in zip(skipped, places or ("",) * len(skipped), strict=True):
        yield each.id, each.reason, each.detail, place


def _clusters(report: Report) -> Iterator[tuple[Any, ...]]:
    for each in report.clusters:
        counts = len(each.members), len(each.pairs)
        weakest = each.weakest_link.id, each.weakest_link.jaccard
        yield each.cluster_id, each.representative, *counts, *weakest


_ROWS: Final[dict[str, Callable[[Report], Iterator[tuple[Any, ...]]]]] = {
    "pairs": _pairs,
    "members": _members,
    "skipped": _skipped,
    "clusters": _clusters,
}
