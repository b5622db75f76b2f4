"""Scans on Spark from Python: the engine, data frames as corpora, and reports as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import xxhash

from dedupe import sketch
from dedupe.engines.spark.corpora import RowCorpus, RowSource, SparkCorpus
from dedupe.engines.spark.data_frame import choose_columns, read_frame
from dedupe.engines.spark.engine import SparkEngine
from dedupe.engines.spark.failures import tell_failures
from dedupe.engines.spark.session import check_packages
from dedupe.engines.spark.table_scan import TableCounts
from dedupe.engines.spark.tables import SparkTables
from dedupe.model import report as model
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.notebook.report import Report
from dedupe.pipeline.scan import scan_corpus
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.origin import CorpusOrigin
from dedupe.sources.records.fields import as_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = [
    "SparkEngine",
    "TableCounts",
    "scan_dataframe",
    "scan_dataframe_into_tables",
    "scan_into_tables",
    "write_tables",
]

IDS_AT_ONCE = 10_000


def scan_dataframe(
    df: DataFrame,
    id: str = "id",
    text: str = "text",
    config: Config | None = None,
    *,
    against: DataFrame | None = None,
) -> Report:
    """Find the near-duplicates among the rows of a data frame.

    The texts never leave the executors that read them, except those that ``embed_text`` asks for.
    Columns of metadata (``url``, ``date``, ``site`` and those of ``meta_field``) are used as those
    of a Parquet file are. Rows without a text are skipped, and told in the report.

    :param id: the column of ids; numbers and repeated ids are allowed, a row without one is not
    :param text: the column of texts; a dotted path leads into a struct
    :param config: settings; those for reading files have no effect
    :param against: rows of reference documents, with the same columns
    :raises EngineError: if Spark fails
    :raises InputError: if a column is missing, or a row has no id
    """
    check_packages()
    config = msgspec.structs.replace(config or Config(), id_field=id, text_field=(text,))
    engine = SparkEngine(df.sparkSession)
    kernels = sketch.load_kernels(config.kernels)
    report = scan_corpus(_open_rows(df, against, config), config, engine, kernels, Progress())
    if not config.embed_text:
        return Report.of(report)
    with tell_failures():
        chosen = (frame.select(id, text) for frame in (against, df) if frame is not None)
        texts = _find_texts(chosen, report.content_hashes())
    return Report.of(msgspec.structs.replace(report, texts=texts))


def _open_rows(df: DataFrame, against: DataFrame | None, config: Config) -> RowCorpus:
    frames = [(frame, frame is against) for frame in (against, df) if frame is not None]
    return RowCorpus(
        [
            RowSource(
                choose_columns(frame, config),
                partial(read_frame, settings=config.settings, is_reference=is_reference),
            )
            for frame, is_reference in frames
        ]
    )


def scan_dataframe_into_tables(
    df: DataFrame,
    folder: str,
    id: str = "id",
    text: str = "text",
    config: Config | None = None,
    *,
    against: DataFrame | None = None,
    overwrites: bool = False,
) -> TableCounts:
    """Scan the rows of a data frame, and write tables in place of a report.

    It is for corpora whose report the driver could not hold: pairs and clusters stay on the
    executors. Parameters and errors are those of :func:`scan_dataframe` and :func:`write_tables`.

    :raises ConfigError: if the linkage is not ``star``, or texts are asked for
    """
    check_packages()
    config = msgspec.structs.replace(config or Config(), id_field=id, text_field=(text,))
    tables = SparkTables(df.sparkSession, folder, overwrites)
    corpus = _open_rows(df, against, config)
    engine = SparkEngine(df.sparkSession)
    return _write_alone(engine, corpus, config, tables, CorpusOrigin(), Progress())


def scan_into_tables(
    paths: Sequence[str],
    engine: SparkEngine,
    folder: str,
    config: Config | None = None,
    *,
    against: Sequence[str] = (),
    overwrites: bool = False,
    listener: Callable[[Progress], None] | None = None,
) -> TableCounts:
    """Scan files and folders, and write tables in place of a report.

    It is for corpora whose report the driver could not hold: pairs and clusters stay on the
    executors. Parameters and errors are those of :func:`dedupe.scan` and :func:`write_tables`.

    :param listener: called with the progress, in this thread
    :raises ConfigError: if the linkage is not ``star``, or texts are asked for
    """
    config = config or Config()
    tables = SparkTables(engine.session, folder, overwrites)
    opened = engine.open(paths, against, config)
    return _write_alone(engine, opened.items, config, tables, opened.origin, Progress(listener))


def _write_alone(
    engine: SparkEngine,
    corpus: SparkCorpus,
    config: Config,
    tables: SparkTables,
    origin: CorpusOrigin,
    progress: Progress,
) -> TableCounts:
    kernels = sketch.load_kernels(config.kernels)
    return engine.write_tables(
        corpus, config, tables, kernels=kernels, progress=progress, origin=origin
    )


def write_tables(
    report: model.Report, df: DataFrame, folder: str, *, overwrites: bool = False
) -> None:
    """Write pairs, members and skipped documents of a report as tables (see ``docs/scale.md``).

    :param df: any data frame of the session that is to write them
    :param folder: a path or URL on any file system that Spark knows
    :param overwrites: whether tables that are there are replaced
    :raises EngineError: if they cannot be written
    :raises InputError: if the folder exists and ``overwrites`` is not given
    """
    SparkTables(df.sparkSession, folder, overwrites).write(report)


def _find_texts(frames: Iterable[DataFrame], hashes: Mapping[str, str]) -> dict[str, str]:
    """The texts of reported documents, of which each frame sends those with such ids alone.

    :param frames: of two columns, id and text
    :param hashes: the content hash of each document by its id in the report, to which a number was
        added where several rows had one id
    """
    by_own_id: dict[str, list[str]] = {}
    for reported in hashes:
        for own in {reported, reported.rpartition("#")[0]} - {""}:
            by_own_id.setdefault(own, []).append(reported)
    found: dict[str, str] = {}
    for frame in frames:
        for own, value in _select_rows(frame, [*by_own_id]):
            text = as_text(value)
            data = encode_text(text) if type(text) is str else b""
            content_hash = xxhash.xxh3_128_hexdigest(data)
            for reported in by_own_id[own]:
                if hashes[reported] == content_hash:
                    found[reported] = data.decode()
    return dict(sorted(found.items()))


def _select_rows(frame: DataFrame, ids: list[str]) -> Iterator[tuple[str, Any]]:
    """The ids and texts of those rows of a frame that have these ids."""
    from pyspark.sql.functions import broadcast, col

    id, text = frame.columns
    named = frame.select(col(f"`{id}`").cast("string").alias("id"), col(f"`{text}`").alias("text"))
    for begin in range(0, len(ids), IDS_AT_ONCE):
        part = [(each,) for each in ids[begin : begin + IDS_AT_ONCE]]
        wanted = broadcast(frame.sparkSession.createDataFrame(part, "id string"))
        for row in named.join(wanted, "id").where("text is not null").toLocalIterator():
            yield row["id"], row["text"]
