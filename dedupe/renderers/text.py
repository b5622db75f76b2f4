"""A report for people, in a terminal or a file: clusters, word-level diffs, what to make of it."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from dedupe.diff import Break, Diff, Fold, Segment, Vocabulary, Words, diff_words, fold_equal
from dedupe.model import (
    Cluster,
    DuplicatePair,
    Member,
    Notice,
    Report,
    SkippedDocument,
    TextProvider,
)
from dedupe.renderers.terminal import (
    MIN_WIDTH,
    NO_BREAK,
    Canvas,
    Piece,
    Span,
    Style,
    cell_width,
    escape_text,
    escape_word,
    file_uri,
    prose,
    shorten_middle,
)
from dedupe.sketch.plain import tokenize_text

DiffMode = Literal["none", "summary", "hunks", "full"]

DIFFED_MEMBERS: Final = 5
LISTED_MEMBERS: Final = 20
LISTED_BRIDGES: Final = 10
LISTED_REASON_IDS: Final = 3
SHOWN_PLACES: Final = 20
CHANGE_LIMIT: Final = 60
CHANGE_HEAD: Final = 40
MOVED_HEAD: Final = 6
WORD_CELLS: Final = 60
READ_AHEAD: Final = 200
MIN_ID_CELLS: Final = 36
MAX_UNBROKEN: Final = 24

_MEMBER_INDENT: Final = 4
_DIFF_INDENT: Final = 6
_REPRESENTATIVE: Final = "●"
_DUPLICATE: Final = "○"


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How a report is written.

    :param width: cells of a line
    :param color: whether to write colours; without, no escape sequence is written for them
    :param links: whether ids are links to their files (OSC 8)
    :param diff: how much of each difference is shown
    :param top: clusters shown, the largest first (none: all)
    :param hints: whether to say what can be done next
    """

    width: int = 80
    color: bool = False
    links: bool = False
    diff: DiffMode = "hunks"
    top: int | None = None
    hints: bool = False


def render_text(report: Report, texts: TextProvider, options: TextOptions) -> Iterator[str]:
    """The report as chunks of whole lines.

    :param texts: read for the members whose diff is shown, some clusters at a time
    """
    canvas = Canvas(max(options.width, MIN_WIDTH), options.color, options.links)
    yield from _ClusterWriter(report, texts, options, canvas).write()
    yield from _bridge_lines(report.bridges, canvas)
    yield from _skipped_lines(report, canvas)
    yield from _notice_lines(report.notices, canvas)
    yield from _summary_lines(report, canvas)
    if options.hints:
        yield _hint_line(report, canvas)


# --- clusters ----------------------------------------------------------------------------


