"""A report for people, in a browser: one file that needs no network, and no script to be read.

jinja2, which fills the templates, is an extra and is imported when a report is rendered.
"""

from __future__ import annotations

from dedupe.renderers.html.environment import check_installed
from dedupe.renderers.html.options import HtmlOptions
from dedupe.renderers.html.page import render_html

__all__ = ["HtmlOptions", "check_installed", "render_html"]
