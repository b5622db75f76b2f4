"""The HTML report: one file that needs no network, and that can be read without scripts.

jinja2 fills the templates. It is an optional dependency and imported only to render a report.
The modules are imported on first use, because helper processes only compare texts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedupe.renderers.html.environment import check_installed
    from dedupe.renderers.html.options import HtmlOptions
    from dedupe.renderers.html.page import render_html

_HOMES = {"HtmlOptions": "options", "check_installed": "environment", "render_html": "page"}

__all__ = ["HtmlOptions", "check_installed", "render_html"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
