"""The verdict of the gate, in the formats that have one of their own; one file a format.

The other formats show the report, and which of its documents are new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

from dedupe.model.marks import GITHUB_MARK, MARKDOWN_MARK, TEXT_MARK, mark_unless_empty
from dedupe.renderers.verdict.view import VerdictView

__all__ = ["VERDICT_FORMATS", "VerdictView", "render_verdict"]

_HOMES: Final = {
    "text": ("text", "render_text_verdict"),
    "json": ("json", "render_json_verdict"),
    "jsonl": ("json", "render_jsonl_verdict"),
    "markdown": ("markdown", "render_markdown_verdict"),
    "github": ("github", "render_github_verdict"),
}
VERDICT_FORMATS: Final = tuple(_HOMES)

_MARKS: Final = {"text": TEXT_MARK, "markdown": MARKDOWN_MARK, "github": GITHUB_MARK}
"""What formats without keys begin with (:mod:`dedupe.model.marks`)."""


def render_verdict(format: str, view: VerdictView) -> Iterator[bytes]:
    """The verdict as chunks.

    :param format: one of ``VERDICT_FORMATS``; its module is imported now
    """
    module, name = _HOMES[format]
    render: Callable[[VerdictView], Iterator[str | bytes]] = getattr(
        import_module(f"{__name__}.{module}"), name
    )
    mark = _MARKS.get(format, "") if view.options.marked or format != "text" else ""
    chunks = iter(render(view))
    for chunk in mark_unless_empty(mark, chunks) if mark else chunks:
        yield chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "backslashreplace")
