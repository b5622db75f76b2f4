"""The members of a cluster as HTML; not by a template, since a report has thousands of them."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.renderers.html.clusters import MemberView
from dedupe.renderers.html.comparing import Difference, DiffFigures
from dedupe.renderers.html.visible import mark_invisible, spell_escaped
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent


def write_member(view: MemberView, slot: str, blind: bool = False) -> str:
    """One document, with a slot for what is said of its text; all from outside is escaped.

    :param blind: whether nothing is said of how it is like the others
    """
    return "".join([*_parts(view, blind), slot, "</li>"])


def _parts(view: MemberView, blind: bool) -> Iterator[str]:
    member = view.member
    kept = " class=kept" if view.is_kept else ""
    yield f'<li{kept} data-h="{spell_escaped(member.content_hash)}"'
    if view.raw_id:
        yield f' data-i="{spell_escaped(view.raw_id)}"'
    if member.is_reference:
        yield ' data-fixed="reference"'
    elif member.relation.is_indirect and not blind:
        yield ' data-fixed="indirect"'
    id = mark_invisible(view.id)
    yield "><div class=who>"
    yield f'<a href="{spell_escaped(view.source)}">{id}</a>' if view.source else f"<bdi>{id}</bdi>"
    yield f"</div><div class=nums><span>{format_count(member.token_count, 'word')}</span>"
    yield f"{_place(view) if blind else _likeness(view)}</div>"
    where = "".join(_where(view))
    if where:
        yield f"<div class=where>{where}</div>"
    if view.sign and not blind:
        yield f'<p class="remark warning">{spell_escaped(view.sign)}</p>'


def _place(view: MemberView) -> str:
    return "<span>the first</span>" if view.is_kept else ""


def _likeness(view: MemberView) -> str:
    """How a member relates to the kept one."""
    if view.is_kept:
        return "<span>kept</span>"
    member, relation = view.member, view.member.relation
    named = f'<span class="dot {relation}">{relation}</span>'
    if relation.has_equal_tokens:
        return named
    share = format_percent(member.representative_containment)
    return (
        f"{named}<span>{format_jaccard(member.jaccard)}</span><span>has {share} of the kept</span>"
    )


def _where(view: MemberView) -> Iterator[str]:
    """Title, page, site, date and place in a file, as far as they are known."""
    if view.title:
        yield f"<bdi class=name>{mark_invisible(view.title)}</bdi>"
    if view.url:
        yield f'<a href="{spell_escaped(view.url)}">{spell_escaped(view.host)}</a>'
    if view.site:
        yield f"<bdi class=s>{mark_invisible(view.site)}</bdi>"
    for fact in (view.date, view.file_and_line):
        if fact:
            yield f"<bdi>{mark_invisible(fact)}</bdi>"


def write_difference(difference: Difference, items: bytes, is_open: bool) -> bytes:
    """The figures of a difference, and below them its rows.

    :param items: the rows
    """
    diff = difference.diff
    if diff is None:
        head = '<details class="pair text" open><summary>the text'
    else:
        head = f"<details class=pair{' open' if is_open else ''}><summary>{_describe(diff)}"
    hidden = difference.hidden_places
    more = f"<p class=fold>{format_count(hidden, 'place')} more</p>" if hidden else ""
    head, tail = f"{head}</summary><div class=diff>", f"{more}</div></details>"
    return b"".join([head.encode(), items, tail.encode()])


def _describe(diff: DiffFigures) -> str:
    return "".join(_figures(diff) if diff.place_count else ["no word differs"]) + _coarse(diff)


def _figures(diff: DiffFigures) -> Iterator[str]:
    if diff.inserted_count:
        yield f"<b class=plus>+{format_count(diff.inserted_count, 'word')}</b> "
    if diff.deleted_count:
        yield f"<b class=minus>−{format_count(diff.deleted_count, 'word')}</b> "
    if diff.moved_count:
        yield f"<b>{format_count(diff.moved_count, 'word')} moved</b> "
    yield f"in {format_count(diff.place_count, 'place')}{diff.where}"
    if diff.number_count:
        verb = "differs" if diff.number_count == 1 else "differ"
        yield f" · {format_count(diff.number_count, 'number')} {verb}"


def _coarse(diff: DiffFigures) -> str:
    count = diff.coarse_count
    if not count:
        return ""
    subject = "one stretch is" if count == 1 else f"{count:,} stretches are"
    return f" <span class=coarse>({subject} too long to align: shown as replaced whole)</span>"
