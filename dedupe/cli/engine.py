"""The engine that a command runs on, and the tables that it writes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dedupe.cli.settings import Settings
from dedupe.model.errors import ConfigError

Write = Callable[[Any], None]


@contextmanager
def open_engine(settings: Settings) -> Iterator[tuple[Any, Write]]:
    """The engine of a scan (``None``: this machine), and what writes the tables of its report.

    :raises ConfigError: if options contradict one another
    :raises EngineError: if Spark is missing or does not start
    :raises InputError: if there are tables already
    """
    chosen = settings.output
    folder, overwrites = chosen["tables"], chosen["overwrite_tables"]
    if chosen["master"] and chosen["engine"] != "spark":
        raise ConfigError("--master is where Spark runs; it needs --engine spark")
    if chosen["engine"] == "local":
        yield None, _write_nothing if not folder else _local_writer(folder, overwrites)
        return
    from dedupe.engines.spark.session import check_config, check_packages, open_session

    check_config(settings.config)
    check_packages()
    # Spark warns that it does not know the newest pandas, of which nothing here is used.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyspark\.")
    with open_session(chosen["master"], settings.config) as session:
        from dedupe.engines.spark.tables import SparkTables
        from dedupe.spark import SparkEngine

        tables = SparkTables(session, folder, overwrites) if folder else None
        yield SparkEngine(session), tables.write if tables else _write_nothing


def _write_nothing(report: Any) -> None:
    """What writes the tables where none are asked for."""


def _local_writer(folder: str, overwrites: bool) -> Write:
    from dedupe.cli.tables import LocalTables

    return LocalTables(folder, overwrites).write