class _ClusterWriter:
    """Writes the clusters, the largest first."""

    def __init__(
        self, report: Report, texts: TextProvider, options: TextOptions, canvas: Canvas
    ) -> None:
        self._report = report
        self._texts = texts
        self._options = options
        self._canvas = canvas
        self._clusters = sorted(report.clusters, key=lambda c: (-len(c.members), c.representative))
        self._id_size = _distinct_size([c.cluster_id for c in report.clusters])

    def write(self) -> Iterator[str]:
        top = self._options.top
        shown = self._clusters if top is None else self._clusters[: max(0, top)]
        for number, (cluster, texts) in enumerate(self._with_texts(shown), 1):
            blocks = [self._header(number, len(shown), cluster)]
            blocks += _MemberWriter(self._report, cluster, self._options, self._canvas).write(
                texts, self._texts
            )
            yield "\n".join(blocks) + "\n"
        rest = self._clusters[len(shown) :]
        if rest:
            documents = _count(sum(len(c.members) for c in rest), "document")
            text = f"⋯ {_count(len(rest), 'cluster')} more with {documents}"
            yield self._canvas.flow(prose(text, "dim"), 1) + "\n"

    def _with_texts(
        self, clusters: Sequence[Cluster]
    ) -> Iterator[tuple[Cluster, Mapping[str, str]]]:
        """Each cluster with the texts that its diffs need, read for several at once."""
        waiting: list[Cluster] = []
        ids: dict[str, None] = {}
        for cluster in clusters:
            waiting.append(cluster)
            if self._options.diff != "none":
                ids.update(dict.fromkeys(_ids_to_read(cluster)))
            if len(ids) >= READ_AHEAD or cluster is clusters[-1]:
                texts = self._texts.read_texts(list(ids)) if ids else {}
                yield from ((each, texts) for each in waiting)
                waiting, ids = [], {}

    def _header(self, number: int, shown_count: int, cluster: Cluster) -> str:
        label = f"{number:>{max(2, len(str(shown_count)))}}  "
        facts = [
            _count(len(cluster.members), "document"),
            _count(len(cluster.members) - 1, "duplicate"),
            _alikeness(_duplicates(cluster)),
        ]
        size = self._id_size
        name = f"cluster{NO_BREAK}{shorten_middle(escape_text(cluster.cluster_id)[:size], 20)}"
        sentence = " · ".join(facts)
        padding = self._canvas.width - cell_width(label + sentence + name)
        if padding < 2:
            pieces = [Piece(label.strip(), "strong"), *prose(f"{sentence} · {name}")]
            return self._canvas.flow(pieces, 1, len(label) - 1)
        spans = [
            Span(label, "strong"),
            Span(sentence.replace(NO_BREAK, " "), "strong"),
            Span(" " * padding),
            Span(name.replace(NO_BREAK, " "), "dim"),
        ]
        return self._canvas.line(spans)


def _distinct_size(cluster_ids: Sequence[str]) -> int:
    """How many characters of the ids tell them apart, at least six."""
    longest = max(map(len, cluster_ids), default=6)
    for size in range(6, longest):
        if len({cluster_id[:size] for cluster_id in cluster_ids}) == len(cluster_ids):
            return size
    return longest


def _duplicates(cluster: Cluster) -> list[Member]:
    """The members but for the representative, the most different first."""
    others = [m for m in cluster.members if m.id != cluster.representative]
    return sorted(others, key=lambda m: (m.jaccard, m.relation != "near", m.id))


def _representative(cluster: Cluster) -> Member:
    return next(m for m in cluster.members if m.id == cluster.representative)


def _has_diff(member: Member) -> bool:
    return member.relation not in ("identical", "normalised")


def _diffed(cluster: Cluster) -> list[Member]:
    """The members whose diff is shown: the most different texts, each once."""
    by_content: dict[str, Member] = {}
    for member in _duplicates(cluster)[:LISTED_MEMBERS]:
        if _has_diff(member):
            by_content.setdefault(member.content_hash, member)
    return list(by_content.values())[:DIFFED_MEMBERS]


def _ids_to_read(cluster: Cluster) -> list[str]:
    members = _diffed(cluster)
    return [cluster.representative, *(m.id for m in members)] if members else []


def _alikeness(duplicates: Sequence[Member]) -> str:
    """In the header, how alike a cluster is: the range of the Jaccards, or a word."""
    relations = {member.relation for member in duplicates}
    if relations == {"identical"}:
        return "identical"
    if relations <= {"identical", "normalised"}:
        return "same words"
    return f"Jaccard{NO_BREAK}{_jaccard_range(duplicates)}"


def _jaccard_range(members: Sequence[Member]) -> str:
    lowest = _jaccard(min(member.jaccard for member in members))
    highest = _jaccard(max(member.jaccard for member in members))
    return lowest if lowest == highest else f"{lowest}–{highest}"


# --- members -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """One member as it is printed."""

    mark: str
    id: str
    link: str
    facts: tuple[str, ...]
    place: str
    style: Style = ""


