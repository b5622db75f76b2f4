"""Options of the HTML report."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class HtmlOptions(msgspec.Struct, frozen=True):
    """How a report is written.

    :param diff: whether texts are read and differences shown
    :param folder: the folder of the output file, where relative links to sources start (empty:
        the folder where relative paths of sources start)
    :param max_bytes: most bytes of the file; it says what was left out to stay below
    :param links_files: whether ids link to the files that were read
    :param blind: whether scores, relations and what would be kept are left out
    :param tell: is told the share of the differences that are made, from 0 to 1
    """

    diff: bool = True
    folder: str = ""
    max_bytes: int = 20_000_000
    tell: Callable[[float], None] = lambda share: None
    links_files: bool = True
    blind: bool = False
