"""Writes tables: row groups of Parquet, or record batches of Arrow."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from dedupe.sources.records.removal import Sink

_GROUP_BYTES = 64 << 20
_GROUP_ROWS = 1 << 17


class TableSink:
    """A context in which the rows of one table are written.

    :param format: ``parquet`` or ``arrow``
    :param schema: of pyarrow
    """

    def __init__(self, format: str, schema: Any, sink: Sink) -> None:
        import pyarrow.parquet

        self._schema = schema
        self._held: list[Any] = []
        self._bytes = self._rows = 0
        if format == "parquet":
            self._writer: Any = pyarrow.parquet.ParquetWriter(sink, schema)
        else:
            self._writer = pyarrow.ipc.new_file(sink, schema)

    def write(self, table: Any) -> None:
        """Append rows, which are held until they fill a group."""
        self._held.append(table)
        self._bytes += table.nbytes
        self._rows += table.num_rows
        if self._bytes > _GROUP_BYTES or self._rows > _GROUP_ROWS:
            self._flush()

    def __enter__(self) -> TableSink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()

    def close(self) -> None:
        """Write what is held, and the end of the table."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow

        if self._held:
            self._writer.write_table(pyarrow.concat_tables(self._held))
        self._held, self._bytes, self._rows = [], 0, 0
