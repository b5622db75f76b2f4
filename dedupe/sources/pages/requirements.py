"""Whether what reads pages is installed; it is an extra, since most corpora hold none."""

from __future__ import annotations

from importlib.util import find_spec

HTML_INSTALL = "pip install 'dedupe-corpus[html]'"

_NEEDED = {"article": ("lxml", "trafilatura"), "text": ("lxml",), "raw": ()}


def missing_html_extra(mode: str) -> str:
    """What to say where pages cannot be read in this mode; nothing where they can."""
    missing = [name for name in _NEEDED[mode] if find_spec(name) is None]
    if not missing:
        return ""
    return f"HTML needs {' and '.join(missing)}: {HTML_INSTALL}, or --html raw"