class _MemberWriter:
    """Writes the members of one cluster, with their diffs."""

    def __init__(
        self, report: Report, cluster: Cluster, options: TextOptions, canvas: Canvas
    ) -> None:
        self._report = report
        self._cluster = cluster
        self._options = options
        self._canvas = canvas
        self._vocabulary = Vocabulary(tokenize_text)
        self._others = _duplicates(cluster)
        listed = len(self._others)
        self._listed_count = listed if listed <= LISTED_MEMBERS + 1 else LISTED_MEMBERS

    def write(self, texts: Mapping[str, str], provider: TextProvider) -> Iterator[str]:
        """Blocks of lines; a blank line belongs between two of them."""
        listed = self._others[: self._listed_count]
        rows = [self._row(m) for m in (_representative(self._cluster), *listed)]
        lines = _lay_out_rows(rows, self._canvas)
        diffed = {m.id for m in _diffed(self._cluster)} if self._options.diff != "none" else ()
        block = lines[0]
        for member, line in zip(listed, lines[1:], strict=True):
            block += line
            if member.id in diffed:
                remark, body = self._difference(member, texts, provider)
                block += remark
                if body:
                    yield block
                    yield body
                    block = ""
            else:
                block += self._twin_remark(member, diffed)
        block += self._closing_lines()
        if block:
            yield block

    def _row(self, member: Member) -> _Row:
        is_representative = member.id == self._cluster.representative
        words = _count(member.token_count, "word")
        facts = (words,) if is_representative else (words, *_relation_facts(member))
        source, place = _whereabouts(self._report, member.id)
        return _Row(
            mark=_REPRESENTATIVE if is_representative else _DUPLICATE,
            id=escape_text(member.id),
            link=file_uri(source) if source and self._options.links else "",
            facts=facts,
            place=escape_text(place),
            style="warn" if member.relation == "linked" and not is_representative else "",
        )

    def _difference(
        self, member: Member, texts: Mapping[str, str], provider: TextProvider
    ) -> tuple[str, str]:
        """A remark under the member's row and a block of its own, either of them empty."""
        representative = self._cluster.representative
        for id, mark in ((representative, _REPRESENTATIVE), (member.id, _DUPLICATE)):
            if id not in texts:
                problem = escape_text(provider.problem(id)) or "its text cannot be read"
                return self._remark(f"no diff: {mark} {problem}", "warn"), ""
        split = self._vocabulary.split
        diff = diff_words(split(texts[representative]), split(texts[member.id]))
        writer = _DiffWriter(diff, self._options.diff == "full", self._canvas)
        if self._options.diff == "summary":
            return writer.summary(), ""
        return "", writer.body()

    def _twin_remark(self, member: Member, diffed: Iterable[str]) -> str:
        """Where a text with the same content is shown above."""
        if not _has_diff(member):
            return ""
        for other in self._others:
            if other.id in diffed and other.content_hash == member.content_hash:
                id = shorten_middle(escape_text(other.id), self._canvas.width // 2)
                return self._remark(f"the same text as {_DUPLICATE} {id}", "dim")
        return ""

    def _closing_lines(self) -> str:
        """The members that are not listed, and the weakest link."""
        lines = ""
        rest = self._others[self._listed_count :]
        if rest:
            text = f"⋯ {_count(len(rest), 'member')} more · {_alikeness(rest)}"
            lines += self._canvas.flow(prose(text, "dim"), _MEMBER_INDENT)
        weakest = self._cluster.weakest_link
        if len(self._cluster.members) > 2 and weakest.jaccard < 1:
            room = max(8, self._canvas.width - _MEMBER_INDENT - 28)
            id = shorten_middle(escape_text(weakest.id), room)
            text = f"weakest link: Jaccard{NO_BREAK}{_jaccard(weakest.jaccard)}, "
            below = weakest.jaccard < self._report.config.threshold
            pieces = [*prose(text.strip(), "warn" if below else "dim"), Piece(id, "dim")]
            lines += self._canvas.flow(pieces, _MEMBER_INDENT)
        return lines

    def _remark(self, text: str, style: Style) -> str:
        return self._canvas.flow(prose(text, style), _DIFF_INDENT)


def _relation_facts(member: Member) -> tuple[str, ...]:
    if member.relation == "identical":
        return ("identical",)
    if member.relation == "normalised":
        return ("same words, other punctuation",)
    to_representative = f"contains {_percent(member.representative_containment)} of"
    if member.relation == "linked":
        to_representative = "no duplicate of"
    return (
        member.relation,
        _jaccard(member.jaccard),
        f"{to_representative}{NO_BREAK}{_REPRESENTATIVE}",
    )


def _whereabouts(report: Report, id: str) -> tuple[str, str]:
    """The file of a document, and the place in words where its id does not tell it."""
    locator = report.run.locators.get(id)
    if locator is None or not 0 <= locator.source < len(report.run.sources):
        return "", ""
    source = report.run.sources[locator.source]
    place = f"{source}:{locator.line}" if locator.line else source
    told = id.partition("#")[0] or id
    if any(place == name or place.endswith("/" + name) for name in (id, told)):
        place = ""
    return "" if source == "-" else source, place


def _lay_out_rows(rows: Sequence[_Row], canvas: Canvas) -> list[str]:
    """The rows in columns, or each on two lines where the ids would be cut too short."""
    words_width = max(cell_width(row.facts[0]) for row in rows)
    relation_width = max((len(row.facts[1]) for row in rows if len(row.facts) > 2), default=0)
    tails = [_aligned_facts(row.facts, words_width, relation_width) for row in rows]
    room = canvas.width - _MEMBER_INDENT - 5 - max(map(cell_width, tails))
    longest = max(cell_width(row.id) for row in rows)
    if longest > room and room < MIN_ID_CELLS:
        return [_row_on_lines(row, canvas) for row in rows]
    column = min(longest, room)
    return [
        _row_in_columns(row, tail, column, canvas) for row, tail in zip(rows, tails, strict=True)
    ]


def _aligned_facts(facts: Sequence[str], words_width: int, relation_width: int) -> str:
    cells = [facts[0].rjust(words_width), *facts[1:]]
    if len(facts) > 2:
        cells[1] = cells[1].ljust(relation_width)
    return "   ".join(cells).replace(NO_BREAK, " ")


def _row_in_columns(row: _Row, tail: str, column: int, canvas: Canvas) -> str:
    id = shorten_middle(row.id, column)
    padding = " " * (column - cell_width(id) + 3)
    spans = [
        Span(" " * _MEMBER_INDENT),
        Span(row.mark + " ", "accent"),
        Span(id, "strong", row.link),
        Span(padding),
        Span(tail, row.style),
    ]
    used = _MEMBER_INDENT + 5 + column + cell_width(tail)
    if row.place and used + 3 + cell_width(row.place) <= canvas.width:
        return canvas.line([*spans, Span("   "), Span(row.place, "dim")])
    return canvas.line(spans) + _place_line(row, canvas)


def _row_on_lines(row: _Row, canvas: Canvas) -> str:
    id = shorten_middle(row.id, canvas.width - _MEMBER_INDENT - 2)
    spans = [
        Span(" " * _MEMBER_INDENT),
        Span(row.mark + " ", "accent"),
        Span(id, "strong", row.link),
    ]
    facts = canvas.flow(prose(" · ".join(row.facts), row.style), _DIFF_INDENT)
    return canvas.line(spans) + facts + _place_line(row, canvas)


def _place_line(row: _Row, canvas: Canvas) -> str:
    if not row.place:
        return ""
    place = shorten_middle(row.place, canvas.width - _DIFF_INDENT)
    return canvas.line([Span(" " * _DIFF_INDENT), Span(place, "dim")])


# --- diffs -------------------------------------------------------------------------------


class _DiffWriter:
    """Writes one diff: in one line, in folded hunks, or whole."""

    def __init__(self, diff: Diff, full: bool, canvas: Canvas) -> None:
        self._diff = diff
        self._full = full
        self._canvas = canvas

    def summary(self) -> str:
        """How much differs, in one line."""
        pieces: list[Piece] = [*self._counts()]
        if not pieces:
            pieces = list(prose("no word differs", "dim"))
        return self._canvas.flow([*pieces, *self._coarse_note()], _DIFF_INDENT)

    def body(self) -> str:
        """The text with its changes; equal text is folded unless it is asked for whole."""
        lines = ""
        stretch: list[Piece] = []
        for item in self._items():
            if isinstance(item, Piece):
                stretch.append(item)
            else:
                lines += self._canvas.flow(stretch, _DIFF_INDENT)
                lines += self._canvas.flow(prose(item, "dim"), _DIFF_INDENT)
                stretch = []
        lines += self._canvas.flow(stretch, _DIFF_INDENT)
        note = self._coarse_note()
        if not self._diff.place_count:
            note = [*prose("no word differs", "dim"), *note]
        return lines + self._canvas.flow(note, _DIFF_INDENT)

    def _items(self) -> Iterator[Piece | str]:
        """Pieces of text, and lines that stand for what is left out."""
        parts = iter(self._diff.segments) if self._full else fold_equal(self._diff)
        hidden = 0 if self._full else self._diff.place_count - SHOWN_PLACES
        places = 0
        for kind, group in groupby(parts, _part_kind):
            if hidden > 0 and places == SHOWN_PLACES and kind != "equal":
                yield f"⋯ {_count(hidden, 'place')} more"
                return
            for part in _join_changes(group):
                if isinstance(part, Fold):
                    yield f"⋯ {_count(part.word_count, 'word')} the same"
                elif isinstance(part, Segment):
                    style: Style = "dim" if part.kind == "faint" else ""
                    yield from self._words(self._diff.right, part.right, style)
                else:
                    places += 1
                    yield from self._change(part)

    def _change(self, segments: Sequence[Segment]) -> Iterator[Piece]:
        """What is deleted, then what is inserted, each between its marks."""
        deleted = self._side(segments, "delete", self._diff.left)
        inserted = self._side(segments, "insert", self._diff.right)
        if self._canvas.color:
            yield from deleted
            yield from inserted
            return
        if deleted and inserted:
            inserted[0] = inserted[0]._replace(before=Break.JOINT)
        yield from _enclosed(deleted, "[-", "-]")
        yield from _enclosed(inserted, "{+", "+}")

    def _side(
        self, segments: Iterable[Segment], kind: Literal["delete", "insert"], words: Words
    ) -> list[Piece]:
        pieces: list[Piece] = []
        for segment in segments:
            if segment.kind == kind:
                span = segment.left if kind == "delete" else segment.right
                shown = span if self._full else _shown_part(segment, span, words)
                pieces += self._words(words, shown, kind)
                label = _change_label(segment, len(span), len(span) - len(shown))
                if label:
                    pieces.append(Piece(label.replace(NO_BREAK, " "), "dim"))
        return pieces

    def _words(self, words: Words, span: range, style: Style) -> Iterator[Piece]:
        last_break = Break.LINE if self._full else Break.SPACE
        for index in span:
            if words.surfaces[index]:
                text = self._word_text(words.surfaces[index])
                yield Piece(text, style, min(words.breaks[index], last_break))

    def _word_text(self, surface: str) -> str:
        text = escape_word(surface)
        if not self._full:
            if len(text) > 4 * WORD_CELLS:
                text = text[: 2 * WORD_CELLS] + "…" + text[-2 * WORD_CELLS :]
            text = shorten_middle(text, WORD_CELLS)
        if not self._canvas.color:
            for mark in ("[-", "-]", "{+", "+}"):
                text = text.replace(mark, f"{mark[0]}\\{mark[1]}")
        return text

    def _counts(self) -> Iterator[Piece]:
        diff = self._diff
        if not diff.place_count:
            return
        if diff.inserted_count:
            yield from prose(f"+{_count(diff.inserted_count, 'word')}", "insert")
        if diff.deleted_count:
            yield from prose(f"−{_count(diff.deleted_count, 'word')}", "removed")
        if diff.moved_count:
            yield from prose(f"{_count(diff.moved_count, 'word')} moved")
        yield from prose(f"in {_count(diff.place_count, 'place')}")

    def _coarse_note(self) -> list[Piece]:
        count = self._diff.coarse_count
        if not count:
            return []
        subject = "one stretch is" if count == 1 else f"{count:,} stretches are"
        return list(prose(f"({subject} too long to align: shown as replaced whole)", "warn"))


def _part_kind(part: Segment | Fold) -> str:
    if isinstance(part, Fold):
        return "fold"
    return "equal" if part.kind in ("equal", "faint") else "change"


def _join_changes(
    group: Iterable[Segment | Fold],
) -> Iterator[Segment | Fold | list[Segment]]:
    """Parts of one kind, the changes among them as one list."""
    changes: list[Segment] = []
    for part in group:
        if isinstance(part, Segment) and _part_kind(part) == "change":
            changes.append(part)
        else:
            yield part
    if changes:
        yield changes


def _enclosed(pieces: Sequence[Piece], opening: str, closing: str) -> Iterator[Piece]:
    """The pieces with the marks at their ends."""
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        text = (opening if index == 0 else "") + piece.text + (closing if index == last else "")
        yield piece._replace(text=text)


def _shown_part(segment: Segment, span: range, words: Words) -> range:
    """The words of a change that are printed; the rest is counted."""
    limit = len(span)
    if segment.origin == "repeated":
        limit = segment.period
    elif segment.kind == "delete" and segment.origin:
        limit = MOVED_HEAD
    if limit > CHANGE_LIMIT:
        limit = CHANGE_HEAD
    stop = min(span.start + limit, span.stop)
    while stop < span.stop and words.breaks[stop] is Break.GLUED and stop < span.start + 2 * limit:
        stop += 1
    return range(span.start, stop)


def _change_label(segment: Segment, count: int, hidden: int) -> str:
    """What is said behind the words of a change, if anything."""
    if segment.origin == "repeated":
        cut = "… " if hidden else ""
        return f"{cut}({_repetition(segment)})"
    if segment.origin:
        direction = segment.origin.replace("_", NO_BREAK)
        return f"… ({_count(count, 'word')} {direction})" if hidden else f"({direction})"
    return f"… {_count(hidden, 'word')} more" if hidden else ""


def _repetition(segment: Segment) -> str:
    if segment.elsewhere:
        if segment.copies == 1:
            return "repeated"
        return f"repeated {_times(segment.copies)}"
    return f"{_times(segment.copies - 1)} more"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,}{NO_BREAK}times")


