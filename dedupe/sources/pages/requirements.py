"""Checks whether the packages that read pages, which are an optional extra, are installed."""

from __future__ import annotations

from importlib.util import find_spec

from dedupe.model.installation import install_command

_NEEDED = {"article": ("lxml", "trafilatura"), "text": ("lxml",), "raw": ()}


def missing_html_extra(mode: str) -> str:
    """A message with the command that installs what a mode needs; empty where it is there.

    :param mode: the setting ``html``: ``article``, ``text`` or ``raw``
    """
    missing = [name for name in _NEEDED[mode] if find_spec(name) is None]
    if not missing:
        return ""
    return f"HTML needs {' and '.join(missing)}: {install_command('html')}, or --html raw"
