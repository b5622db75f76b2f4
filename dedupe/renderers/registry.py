"""The list of all output formats: each has one entry here and one module beside this one.

Importing this module imports no renderer; a renderer is imported when its format is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from dedupe.model.output_marks import (
    GITHUB_MARK,
    JUNIT_MARK,
    MARKDOWN_MARK,
    TEXT_MARK,
    mark_unless_empty,
)
from dedupe.renderers.view.options import RenderOptions

if TYPE_CHECKING:
    from dedupe.model.documents import TextProvider
    from dedupe.model.report import Report
    from dedupe.renderers.verdict.view import VerdictView

Renderer = Callable[["Report", "TextProvider", RenderOptions], Iterator[bytes]]

VerdictRenderer = Callable[["VerdictView"], Iterator[bytes]]


class OutputFormat(msgspec.Struct, frozen=True):
    """One output format of reports.

    :param render: writes a report, as chunks of bytes
    :param summary: what the format is, in a few words
    :param endings: file name endings that choose this format, in lower case
    :param check: called before a long scan; raises DedupeError if a library is missing
    :param streams: whether it goes through the parts of a report once and keeps none, so that
        the report need not be in memory as a whole
    :param render_verdict: writes the verdict of ``check``, if the format has a form for verdicts;
        otherwise ``check`` renders the report, with the new duplicates among its options
    """

    render: Renderer
    summary: str
    endings: tuple[str, ...] = ()
    check: Callable[[], None] = lambda: None
    streams: bool = False
    render_verdict: VerdictRenderer | None = None


def format_of_name(path: str) -> str | None:
    """The format that belongs to the ending of a file name; the longest ending wins."""
    name = path.lower()
    found = [(ending, key) for key, each in FORMATS.items() for ending in each.endings]
    fitting = [(len(ending), key) for ending, key in found if name.endswith(ending)]
    return max(fitting)[1] if fitting else None


def _render_text(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.renderers.text import TextOptions, render_text

    chosen = TextOptions(
        width=options.width,
        color=options.color,
        links=options.links,
        diff=options.diff,
        # The mark is a line too.
        lines=options.lines and options.lines - options.marked,
        top=options.top,
        members=options.members,
        diffed=options.diffed,
        hints=options.hints,
        again=options.again,
    )
    mark = [TEXT_MARK] if options.marked else []
    return _encode(chain(mark, render_text(report, texts, chosen)))


def _render_json(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.report.json import stream_json

    return stream_json(report)


def _render_jsonl(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.report.json import render_jsonl

    return render_jsonl(report)


def _render_csv(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.renderers.csv import render_members

    return _encode(render_members(report))


def _render_csv_pairs(
    report: Report, texts: TextProvider, options: RenderOptions
) -> Iterator[bytes]:
    from dedupe.renderers.csv import render_pairs

    return _encode(render_pairs(report))


def _render_csv_passages(
    report: Report, texts: TextProvider, options: RenderOptions
) -> Iterator[bytes]:
    from dedupe.renderers.csv import render_passages

    return _encode(render_passages(report))


def _render_markdown(
    report: Report, texts: TextProvider, options: RenderOptions
) -> Iterator[bytes]:
    from dedupe.renderers.markdown import MarkdownOptions, render_markdown

    chosen = MarkdownOptions(diff=options.diff, top=options.top, max_bytes=options.markdown_limit)
    return _encode(chain([MARKDOWN_MARK], render_markdown(report, texts, chosen)))


def _render_html(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.renderers.html import HtmlOptions, render_html

    chosen = HtmlOptions(
        diff=options.diff != "none", folder=options.output_folder, tell=options.tell
    )
    return render_html(report, texts, chosen)


def _check_html() -> None:
    from dedupe.renderers.html import check_installed

    check_installed()


def _render_sarif(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.renderers.sarif import render_sarif

    yield render_sarif(report, options.folder, options.new)


def _render_github(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.renderers.github import render_github

    return _encode(mark_unless_empty(GITHUB_MARK, render_github(report, options.folder)))


def _render_junit(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.renderers.junit import render_junit

    return _encode(chain([JUNIT_MARK], render_junit(report, options.folder)))


def _render_gitlab(report: Report, texts: TextProvider, options: RenderOptions) -> Iterator[bytes]:
    from dedupe.renderers.gitlab import render_gitlab

    yield render_gitlab(report, options.folder)


def _render_furniture(
    report: Report, texts: TextProvider, options: RenderOptions
) -> Iterator[bytes]:
    from dedupe.renderers.furniture import render_furniture

    return _encode(chain([TEXT_MARK], render_furniture(report)))


def _verdict_in(module: str, name: str, mark: str = "") -> VerdictRenderer:
    """A function of ``renderers.verdict``, which is imported when it is called.

    :param mark: what its output begins with (:mod:`dedupe.model.output_marks`), unless it is empty
    """

    def render(view: VerdictView) -> Iterator[bytes]:
        found = import_module(f"dedupe.renderers.verdict.{module}")
        chunks: Iterator[str | bytes] = iter(getattr(found, name)(view))
        is_marked = mark and (view.options.marked or mark != TEXT_MARK)
        return _encode(mark_unless_empty(mark, chunks) if is_marked else chunks)

    return render


def _encode(chunks: Iterable[str | bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "backslashreplace")


FORMATS: Final[Mapping[str, OutputFormat]] = {
    "text": OutputFormat(
        _render_text,
        "for people, in a terminal",
        (".txt", ".text"),
        render_verdict=_verdict_in("text", "render_text_verdict", TEXT_MARK),
    ),
    "json": OutputFormat(
        _render_json,
        "the whole report",
        (".json",),
        streams=True,
        render_verdict=_verdict_in("json", "render_json_verdict"),
    ),
    "jsonl": OutputFormat(
        _render_jsonl,
        "one cluster a line",
        (".jsonl", ".ndjson"),
        streams=True,
        render_verdict=_verdict_in("json", "render_jsonl_verdict"),
    ),
    "csv": OutputFormat(_render_csv, "one row a document", (".csv",), streams=True),
    "csv-pairs": OutputFormat(_render_csv_pairs, "one row a pair", streams=True),
    "csv-passages": OutputFormat(_render_csv_passages, "one row a shared passage", streams=True),
    "markdown": OutputFormat(
        _render_markdown,
        "for a pull request or a step summary",
        (".md",),
        render_verdict=_verdict_in("markdown", "render_markdown_verdict", MARKDOWN_MARK),
    ),
    "html": OutputFormat(
        _render_html, "a page to look at and search", (".html", ".htm"), _check_html
    ),
    "sarif": OutputFormat(_render_sarif, "for code scanning", (".sarif", ".sarif.json")),
    "junit": OutputFormat(
        _render_junit,
        "JUnit XML, for what shows results of tests",
        (".junit.xml",),
        render_verdict=_verdict_in("junit", "render_junit_verdict", JUNIT_MARK),
    ),
    "github": OutputFormat(
        _render_github,
        "annotations of a GitHub workflow",
        render_verdict=_verdict_in("github", "render_github_verdict", GITHUB_MARK),
    ),
    "gitlab": OutputFormat(
        _render_gitlab,
        "code quality, for merge requests of GitLab",
        ("gl-code-quality-report.json", ".codequality.json"),
        render_verdict=_verdict_in("gitlab", "render_gitlab_verdict"),
    ),
    "furniture": OutputFormat(
        _render_furniture, "the passages of --furniture, for --furniture-list", streams=True
    ),
}