# --- what else there is to say -----------------------------------------------------------


def _bridge_lines(bridges: Sequence[DuplicatePair], canvas: Canvas) -> Iterator[str]:
    if not bridges:
        return
    ends = "whose ends lie in different clusters"
    lines = canvas.flow(prose(f"{_count(len(bridges), 'bridge')}: duplicate pairs {ends}"))
    room = max(6, (canvas.width - _MEMBER_INDENT - 10) // 2)
    shown = len(bridges) if len(bridges) <= LISTED_BRIDGES + 1 else LISTED_BRIDGES
    for pair in bridges[:shown]:
        left, right = (shorten_middle(escape_text(id), room) for id in (pair.left, pair.right))
        text = f"{left} ↔ {right}   {_jaccard(pair.jaccard)}"
        lines += canvas.line([Span(" " * _MEMBER_INDENT), Span(text)])
    if shown < len(bridges):
        text = f"⋯ {_count(len(bridges) - shown, 'bridge')} more"
        lines += canvas.flow(prose(text, "dim"), _MEMBER_INDENT)
    yield lines + "\n"


def _skipped_lines(report: Report, canvas: Canvas) -> Iterator[str]:
    count = report.corpus.skipped_count
    if not count:
        return
    by_reason: dict[str, list[SkippedDocument | Notice]] = defaultdict(list)
    for skipped in report.skipped:
        by_reason[skipped.reason].append(skipped)
    verb = "was" if count == 1 else "were"
    lines = canvas.flow(prose(f"{_count(count, 'document')} {verb} skipped", "warn"))
    counts = report.corpus.skipped_counts
    for reason in sorted(counts, key=lambda r: (-counts[r], r)):
        lines += _reason_line(reason, counts[reason], by_reason[reason], canvas)
    yield lines + "\n"


def _notice_lines(notices: Sequence[Notice], canvas: Canvas) -> Iterator[str]:
    if not notices:
        return
    by_reason: dict[str, list[SkippedDocument | Notice]] = defaultdict(list)
    for notice in notices:
        by_reason[notice.reason].append(notice)
    lines = canvas.flow(prose(_count(len(notices), "notice")))
    for reason, items in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0])):
        lines += _reason_line(reason, len(items), items, canvas)
    yield lines + "\n"


