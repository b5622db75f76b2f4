"""Writes the tables of a report as Parquet, on whatever file system Spark knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from dedupe.engines.spark.failures import tell_failures
from dedupe.model.errors import InputError
from dedupe.model.report import Report
from dedupe.report.tables import TABLES, check_replaced, iter_table

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
        """Write all tables, each as a folder of Parquet files.

        :raises EngineError: if Spark cannot write them
        """
        for name in TABLES:
            place = f"{self._folder.rstrip('/')}/{name}"
            with tell_failures(f"{place}: cannot be written"):
                files, is_there = self._find(place)
                if is_there:
                    self._check_replaced(place)
                    files.delete(self._path(place), True)
                for batch in iter_table(report, name):
                    self._append(batch, place)

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

    def _append(self, batch: Any, place: str) -> None:
        import pyarrow as pa

        frame = self._session.createDataFrame(pa.Table.from_batches([batch]))
        frame.coalesce(1).write.mode("append").parquet(place)

    def _path(self, place: str) -> Any:
        java = cast(Any, self._session.sparkContext)._jvm
        return java.org.apache.hadoop.fs.Path(place)

    def _find(self, place: str) -> tuple[Any, bool]:
        """The file system of a place, and whether something is there."""
        path = self._path(place)
        context = cast(Any, self._session.sparkContext)
        files = path.getFileSystem(context._jsc.hadoopConfiguration())
        return files, files.exists(path)
