"""Bridges, skipped documents and notices in the text report, below the clusters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from dedupe.model.remarks import NamedRemark, first_names, group_remarks
from dedupe.model.report import DuplicatePair, Report
from dedupe.renderers.view.figures import format_count, format_jaccard
from dedupe.renderers.view.layout import MEMBER_INDENT, listed_count
from dedupe.renderers.view.terminal import (
    NO_BREAK,
    Canvas,
    Piece,
    Styled,
    escape_text,
    prose,
    shorten_middle,
)

LISTED_BRIDGES: Final = 10
LISTED_DETAILS: Final = 3
LISTED_NAMES: Final = 3
DETAIL_CELLS: Final = 240
DETAIL_SIZE: Final = 1000


def bridge_lines(
    bridges: Sequence[DuplicatePair], canvas: Canvas, most: int = LISTED_BRIDGES
) -> Iterator[str]:
    """A block of lines on the bridges, if there are any.

    :param most: bridges that are listed; others are counted
    """
    if not bridges:
        return
    what = f"{name_bridges(bridges)} whose ends lie in different clusters"
    how = f" (--top{NO_BREAK}N lists them)" if not listed_count(len(bridges), most) else ""
    lines = canvas.flow(prose(f"{format_count(len(bridges), 'bridge')}: {what}{how}"))
    room = max(6, (canvas.width - MEMBER_INDENT - 10) // 2)
    shown = listed_count(len(bridges), most)
    for pair in bridges[:shown]:
        left, right = (shorten_middle(escape_text(id), room) for id in (pair.left, pair.right))
        text = f"{left} {arrow_of(pair)} {right}   {describe_bridge(pair)}"
        lines += canvas.line([Styled(" " * MEMBER_INDENT), Styled(text)])
    if 0 < shown < len(bridges):
        text = f"⋯ {format_count(len(bridges) - shown, 'bridge')} more"
        lines += canvas.flow(prose(text, "dim"), MEMBER_INDENT)
    yield lines + "\n"


def name_bridges(bridges: Sequence[DuplicatePair]) -> str:
    """The noun for these bridges: duplicate pairs, or pairs if some are no duplicates."""
    are_duplicates = all(pair.relation.is_duplicate for pair in bridges)
    return "duplicate pairs" if are_duplicates else "pairs"


def arrow_of(pair: DuplicatePair) -> str:
    """The arrow between the ends of a pair: one direction if its relation has one."""
    return "→" if pair.relation.is_directed else "↔"


def describe_bridge(pair: DuplicatePair) -> str:
    """The Jaccard of a bridge, and the relation of its ends if they are no duplicates."""
    jaccard = format_jaccard(pair.jaccard)
    return jaccard if pair.relation.is_duplicate else f"{pair.relation} {jaccard}"


def skipped_lines(report: Report, canvas: Canvas, most: int | None = None) -> Iterator[str]:
    """A block of lines on skipped documents, by reason, if there are any.

    :param most: reasons that are listed, the most frequent first (none: all)
    """
    count = report.corpus.skipped_count
    if count:
        verb = "was" if count == 1 else "were"
        lines = canvas.flow(prose(f"{format_count(count, 'document')} {verb} skipped", "warn"))
        counts = report.corpus.skipped_counts
        yield lines + _reason_lines(counts, report.named_skipped(), canvas, most) + "\n"


def notice_lines(
    report: Report,
    canvas: Canvas,
    reasons: Collection[str] | None = None,
    most: int | None = None,
) -> Iterator[str]:
    """A block of lines on the notices, by reason, if there are any.

    :param reasons: the only reasons to show (none: all)
    :param most: reasons that are listed, the most frequent first (none: all)
    """
    notices = [each for each in report.notices if reasons is None or each.reason in reasons]
    if notices:
        lines = canvas.flow(prose(format_count(len(notices), "notice")))
        counts = Counter(notice.reason for notice in notices)
        yield lines + _reason_lines(counts, report.named_notices(), canvas, most) + "\n"


def _reason_lines(
    counts: Mapping[str, int], items: Iterable[NamedRemark], canvas: Canvas, most: int | None
) -> str:
    """A line for each reason, the most frequent first.

    :param counts: how often each reason occurred
    :param items: documents with their names, perhaps fewer than were counted
    :param most: reasons that are listed; of others one line says how many there are (none: all)
    """
    by_reason: dict[str, list[NamedRemark]] = defaultdict(list)
    for item, name in items:
        by_reason[item.reason].append((item, name))
    reasons = sorted(counts, key=lambda reason: (-counts[reason], reason))
    shown = len(reasons) if most is None else listed_count(len(reasons), most)
    lines = "".join(_reason_line(r, counts[r], by_reason[r], canvas) for r in reasons[:shown])
    if shown < len(reasons):
        count = sum(counts[reason] for reason in reasons[shown:])
        rest = (
            f"⋯ {count:,}{NO_BREAK}more, for {format_count(len(reasons) - shown, 'other reason')}"
        )
        lines += canvas.flow(prose(f"{rest} (--top{NO_BREAK}N shows them)", "dim"), MEMBER_INDENT)
    return lines


def _reason_line(reason: str, count: int, items: Sequence[NamedRemark], canvas: Canvas) -> str:
    """One reason: how often it occurred, its first details, and the documents of each."""
    name = escape_text(reason).replace("_", " ")
    colon = ":" if items else ""
    pieces = list(prose(f"{count:,}{NO_BREAK}× {name}{colon}"))
    rest = count
    for detail, names in group_remarks(items)[:LISTED_DETAILS]:
        rest -= len(names)
        pieces += _detail_pieces(detail, names, "," if rest else "", canvas)
    if items and rest:
        pieces += _how_many_more(rest)
    return canvas.flow(pieces, MEMBER_INDENT, 2)


def _detail_pieces(
    detail: str, names: Sequence[str], comma: str, canvas: Canvas
) -> Iterator[Piece]:
    """The first documents of one detail, how many more there are, and the detail."""
    shown = [
        shorten_middle(escape_text(name), max(8, canvas.width - 10))
        for name in first_names(names, listed_count(len(names), LISTED_NAMES))
    ]
    hidden = len(names) - len(shown)
    end = "" if detail else comma
    for number, name in enumerate(shown, 1):
        is_last = number == len(shown) and not hidden
        yield Piece(name + (end if is_last else ","), "strong")
    if hidden:
        yield from _how_many_more(hidden, end)
    if detail:
        shown_detail = shorten_middle(escape_text(detail)[:DETAIL_SIZE], DETAIL_CELLS)
        yield from prose(f"({shown_detail}){comma}", "dim")


def _how_many_more(count: int, end: str = "") -> Iterator[Piece]:
    return prose(f"… {count:,}{NO_BREAK}more{end}", "dim")