def _reason_line(
    reason: str, count: int, items: Sequence[SkippedDocument | Notice], canvas: Canvas
) -> str:
    """How often something happened, and to which documents first."""
    name = escape_text(reason).replace("_", " ")
    pieces = list(prose(f"{count:,}{NO_BREAK}× {name}:"))
    if not items:
        pieces = list(prose(f"{count:,}{NO_BREAK}× {name}"))
    for index, item in enumerate(items[:LISTED_REASON_IDS]):
        id = shorten_middle(escape_text(item.id), max(8, canvas.width - 10))
        detail = shorten_middle(escape_text(item.detail)[:1000], 2 * WORD_CELLS)
        ends = index + 1 == min(len(items), LISTED_REASON_IDS) and index + 1 == count
        comma = "" if ends else ","
        if detail:
            pieces += [Piece(id, "strong"), *prose(f"({detail}){comma}", "dim")]
        else:
            pieces.append(Piece(id + comma, "strong"))
    hidden = count - min(len(items), LISTED_REASON_IDS)
    if items and hidden:
        pieces += prose(f"… {hidden:,}{NO_BREAK}more", "dim")
    return canvas.flow(pieces, _MEMBER_INDENT, 2)


# --- the last lines ----------------------------------------------------------------------


def _summary_lines(report: Report, canvas: Canvas) -> Iterator[str]:
    yield canvas.flow(_listing(_verdict(report), "strong"))
    if report.search.bands and report.corpus.document_count:
        yield canvas.flow(_listing([_recall(report), "every pair verified"]))
    capped = report.search.capped_bucket_count
    if capped:
        buckets = _count(capped, "bucket")
        limit = f"{report.config.max_bucket:,}"
        was, there = ("was", "it") if capped == 1 else ("were", "them")
        text = (
            f"{buckets} of more than {limit} documents {was} compared with a few leads alone: "
            f"for the documents in {there} the recall is lower"
        )
        yield canvas.flow(prose(text, "warn"))
    yield canvas.flow(_listing(_run_facts(report), "dim"))


