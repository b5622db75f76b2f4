"""What can be chosen about the HTML report."""

from __future__ import annotations

import msgspec


class HtmlOptions(msgspec.Struct, frozen=True):
    """How a report is written.

    :param diff: whether texts are read, and differences shown
    :param folder: where the report will stand; relative links to sources start there (empty: in
        the folder from which relative paths of sources start)
    :param max_bytes: size that the file does not exceed; what is left out for it is stated
    """

    diff: bool = True
    folder: str = ""
    max_bytes: int = 20_000_000
