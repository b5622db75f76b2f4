"""The text report, for a terminal or a file: clusters, word-level diffs, and a summary."""

from __future__ import annotations

from dedupe.renderers.text.report import render_text
from dedupe.renderers.view.options import DiffMode, TextOptions

__all__ = ["DiffMode", "TextOptions", "render_text"]
