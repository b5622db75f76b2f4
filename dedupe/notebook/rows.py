"""Parts of a report as tuples that are tables too: for pandas, polars, and whatever takes Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from dedupe.model import report as model

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa

T = TypeVar("T")

SHOWN_ROWS = 10


class Rows(tuple[T, ...]):
    """A part of a report: a tuple of structures, which is also a table.

    Calling it iterates over it, since some parts are methods of the reports inside the package.
    """

    _name: str
    _report: model.Report

    @classmethod
    def of(cls, report: model.Report, name: str, rows: Iterable[T]) -> Rows[T]:
        """The part of a report that ``dedupe.report.tables`` knows by a name."""
        made = cls(rows)
        made._name, made._report = name, report
        return made

    def __call__(self) -> Iterator[T]:
        return iter(self)

    def __reduce__(self) -> tuple[Callable[[Iterable[Any]], Any], tuple[list[T]]]:
        return tuple, ([*self],)  # (a copy elsewhere is no table, since it has no report)

    def to_arrow(self) -> pa.Table:
        """The rows as a table of pyarrow, which the extra ``parquet`` installs."""
        batches = self._batches("to_arrow")
        import pyarrow as pa

        from dedupe.report.tables import table_schema

        return pa.Table.from_batches(batches, table_schema(self._name))

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a data frame of pandas."""
        return self.to_arrow().to_pandas(maps_as_pydicts="strict")

    def to_polars(self) -> polars.DataFrame:
        """The rows as a data frame of polars."""
        import polars

        return polars.DataFrame(self.to_arrow())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows through Arrow's interface of C, which other libraries look for."""
        batches = self._batches("__arrow_c_stream__")
        import pyarrow as pa

        from dedupe.report.tables import table_schema

        reader = pa.RecordBatchReader.from_batches(table_schema(self._name), batches)
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self, what: str) -> Iterator[pa.RecordBatch]:
        from dedupe.report.tables import check_pyarrow, iter_table

        check_pyarrow(what)
        return iter_table(self._report, self._name)

    def __repr__(self) -> str:
        from dedupe.renderers.notebook import SCREEN_WIDTH
        from dedupe.renderers.view.terminal import escape_text, shorten_middle

        lines = (escape_text(_describe(row)) for row in self[:SHOWN_ROWS])
        shown = "".join(f"\n  {shorten_middle(line, SCREEN_WIDTH - 2)}" for line in lines)
        more = f"\n  … {len(self) - SHOWN_ROWS:,} more" if len(self) > SHOWN_ROWS else ""
        return f"<{self._name} of a report: {len(self):,}>{shown}{more}"

    def _repr_html_(self) -> str:
        from dedupe.renderers.notebook import render_table

        return render_table(self._name, map(_describe, self[:SHOWN_ROWS]), len(self))


def _describe(row: Any) -> str:
    """One row of any part in a line."""
    if isinstance(row, model.Cluster):
        return f"{row.cluster_id}: {row.representative} and {len(row.members) - 1:,} more"
    if isinstance(row, model.DuplicatePair):
        return f"{row.left} ~ {row.right}: {row.relation}, {row.jaccard:.3f}"
    if isinstance(row, model.Member):
        return f"{row.id}: {row.relation}, {row.jaccard:.3f}"
    return f"{row.id}: {row.detail} ({row.reason})"
