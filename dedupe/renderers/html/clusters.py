"""The clusters and their members, as the templates of the page take them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Final

import msgspec

from dedupe.model.metadata import normalise_site
from dedupe.model.relations import RELATIONS, Relation
from dedupe.model.report import Member, Report
from dedupe.renderers.html.charts import hundredths
from dedupe.renderers.html.differences import Reading
from dedupe.renderers.html.headlines import shorten_end, shorten_middle
from dedupe.renderers.html.links import source_link, web_link
from dedupe.renderers.html.options import HtmlOptions
from dedupe.renderers.html.visible import mark_invisible
from dedupe.renderers.view.figures import format_count
from dedupe.renderers.view.members import path_and_file_line
from dedupe.renderers.view.selection import Selection, describe_likeness, has_diff
from dedupe.renderers.view.signs import Signs

LISTED_MEMBERS: Final = 200
DIFFED_MEMBERS: Final = 20

ID_SIZE: Final = 240
META_SIZE: Final = 120
TITLE_SIZE: Final = 160

_TITLE_FIELDS: Final = ("title", "headline")


class MemberView(msgspec.Struct, frozen=True):
    """One document.

    :param source: a link to its file
    :param file_and_line: its file and line; empty if its id shows them
    :param url: a link to the web page that it comes from
    :param host: the host of ``url``
    :param site: its site; empty if that is the host
    :param raw_id: its id as ASCII JSON, where what is shown is not the id itself; else empty
    :param sign: that its likeness to the kept one is furniture, with figures; empty where it is not
    """

    member: Member
    is_kept: bool
    id: str
    raw_id: str
    title: str
    source: str
    file_and_line: str
    url: str
    host: str
    site: str
    date: str
    sign: str


class ClusterView(msgspec.Struct, frozen=True):
    """One cluster.

    :param jaccards: the distinct Jaccards of its duplicates, in hundredths, ascending
    :param relations: each relation with its number of members, strongest first
    :param signs: words for what makes it doubtful that its members are copies
    :param form: that its members are one form with other values; empty where they are not
    """

    selection: Selection
    jaccards: tuple[int, ...]
    relations: tuple[tuple[Relation, int], ...]
    redundant_count: int
    members: tuple[MemberView, ...]
    signs: tuple[str, ...]
    form: str

    @property
    def likeness(self) -> str:
        """The Jaccards of its duplicates to its representative, as a range."""
        if not self.jaccards:  # a saved report may have a cluster of one document
            return ""
        lowest, highest = (f"{value / 100:.2f}" for value in (self.jaccards[0], self.jaccards[-1]))
        return f"Jaccard\u00a0{lowest if lowest == highest else f'{lowest}–{highest}'}"

    @property
    def rest_likeness(self) -> str:
        """The range of Jaccards of the members that are not listed, or a word for it."""
        return describe_likeness(self.selection.rest)


def view_cluster(
    report: Report, selection: Selection, options: HtmlOptions, signs: Signs
) -> ClusterView:
    """The view of a cluster, without what is read from its texts."""
    others = [*selection.listed, *selection.rest]
    shown = (selection.representative, *selection.listed)
    counts = Counter(member.relation for member in others)
    members = [_view_member(report, selection, member, options, signs) for member in shown]
    form = signs.describe_form(selection.cluster)
    return ClusterView(
        selection=selection,
        jaccards=tuple(sorted({hundredths(member.jaccard) for member in others})),
        relations=tuple((name, counts[name]) for name in RELATIONS if counts[name]),
        redundant_count=sum(member.token_count for member in others),
        members=tuple(members),
        signs=tuple(_name_signs(selection, signs, bool(form))),
        form=form,
    )


def _name_signs(selection: Selection, signs: Signs, is_form: bool) -> Iterator[str]:
    """What the line of a cluster says of forms and furniture, in few words."""
    if is_form:
        yield "same form"
    representative = selection.representative.id
    resting = sum(
        bool(signs.describe_member(representative, member.id))
        for member in selection.cluster.members
    )
    if resting:
        yield f"{format_count(resting, 'member')} by furniture"


def _view_member(
    report: Report, selection: Selection, member: Member, options: HtmlOptions, signs: Signs
) -> MemberView:
    source, file_and_line = path_and_file_line(report, member.id)
    site = member.meta.get("site", "")
    url, host = web_link(member.meta.get("url", ""))
    title = next((member.meta[name] for name in _TITLE_FIELDS if member.meta.get(name)), "")
    return MemberView(
        member=member,
        is_kept=member.id == selection.representative.id,
        id=shorten_middle(member.id, ID_SIZE),
        raw_id="" if _is_shown_as_it_is(member.id) else json.dumps(member.id),
        title=shorten_end(title, TITLE_SIZE),
        source=source_link(source, options.folder) if options.links_files else "",
        file_and_line=shorten_middle(file_and_line.rpartition("/")[2], ID_SIZE),
        url=url,
        host=host,
        site="" if normalise_site(site) == normalise_site(host) else shorten_end(site, META_SIZE),
        date=shorten_end(member.meta.get("date", ""), META_SIZE),
        sign=signs.describe_member(selection.representative.id, member.id),
    )


def _is_shown_as_it_is(id: str) -> bool:
    """Whether the page shows an id whole and unchanged, so that a script can take it from there."""
    return len(id) <= ID_SIZE and mark_invisible(id) == escape(id) and not set("\r\n\0") & set(id)


def remark_on(selection: Selection, member: Member, reading: Reading, options: HtmlOptions) -> str:
    """Why the difference of a member is not shown; empty if it is shown, or there is none."""
    if member.id in reading.problems:
        return f"not shown: {reading.problems[member.id]}"
    if member.id in reading.left_out:
        return "not shown, for size"
    if not options.diff or not has_diff(member) or member in selection.diffed:
        return ""
    twins = (each for each in selection.diffed if each.content_hash == member.content_hash)
    twin = next(twins, None)
    if twin is not None:
        return f"the same text as {shorten_middle(twin.id, ID_SIZE)}"
    return f"not shown: differences of {len(selection.diffed)} other members are"
