"""The section of contained documents: which stands in which, how much, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from dedupe.model.documents import TextProvider
from dedupe.model.report import Report, SharedText
from dedupe.renderers.html.clusters import ID_SIZE
from dedupe.renderers.html.headlines import shorten_middle
from dedupe.renderers.view.shared import first_words, order_shared

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

LISTED: Final = 100
"""The most contained documents that are listed."""

SHARE: Final = 0.05
"""The share of the file's size that the list may take."""

MARKS: Final = 100
"""The most passages that a strip marks: those of most words."""

WIDTH: Final = 1000
"""The width of a strip, in its own units."""

LEAST_MARK: Final = 3.0
"""The width of the narrowest mark, so that it is seen."""

_READ_AT_ONCE: Final = 10
_WORDS_SIZE: Final = 200


class ContainedView(msgspec.Struct, frozen=True):
    """A contained document as the page shows it.

    :param marks: where its passages stand in the longer one: start and width in units of a strip
    :param words: the beginning of the longest passage; empty where its text was not read
    """

    pair: SharedText
    left: str
    right: str
    marks: tuple[tuple[float, float], ...]
    words: str


def render_contained(
    report: Report, texts: TextProvider | None, environment: Environment, max_bytes: int
) -> list[Markup]:
    """The rows of the section, those of most shared words first, as many as have room.

    :param texts: provides the first words; none where no text is to be read
    :param max_bytes: of the whole file
    """
    from markupsafe import Markup

    template = environment.get_template("contained.html")
    room = int(max_bytes * SHARE)
    rows: list[Markup] = []
    for view in _views(report, texts):
        row = template.render(each=view, width=WIDTH)
        room -= len(row.encode())
        if room < 0:
            break
        rows.append(Markup(row))
    return rows


def _views(report: Report, texts: TextProvider | None) -> Iterator[ContainedView]:
    shown = order_shared(report.contained)[:LISTED]
    if not shown:
        return
    ids = {id for pair in shown for id in (pair.left, pair.right)}
    sizes = {each.id: each.token_count for each in report.documents() if each.id in ids}
    for begin in range(0, len(shown), _READ_AT_ONCE):
        pairs = shown[begin : begin + _READ_AT_ONCE]
        wanted = [pair.left for pair in pairs if pair.passages]
        found = texts.read_texts(wanted) if texts is not None and wanted else {}
        for pair in pairs:
            words = first_words(pair, found.get(pair.left, ""))
            yield ContainedView(
                pair,
                shorten_middle(pair.left, ID_SIZE),
                shorten_middle(pair.right, ID_SIZE),
                tuple(_marks(pair, sizes.get(pair.right, 0))),
                words if len(words) <= _WORDS_SIZE else f"{words[: _WORDS_SIZE - 1]}…",
            )


def _marks(pair: SharedText, size: int) -> Iterator[tuple[float, float]]:
    """Start and width of each passage in a strip for the right document.

    :param size: the tokens of the right document
    """
    longest = sorted(pair.passages, key=lambda each: (-each.token_count, each.right_token))
    for passage in sorted(longest[:MARKS], key=lambda each: each.right_token):
        if size:
            unit = WIDTH / size
            width = min(max(passage.token_count * unit, LEAST_MARK), WIDTH)
            yield min(passage.right_token * unit, WIDTH - width), width