def _listing(items: Sequence[str], style: Style = "") -> Iterator[Piece]:
    """Items with a dot between them; a line breaks inside one only if it is long."""
    for index, item in enumerate(items):
        text = item.replace(" ", NO_BREAK) if len(item) <= MAX_UNBROKEN else item
        yield from prose(text + (f"{NO_BREAK}·" if index + 1 < len(items) else ""), style)


def _verdict(report: Report) -> list[str]:
    """Is this much or little? In one line, also where nothing was found."""
    corpus = report.corpus
    documents = _count(corpus.document_count, "document")
    skipped = [f"{corpus.skipped_count:,} skipped"] if corpus.skipped_count else []
    if not corpus.document_count:
        return ["Nothing to compare: no document with a word in it", *skipped]
    if not corpus.cluster_count:
        return [_nothing_found(report), *skipped]
    share = corpus.redundant_token_count / max(1, corpus.token_count)
    return [
        documents,
        _count(corpus.cluster_count, "cluster"),
        _count(corpus.duplicate_count, "duplicate"),
        f"{_percent(share, 0 if share >= 0.01 else 1)} of the words are redundant",
    ]


def _nothing_found(report: Report) -> str:
    corpus = report.corpus
    words = _count(corpus.token_count, "word")
    if corpus.document_count == 1:
        return f"No duplicates: one document ({words}), nothing to compare it with"
    documents = _count(corpus.document_count, "document")
    reached = f"Jaccard{NO_BREAK}{report.config.threshold:g}"
    return f"No duplicates: no two of {documents} ({words}) reach {reached}"


