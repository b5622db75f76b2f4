"""The public functions of the package; ``docs/api.md`` says which are stable."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from dedupe import sketch
from dedupe.engines.local import run_locally
from dedupe.furniture.examples import with_passage_texts
from dedupe.model import report as model
from dedupe.model.documents import CorpusItems, TextProvider
from dedupe.model.errors import ApplyError, InputError
from dedupe.model.kernels import Kernels
from dedupe.model.progress import Progress
from dedupe.model.remarks import NamedRemark, first_names, group_remarks
from dedupe.model.settings import Config
from dedupe.notebook.given import are_paths, choose_settings, open_memory, refuse_file_names
from dedupe.notebook.progress import show_progress_of_api as show_progress
from dedupe.notebook.report import Report
from dedupe.pipeline.engine import OpenedCorpus, PathEngine
from dedupe.pipeline.scan import scan_corpus
from dedupe.report.rows import materialise
from dedupe.sources import SourceTexts, read_corpus
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.source import Source
from dedupe.sources.files.spool import Spool
from dedupe.sources.formats.recognition import STREAM_HINT
from dedupe.sources.memory import MemoryTexts, take_rows
from dedupe.sources.origin import CorpusOrigin, ReadingCounts
from dedupe.sources.reasons import NOT_JSON
from dedupe.store.document_marks import ScannedTexts

if TYPE_CHECKING:
    from dedupe.applying import Outcome
    from dedupe.passages.locating import IterTexts

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_SHOWN_DETAILS = 3
_SHOWN_NAMES = 3


def scan(
    paths: Any,
    config: Config | None = None,
    *,
    against: Any = (),
    text: str | Sequence[str] | None = None,
    id: str | None = None,
    engine: PathEngine | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Report:
    """Find the near-duplicates among the documents of files and folders, or of data in memory.

    :param paths: one path or several (``-`` is standard input); or data as in
        :func:`find_duplicates`, except a list of strings, which are paths here
    :param config: settings; the defaults if none are given
    :param against: paths (or data) of reference documents: duplicates of these are found too, but
        they are never duplicates themselves (see ``docs/against.md``)
    :param text: the field or column of texts, as ``text_field``; several are joined
    :param id: the field or column of ids, as ``id_field``
    :param engine: a :class:`dedupe.SparkEngine`, to scan on Spark (see ``docs/scale.md``)
    :param progress: whether progress is shown; if not given, in notebooks and on terminals
    :param settings: settings by name, which take the place of those in ``config``
    :raises EngineError: if Spark fails
    :raises InputError: if no path is given, or nothing at all could be read
    :raises ConfigError: if the settings contradict one another
    :raises KernelsError: if the compiled kernels are asked for and missing
    """
    paths = list(paths) if isinstance(paths, Iterator) else paths
    if not are_paths(paths):
        if engine is not None:
            raise TypeError("an engine reads files; dedupe.spark.scan_dataframe takes data frames")
        refuse_file_names(paths)
        return find_duplicates(
            paths, config, text=text, id=id, against=against, progress=progress, **settings
        )
    if not are_paths(against):
        raise TypeError("against must be paths, as what is scanned; or both must be data")
    named, references = _list_paths(paths), _list_paths(against)
    if not named:
        raise InputError("no path was given")
    config = choose_settings(config, text, id, settings)
    scanned = ScannedTexts() if engine is None else None
    with show_progress(progress) as listener:
        report, texts = scan_with_texts(
            named,
            config,
            listener=listener,
            against=references,
            scanned=scanned,
            engine=engine,
        )
    return Report.of(report, texts, scanned)


def clean(
    paths: Paths,
    output: str | os.PathLike[str],
    config: Config | None = None,
    *,
    against: Paths = (),
    protect: Sequence[str] = (),
    drop: Sequence[str] = (),
    sure: bool = False,
    **settings: Any,
) -> Outcome:
    """Write the documents of files and folders without their duplicates, as ``dedupe clean`` does.

    :param output: a new file, whose ending says in which form, or a new folder
    :param against: as in :func:`scan`
    :param protect: patterns of ids and files that stay
    :param drop: relations of other documents that go too: ``contained``
    :param sure: whether to go on in spite of doubts, which are an error otherwise
    :param settings: settings by name, as in :func:`scan`
    :raises ApplyError: if there are doubts, or the output cannot be written; nothing was written
    :raises DedupeError: as :func:`scan` does
    """
    from dedupe import applying

    config = choose_settings(config, None, None, settings)
    found = tuple(dict.fromkeys([*config.find, *drop]))
    config = msgspec.structs.replace(config, keep_stream=True, find=found)
    streams: dict[str, Spool] = {}
    report, _ = scan_with_texts(
        _list_paths(paths),
        config,
        against=_list_paths(against),
        streams=streams,
        embeds_streams=False,
    )
    plan = applying.plan_drops(report, protect, drop)
    documents = applying.CurrentDocuments(report, streams)
    doubts = [
        *applying.find_doubts(report, plan, documents),
        *applying.find_losses(report, documents, os.fspath(output)),
    ]
    if doubts and not sure:
        raise ApplyError("; ".join(doubt.detail for doubt in doubts))
    return applying.write_output(report, plan, os.fspath(output), streams=streams)


def find_duplicates(
    texts: Any,
    config: Config | None = None,
    *,
    against: Any = None,
    text: str | Sequence[str] | None = None,
    id: str | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Report:
    """Find the near-duplicates among texts in memory.

    Texts are a list of strings, of pairs (id, text) or of records (dictionaries); a mapping from id
    to text; a frame or series of pandas or polars; a table or column of Arrow; a NumPy array; a
    data set of Hugging Face (see ``docs/api.md``). Documents without an id are named by their row.

    :param config: settings; those for finding and reading files have no effect
    :param against: reference documents, of any of these kinds, which are used as in :func:`scan`
    :param text: the column of texts, or several, which are joined; else one with a usual name
    :param id: the column of ids; else ``id``, or the index of a data frame of pandas
    :param progress: as in :func:`scan`
    :param settings: settings by name, which take the place of those in ``config``
    :raises TypeError: if they are of no such type
    :raises InputError: if a column is missing
    """
    config = choose_settings(config, text, id, settings)
    documents = open_memory(texts, config, text, id)
    has_references = against is not None and not (isinstance(against, tuple) and not against)
    references = open_memory(against, config, text, id, "against:") if has_references else None
    kernels = sketch.load_kernels(config.kernels)
    items = CorpusItems(documents, references if references is not None else ())
    scanned = ScannedTexts()
    with show_progress(progress) as listener:
        report = scan_corpus(
            items,
            config,
            run_locally,
            kernels,
            Progress(listener),
            origin=CorpusOrigin(text_fields=documents.text_fields),
            scanned=scanned,
        )
    hashes = report.content_hashes()
    report, rows = take_rows(report)
    provider = MemoryTexts(report, rows, documents, references, hashes)
    report = _locate_passages(report, provider.iter_texts)
    report = with_passage_texts(report, provider.read_texts)
    if config.embed_text:
        embedded = provider.read_texts(_reported_ids(report))
        report = msgspec.structs.replace(report, texts=embedded)
    return Report.of(report, provider, scanned)


def scan_with_texts(
    paths: Sequence[str],
    config: Config,
    kernels: Kernels | None = None,
    listener: Callable[[Progress], None] | None = None,
    stdin: Any = None,
    against: Sequence[str] = (),
    streamed: bool = False,
    scanned: ScannedTexts | None = None,
    engine: PathEngine | None = None,
    streams: dict[str, Spool] | None = None,
    embeds_streams: bool = True,
) -> tuple[model.Report, TextProvider]:
    """Scan as :func:`scan` does; returns the report and a provider of its documents' texts.

    :param listener: called with the progress, in this thread
    :param stdin: a binary stream to read for ``-``, instead of that of the process
    :param streamed: as in :func:`scan_corpus`; has no effect if the report contains texts
    :param scanned: gets the marks of all documents, for ``dedupe check``
    :param engine: as in :func:`scan`
    :param streams: gets what was kept of standard input and pipes, by path
    :param embeds_streams: whether the report holds the texts that come from there
    """
    if engine is None:
        opened = _open_locally(paths, config, stdin, against)
    else:
        opened = engine.open(paths, against, config)
    report = scan_corpus(
        opened.items,
        config,
        engine or run_locally,
        kernels or sketch.load_kernels(config.kernels),
        Progress(listener, input_bytes=opened.input_bytes),
        origin=opened.origin,
        streamed=streamed,
        scanned=scanned,
    )
    _check_anything_read(report, has_references=bool(against))
    sources = opened.sources()
    report = _locate_passages(report, SourceTexts.of_report(report, sources or None).iter_texts)
    kept = {source.path: source.spool for source in sources if source.spool and not source.member}
    if streams is not None:
        streams.update(kept)
    if config.embed_text or (embeds_streams and any(map(_is_kept_stream, sources))):
        report = materialise(report)
        texts = SourceTexts.of_report(report, sources or None)
        embedded = texts.read_texts(_reported_ids(report))
        report = msgspec.structs.replace(report, texts=embedded)
        report = with_passage_texts(report, texts.read_texts)
    else:
        report = with_passage_texts(
            report, SourceTexts.of_report(report, sources or None).read_texts
        )
    # The provider uses nothing but the report, so that a saved report shows the same texts.
    return report, SourceTexts.of_report(report)


def _is_kept_stream(source: Source) -> bool:
    """Whether only this process can read the texts of a source, so that a report must hold them."""
    return source.spool is not None and source.spool.is_kept


def _open_locally(
    paths: Sequence[str], config: Config, stdin: Any, against: Sequence[str]
) -> OpenedCorpus:
    """A corpus for the engine on this machine."""
    corpus = read_corpus(
        paths, config.settings, stdin=stdin, workers=config.worker_count, against=against
    )
    return OpenedCorpus(
        CorpusItems(corpus, corpus.references() if against else ()),
        CorpusOrigin(
            tuple(map(readable_name, paths)),
            tuple(map(readable_name, against)),
            lambda: corpus.source_infos,
            corpus.skipped_locators,
            corpus.text_field_counts,
            lambda: ReadingCounts(corpus.encoding_counts, corpus.html_counts, corpus.format_counts),
        ),
        lambda: corpus.input_bytes,
        lambda: corpus.sources,
    )


def _locate_passages(report: model.Report, iter_texts: IterTexts) -> model.Report:
    """The report with the characters of its passages, if it has any."""
    if not report.contained and not report.passages:
        return report
    from dedupe.passages.locating import locate_shared_texts

    return locate_shared_texts(report, iter_texts)


def _list_paths(paths: Paths) -> list[str]:
    listed = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    return [os.fspath(path) for path in listed]


def _reported_ids(report: model.Report) -> list[str]:
    """The ids of all documents in clusters, and of the ends of bridges, sorted."""
    return sorted(document.id for document in report.documents())


def _check_anything_read(report: model.Report, has_references: bool) -> None:
    """:raises InputError: if there is no document, or no reference document of those named"""
    if report.corpus.document_count == 0:
        raise InputError(_explain_nothing_read(report))
    if has_references and report.corpus.reference_count == 0:
        raise InputError(_explain_nothing_read(report, "no reference document (--against)"))


def _explain_nothing_read(report: model.Report, what: str = "no document") -> str:
    """The message of the error that nothing could be read: the first reasons, and counts.

    :param what: the subject of the message
    """
    lines = [f"{what} could be read"]
    by_reason: dict[str, list[NamedRemark]] = {}
    found: Iterable[NamedRemark] = chain(report.named_skipped(), report.named_notices())
    for remark in found:
        by_reason.setdefault(remark[0].reason, []).append(remark)
    for reason, remarks in by_reason.items():
        rest = len(remarks)
        for detail, names in group_remarks(remarks)[:_SHOWN_DETAILS]:
            rest -= len(names)
            shown = first_names(names, _SHOWN_NAMES)
            more = f", … {len(names) - len(shown)} more" if len(shown) < len(names) else ""
            lines.append(f"  {', '.join(shown)}{more}: {detail} ({reason})")
        lines += [f"  … and {rest} more of {reason}"] if rest else []
    broken = (name for _, name in by_reason.get(NOT_JSON, ()))
    if any(name.startswith(("-:", "/dev/fd/")) for name in broken):
        lines.append(f"  {STREAM_HINT}")
    if told := report.corpus.too_short_count:
        least = report.config.min_tokens
        lines.append(f"  documents of fewer than {least:,} words (--min-tokens): {told:,}")
    elif not report.skipped:
        lines.append("  the input is empty, or holds only what is no document")
    return "\n".join(lines)
