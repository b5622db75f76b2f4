"""Two documents of a report compared: their difference, and what a scan made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dedupe.explain import FoundDocument, explain_pair, find_in_report
from dedupe.explain.saved import PairInReport
from dedupe.model.documents import TextBatch
from dedupe.model.errors import InputError
from dedupe.notebook.shown import Shown
from dedupe.renderers.notebook import render_difference, render_difference_html
from dedupe.renderers.view.options import RenderOptions
from dedupe.renderers.view.terminal import escape_text
from dedupe.sketch import load_kernels, tokenize_text

if TYPE_CHECKING:
    from dedupe.notebook.sourced import SourcedReport
    from dedupe.sources.memory import MemoryTexts


def diff(report: SourcedReport, left: str, right: str, full: bool) -> Shown:
    """The difference of two documents, in words."""
    from dedupe.diff import diff_texts

    (first, second), _ = _find(report, left, right)
    for found in (first, second):
        if found.text is None:
            raise InputError(f"{found.id}: {found.problem or 'its text cannot be read'}")
    assert first.text is not None and second.text is not None
    made = diff_texts(first.text, second.text, tokenize_text)
    head = f"{escape_text(first.id)} → {escape_text(second.id)}\n"
    html = render_difference_html(made, full)
    return Shown(made, lambda: head + render_difference(made, full), html)


def explain(report: SourcedReport, left: str, right: str, passages: int) -> Shown:
    """What ``dedupe explain`` tells of two documents."""
    from dedupe.renderers.explanation import ExplanationView
    from dedupe.renderers.explanation.text import render_text_explanation

    (first, second), in_report = _find(report, left, right)
    kernels = load_kernels()
    found = explain_pair(first, second, report.config, kernels, in_report, True)
    view = ExplanationView(found, RenderOptions(marked=False), passages)
    return Shown(found, lambda: "".join(render_text_explanation(view)))


def _find(
    report: SourcedReport, left: str, right: str
) -> tuple[list[FoundDocument], PairInReport | None]:
    """The documents of two names, and what the report says of them where it lists both.

    :raises InputError: if one is not there, or both are the same
    """
    names, memory = (left, right), report.memory
    listed = {document.id for document in report.documents()}
    if memory is None or listed >= {*names}:
        return find_in_report(names, report, report.text_provider, "this report")
    if left == right:
        raise InputError(f"{left} and {right} are one document; name two")
    found = dict(_search(memory, {*names}))
    if missing := [name for name in names if name not in found]:
        raise InputError(f"{missing[0]}: is the id of no document")
    return [FoundDocument(name, found[name]) for name in names], None


def _search(memory: MemoryTexts, ids: set[str]) -> Iterator[tuple[str, str]]:
    """The texts of documents that are in no cluster, searched among all that were given."""
    for corpus in memory.corpora():
        for batch in corpus:
            if not isinstance(batch, TextBatch):
                continue
            for row, id in enumerate(batch.ids):
                if id in ids:
                    begin, end = batch.offsets[row : row + 2].tolist()
                    yield id, batch.data[begin:end].tobytes().decode()
