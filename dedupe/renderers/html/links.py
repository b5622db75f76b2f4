"""Where links lead: to the files that were read, and to web pages; nowhere else."""

from __future__ import annotations

import os
import re
from typing import Final
from urllib.parse import quote

from dedupe.model.metadata import host_of
from dedupe.renderers.html.visible import spell_invisible

_WEB: Final = re.compile(r"https?://[^\s\"'<>\\^`{|}]+", re.IGNORECASE)


def source_link(path: str, folder: str) -> str:
    """A link to a file that was read; empty for standard input.

    :param folder: from which a relative link starts
    """
    if path in ("", "-"):
        return ""
    if os.path.isabs(path):
        return "file:///" + _quoted(path).lstrip("/")
    try:
        return _quoted(os.path.relpath(path, folder or os.curdir))
    except ValueError:  # NUL bytes, or on another drive
        return ""


def web_link(url: str) -> tuple[str, str]:
    """A URL that may be a link, and its host; both empty where it may not be one."""
    if not _WEB.fullmatch(url) or spell_invisible(url) != url:
        return "", ""
    host = host_of(url)
    return (url, host) if host else ("", "")


def _quoted(path: str) -> str:
    return quote(os.fsencode(path.replace(os.sep, "/")), safe="/~")
