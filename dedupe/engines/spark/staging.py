"""Frames that are kept as Parquet files in a folder aside, until tables take their final place.

What stands in such files needs no stage to be run again when an executor is lost, and its plan is
short, however many rounds have led to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from dedupe.model.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class StagedFrames:
    """A new folder in the folder of tables, on any file system that Spark knows.

    As a context manager it deletes the folder in the end, and that of the tables if it is new and
    nothing is in it.
    """

    def __init__(self, session: SparkSession, folder: str) -> None:
        self._session = session
        self._final = folder.rstrip("/")
        self._folder = f"{self._final}/.dedupe-{uuid4().hex[:12]}"
        self._schemas: dict[str, Any] = {}
        files, path = self._find(self._final)
        self._was_there = files.exists(path)

    def __enter__(self) -> StagedFrames:
        return self

    def __exit__(self, *_: object) -> None:
        files, path = self._find(self._folder)
        if files.exists(path):
            files.delete(path, True)
        final = path.getParent()
        if not self._was_there and files.exists(final) and not files.listStatus(final):
            files.delete(final, False)

    def append(self, name: str, frame: DataFrame) -> None:
        """Add the rows of a frame to those that are kept under a name."""
        frame.write.mode("append").parquet(f"{self._folder}/{name}")
        self._schemas[name] = frame.schema

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """The same rows, as they are kept under a new name."""
        self.append(name, frame)
        return self.read([name])

    def read(self, names: Iterable[str]) -> DataFrame:
        """All rows that are kept under some names, one at least, which have the same columns."""
        listed = [*names]
        places = [f"{self._folder}/{name}" for name in listed]
        return self._session.read.schema(self._schemas[listed[0]]).parquet(*places)

    def drop(self, name: str) -> None:
        """Delete what is kept under a name."""
        files, path = self._find(f"{self._folder}/{name}")
        files.delete(path, True)

    def publish(self, names: Iterable[str]) -> None:
        """Put what is kept under some names in its final place, instead of what is there.

        :raises EngineError: if the file system does not do that
        """
        for name in names:
            files, path = self._find(f"{self._final}/{name}")
            if files.exists(path):
                files.delete(path, True)
            if not files.rename(self._find(f"{self._folder}/{name}")[1], path):
                raise EngineError(f"{self._final}/{name}: could not be put in its place")

    def _find(self, place: str) -> tuple[Any, Any]:
        """The file system of a place, and its path."""
        context = cast(Any, self._session.sparkContext)
        path = context._jvm.org.apache.hadoop.fs.Path(place)
        return path.getFileSystem(context._jsc.hadoopConfiguration()), path
