"""The HTML report: one file that needs no network, and that can be read without scripts.

jinja2 fills the templates. It is an optional dependency and imported only to render a report.
"""

from __future__ import annotations

from dedupe.renderers.html.environment import check_installed
from dedupe.renderers.html.options import HtmlOptions
from dedupe.renderers.html.page import render_html

__all__ = ["HtmlOptions", "check_installed", "render_html"]
