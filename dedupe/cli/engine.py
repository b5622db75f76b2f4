"""The engine that a command runs on, and the tables that it writes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from dedupe.cli import EXIT_ERROR, EXIT_FAILED, note_exit_code
from dedupe.cli.messages import say
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
    with _open_session(settings) as session:
        from dedupe.engines.spark.tables import SparkTables
        from dedupe.spark import SparkEngine

        tables = SparkTables(session, folder, overwrites) if folder else None
        yield SparkEngine(session), tables.write if tables else _write_nothing


def _open_session(settings: Settings, tables_alone: bool = False) -> AbstractContextManager[Any]:
    """The session of a command, once its settings were checked."""
    from dedupe.engines.spark.session import check_config, check_packages, open_session

    check_config(settings.config, tables_alone)
    check_packages()
    # Spark warns that it does not know the newest pandas, of which nothing here is used.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyspark\.")
    return open_session(settings.output["master"], settings.config)


def refuse_outputs(named_outputs: Sequence[str], settings: Settings) -> None:
    """:raises ConfigError: if a report is asked for where tables alone are to be written"""
    if named_outputs or settings.origins["format"] == "command line":
        raise ConfigError("--tables-alone makes no report; leave out --output and --format")
    if settings.output["engine"] != "spark":
        raise ConfigError("--tables-alone is for Spark; it needs --engine spark")


def scan_into_tables(paths: Sequence[str], settings: Settings) -> int:
    """Scan on Spark, and write tables in place of a report; the exit code."""
    from dedupe.notebook.progress import show_progress
    from dedupe.sources import unreadable_paths

    with _open_session(settings, tables_alone=True) as session:
        from dedupe.spark import SparkEngine
        from dedupe.spark import scan_into_tables as scan

        chosen = settings.output
        with show_progress(chosen["progress"], chosen["quiet"]) as listener:
            found = scan(
                paths,
                SparkEngine(session),
                chosen["tables"],
                settings.config,
                against=settings.against,
                overwrites=chosen["overwrite_tables"],
                listener=listener,
            )
    if not chosen["quiet"]:
        told = (
            f"{found.document_count:,} documents: {found.pair_count:,} pairs, "
            f"{found.member_count:,} members of {found.cluster_count:,} clusters, "
            f"{len(found.skipped):,} skipped documents"
        )
        say("note", f"{chosen['tables']} has the tables of {told}")
    unread = unreadable_paths(found.skipped, (*paths, *settings.against))
    if unread:
        say("error", "could not be read: " + ", ".join(unread))
    code = EXIT_FAILED if chosen["exit_code"] and found.cluster_count else 0
    return note_exit_code(EXIT_ERROR if unread else code)


def _write_nothing(report: Any) -> None:
    """What writes the tables where none are asked for."""


def _local_writer(folder: str, overwrites: bool) -> Write:
    from dedupe.cli.tables import LocalTables

    return LocalTables(folder, overwrites).write
