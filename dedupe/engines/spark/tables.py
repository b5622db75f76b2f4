"""Writes the tables of a report as Parquet, on whatever file system Spark knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from dedupe.engines.spark.failures import tell_failures
from dedupe.engines.spark.staging import StagedFrames
from dedupe.model.errors import InputError
from dedupe.model.report import Report
from dedupe.report.tables import TABLES, check_replaced, iter_batches, iter_table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkTables:
    """The tables of a folder that Spark writes."""

    def __init__(self, session: SparkSession, folder: str, overwrites: bool = False) -> None:
        """Check the folder, before anything is read.

        :param folder: a path or URL of any file system that Spark knows
        :param overwrites: whether tables that are there are replaced
        :raises EngineError: if Spark does not know the file system
        :raises InputError: if the folder exists and ``overwrites`` is not given, or something else
            than tables would be replaced
        """
        self._session = session
        self._folder = folder
        with tell_failures(f"{folder}: the tables cannot be written there"):
            if self._find(folder)[1] and not overwrites:
                told = "is there already; --overwrite-tables (overwrites=True) replaces its tables"
                raise InputError(f"{folder}: {told}")
            for name in TABLES:
                self._check_replaced(f"{folder.rstrip('/')}/{name}")

    def write(self, report: Report) -> None:
        """Write all tables, each as a folder of Parquet files: all of them, or none is new.

        :raises EngineError: if Spark cannot write them
        """
        told = f"{self._folder}: the tables cannot be written there"
        with tell_failures(told), self.stage() as staged:
            for name in TABLES:
                self._append(staged, name, iter_table(report, name))
            self.publish(staged)

    def stage(self) -> StagedFrames:
        """A folder aside, in which tables are made."""
        return StagedFrames(self._session, self._folder)

    def stage_rows(self, staged: StagedFrames, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows of the driver as a table aside."""
        self._append(staged, name, iter_batches(name, rows))

    def publish(self, staged: StagedFrames) -> None:
        """Put all tables in their place, instead of those that are there.

        :raises InputError: if something else than a table is there by now
        """
        for name in TABLES:
            self._check_replaced(f"{self._folder.rstrip('/')}/{name}")
        staged.publish(TABLES)

    def _check_replaced(self, place: str) -> None:
        """:raises InputError: if something else than a table is there"""
        files, is_there = self._find(place)
        if is_there:
            names = [each.getPath().getName() for each in files.listStatus(self._path(place))]
            check_replaced(place, names, lambda file: self._columns(f"{place}/{file}"))

    def _columns(self, file: str) -> object:
        """The names of the columns of a Parquet file; none if it cannot be read."""
        from pyspark.errors import PySparkException

        try:
            return self._session.read.parquet(file).columns
        except PySparkException:
            return None

    def _append(self, staged: StagedFrames, name: str, batches: Iterable[Any]) -> None:
        import pyarrow as pa

        for batch in batches:
            frame = self._session.createDataFrame(pa.Table.from_batches([batch]))
            staged.append(name, frame.coalesce(1))

    def _path(self, place: str) -> Any:
        java = cast(Any, self._session.sparkContext)._jvm
        return java.org.apache.hadoop.fs.Path(place)

    def _find(self, place: str) -> tuple[Any, bool]:
        """The file system of a place, and whether something is there."""
        path = self._path(place)
        context = cast(Any, self._session.sparkContext)
        files = path.getFileSystem(context._jsc.hadoopConfiguration())
        return files, files.exists(path)
