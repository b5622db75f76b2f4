"""The explanation of two documents (``dedupe explain``) as text or JSON; one file for each."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.model.output_marks import TEXT_MARK
from dedupe.renderers.explanation.view import ExplanationView

__all__ = ["ExplanationView", "render_explanation"]


def render_explanation(format: str, view: ExplanationView) -> Iterator[bytes]:
    """The explanation as chunks of bytes.

    :param format: ``text`` or ``json``
    """
    if format == "json":
        from dedupe.renderers.explanation.json import render_json_explanation

        yield render_json_explanation(view)
        return
    from dedupe.renderers.explanation.text import render_text_explanation

    if view.options.marked:
        yield TEXT_MARK.encode()
    for chunk in render_text_explanation(view):
        yield chunk.encode("utf-8", "backslashreplace")
