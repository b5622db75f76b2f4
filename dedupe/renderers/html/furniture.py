"""The section of furniture: the passages that were found, most frequent first."""

from __future__ import annotations

from typing import Final

import msgspec

from dedupe.model.furniture import FurniturePassage
from dedupe.model.report import Report
from dedupe.renderers.html.clusters import ID_SIZE, META_SIZE
from dedupe.renderers.html.headlines import shorten_end, shorten_middle

LISTED: Final = 100
"""The most passages that are listed."""

TEXT_SIZE: Final = 300


class PassageView(msgspec.Struct, frozen=True):
    """A passage as the page shows it.

    :param id: a document that has it
    :param text: its beginning; empty where it could not be read
    """

    passage: FurniturePassage
    id: str
    site: str
    text: str


def list_passages(report: Report) -> list[PassageView]:
    """The first passages of the report's list; none where furniture was not looked for."""
    passages = report.furniture.passages if report.furniture else ()
    return [
        PassageView(
            each,
            shorten_middle(each.id, ID_SIZE),
            shorten_end(each.site, META_SIZE),
            shorten_end(" ".join(each.text.split()), TEXT_SIZE),
        )
        for each in passages[:LISTED]
    ]
