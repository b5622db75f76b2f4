"""Clusters as HTML: a frame of what the report knows, and in it what is read from the texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from dedupe.model.report import Report
from dedupe.renderers.html.clusters import MemberView, remark_on, view_cluster
from dedupe.renderers.html.differences import Reading
from dedupe.renderers.html.members import write_difference, write_member
from dedupe.renderers.html.options import HtmlOptions
from dedupe.renderers.html.rows import write_items
from dedupe.renderers.html.visible import mark_invisible
from dedupe.renderers.view.selection import Selection
from dedupe.renderers.view.signs import Signs

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

SLOT: Final = "\0"
"""Stands in a frame where something is filled in; no document can put it there."""


class Frame(msgspec.Struct, frozen=True):
    """The HTML of a cluster but for its headline and what is said of the text of each member.

    :param title: what its representative is headed with, if it says so itself
    :param id: the id of the representative, as it is shown
    :param parts: what stands around the headline, and around the texts of the members, in UTF-8
    """

    selection: Selection
    title: str
    id: str
    parts: tuple[bytes, ...]


class FrameWriter:
    """Writes the frames of clusters, once, and fills them in.

    :ivar slot: stands where something is filled in
    """

    def __init__(self, report: Report, environment: Environment, options: HtmlOptions) -> None:
        from markupsafe import Markup

        self._report = report
        self._options = options
        self._signs = Signs(report)
        self.slot = Markup(SLOT)
        self._cluster = environment.get_template("cluster.html", globals={"member": _member})

    def write(self, selection: Selection) -> Frame:
        """The frame of a cluster."""
        view = view_cluster(self._report, selection, self._options, self._signs)
        html = self._cluster.render(cluster=view, slot=self.slot, blind=self._options.blind)
        kept = view.members[0]
        return Frame(selection, kept.title, kept.id, split_at_slots(html))

    def fill(self, frame: Frame, reading: Reading) -> bytes:
        """The cluster with what was read."""
        slots = [_headline(frame.title or reading.headline or frame.id, frame.id).encode()]
        slots += self._texts(frame.selection, reading)
        pairs = zip(frame.parts, [*slots, b""], strict=True)
        return b"".join([text for pair in pairs for text in pair])

    def _texts(self, selection: Selection, reading: Reading) -> Iterator[bytes]:
        """What is said of the text of each member that is shown."""
        shown = (selection.representative, *selection.listed)
        for number, member in enumerate(shown):
            remark = remark_on(selection, member, reading, self._options)
            told = f"<p class=remark>{mark_invisible(remark)}</p>" if remark else ""
            text = told.encode()
            difference = reading.differences.get(member.id)
            if difference is not None:
                items = write_items(
                    ((item.word_count, item.html) for item in difference.items),
                    "the same" if difference.diff else "more",
                )
                text += write_difference(difference, items, is_open=number == 1)
            yield text


def split_at_slots(html: str) -> tuple[bytes, ...]:
    """What stands around the slots, in UTF-8."""
    return tuple(html.encode("utf-8", "backslashreplace").split(SLOT.encode()))


def _member(view: MemberView, slot: str, blind: bool) -> Markup:
    from markupsafe import Markup

    return Markup(write_member(view, slot, blind))


def _headline(headline: str, id: str) -> str:
    below = "" if headline == id else f" <span class=sub><bdi>{mark_invisible(id)}</bdi></span>"
    return f"<span class=title><bdi>{mark_invisible(headline)}</bdi></span>{below}"