def _recall(report: Report) -> str:
    """Can it be trusted? What share of the pairs the bands find, at two Jaccards."""
    search, threshold = report.search, report.config.threshold
    bands, rows = _count(search.bands, "band"), _count(search.rows, "row")
    text = f"{bands} of {rows} find {_percent(search.expected_recall, 1)} of the pairs"
    text += f" at{NO_BREAK}{threshold:g}"
    higher = round(threshold + 0.1, 6)
    if higher < 1:
        share = 1 - (1 - higher**search.rows) ** search.bands
        text += f", {_percent(share, 1)} at{NO_BREAK}{higher:g}"
    return text


def _run_facts(report: Report) -> list[str]:
    run = report.run
    facts = [_seconds(run.seconds)]
    if run.seconds > 0 and run.byte_count >= 1_000_000:
        facts.append(f"{run.byte_count / run.seconds / 1e6:,.1f}{NO_BREAK}MB/s")
    facts += [f"{escape_text(run.kernels)} kernels", _count(run.workers, "worker")]
    return facts


def _hint_line(report: Report, canvas: Canvas) -> str:
    """What next: a command to copy."""
    paths = list(report.run.paths)
    shown = paths if len(paths) <= 3 else [*paths[:2]]
    command = ["dedupe", "scan", *map(shlex.quote, shown)]
    if len(shown) < len(paths):
        command.append("…")
    found = report.corpus.cluster_count
    threshold = report.config.threshold
    if not found and threshold > 0.3:
        command += ["--threshold", f"{round(threshold - 0.2, 6):g}"]
        purpose = "For looser pairs:"
    else:
        command += ["--format", "json"]
        purpose = "Next:"
    text = " ".join(map(escape_text, command))
    return canvas.flow([*prose(purpose, "dim"), *prose(text, "accent")], 0, 2)


# --- figures -----------------------------------------------------------------------------


def _count(count: int, noun: str) -> str:
    return f"{count:,}{NO_BREAK}{noun}{'' if count == 1 else 's'}"


def _jaccard(value: float) -> str:
    """Two decimals; 1.00 and 0.00 only where it is exactly that."""
    if 0 < value < 1:
        value = min(max(value, 0.01), 0.99)
    return f"{value:.2f}"


def _percent(share: float, decimals: int = 0) -> str:
    """A share in per cent; 100 and 0 only where it is exactly that."""
    step = 10.0**-decimals
    percent = 100 * share
    if 0 < share < 1:
        percent = min(max(percent, step), 100 - step)
    return f"{percent:.{decimals}f}{NO_BREAK}%"


def _seconds(seconds: float) -> str:
    if seconds >= 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes:,}{NO_BREAK}min {rest}{NO_BREAK}s"
    return f"{seconds:.1f}{NO_BREAK}s" if seconds >= 0.1 else f"{seconds:.2f}{NO_BREAK}s"
