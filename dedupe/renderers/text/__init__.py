"""A report for people, in a terminal or a file: clusters, word-level diffs, what to make of it."""

from __future__ import annotations

from dedupe.renderers.text.report import render_text
from dedupe.renderers.view.options import DiffMode, TextOptions

__all__ = ["DiffMode", "TextOptions", "render_text"]
