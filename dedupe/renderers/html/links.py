"""The only links of the page: to the files that were read, and to web pages."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from dedupe.model.metadata import host_of
from dedupe.renderers.html.visible import spell_invisible

_WEB: Final = re.compile(r"https?://[^\s\"'<>\\^`{|}]+", re.IGNORECASE)


def source_link(path: str, folder: str) -> str:
    """A link to a file that was read; empty for standard input.

    :param folder: where relative links start
    """
    if path in ("", "-"):
        return ""
    if os.path.isabs(path):
        return "file:///" + _quoted(path).lstrip("/")
    return _relative_link(path, folder or os.curdir, os.getcwd())


@lru_cache(maxsize=1 << 10)  # the documents of a file have one link
def _relative_link(path: str, folder: str, current: str) -> str:
    """The link to a file; ``current`` is the folder that relative paths start at."""
    try:
        return _quoted(os.path.relpath(path, os.path.join(current, folder)))
    except ValueError:  # NUL bytes, or on another drive
        return ""


def web_link(url: str) -> tuple[str, str]:
    """A URL and its host, if the URL is safe to link to; otherwise two empty strings."""
    if not _WEB.fullmatch(url) or spell_invisible(url) != url:
        return "", ""
    host = host_of(url)
    return (url, host) if host else ("", "")


def _quoted(path: str) -> str:
    return quote(os.fsencode(path.replace(os.sep, "/")), safe="/~")
