"""Writes the tables of a report as Parquet files into a folder of this machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import partial
from typing import Any

from dedupe.model.errors import InputError


class LocalTables:
    """The tables of a folder: all of them are there in the end, or none is new."""

    def __init__(self, folder: str, overwrites: bool) -> None:
        """Check the folder, before anything is read.

        :param overwrites: whether tables that are there are replaced
        :raises EngineError: if pyarrow is missing
        :raises InputError: if the folder exists and ``overwrites`` is not given, or it cannot be
            made
        """
        from dedupe.report.tables import check_pyarrow

        check_pyarrow()
        if "://" in folder:
            raise InputError(f"{folder}: with --engine local, --tables is a folder of this machine")
        if os.path.lexists(folder) and not (overwrites and os.path.isdir(folder)):
            raise InputError(f"{folder}: is there already; --overwrite-tables replaces its tables")
        if not os.path.isdir(os.path.dirname(os.path.abspath(folder))):
            raise InputError(f"{folder}: the folder to make it in does not exist")
        self._folder = folder
        self._check_replaced()

    def _check_replaced(self) -> None:
        """:raises InputError: if something else than tables is where they will be written"""
        from dedupe.report.tables import TABLES, check_replaced

        for name in TABLES:
            place = os.path.join(self._folder, name)
            if os.path.islink(place) or (os.path.lexists(place) and not os.path.isdir(place)):
                raise InputError(f"{place}: is no folder of a table, and so is not replaced")
            if os.path.isdir(place):
                check_replaced(place, os.listdir(place), partial(_columns, place))

    def write(self, report: Any) -> None:
        """Write all tables.

        :raises InputError: if they cannot be written
        """
        from pyarrow.parquet import ParquetWriter

        from dedupe.report.tables import TABLES, iter_table, table_schema

        try:
            os.makedirs(self._folder, exist_ok=True)
            self._check_replaced()
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".dedupe-") as staged:
                for name in TABLES:
                    os.mkdir(os.path.join(staged, name))
                    path = os.path.join(staged, name, "part-0.parquet")
                    with ParquetWriter(path, table_schema(name)) as writer:
                        for batch in iter_table(report, name):
                            writer.write_batch(batch)
                for name in TABLES:
                    final = os.path.join(self._folder, name)
                    if os.path.lexists(final):
                        shutil.rmtree(final)
                    os.rename(os.path.join(staged, name), final)
        except OSError as error:
            raise InputError(f"{self._folder}: cannot be written: {error.strerror}") from error


def _columns(folder: str, file: str) -> object:
    """The names of the columns of a Parquet file; none if it cannot be read."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        return read_schema(os.path.join(folder, file)).names
    except (ArrowException, OSError):
        return None
