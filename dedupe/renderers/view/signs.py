"""Signs at clusters and members: forms, with their values, and likeness that is furniture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dedupe.diff import Vocabulary
from dedupe.model.furniture import Form, FormPlace, FurnitureMember, FurniturePassage
from dedupe.model.report import Cluster, Report
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent
from dedupe.renderers.view.layout import MEMBER_INDENT, listed_count
from dedupe.renderers.view.selection import Selection
from dedupe.renderers.view.terminal import NO_BREAK, Canvas, escape_text, prose

SHOWN_PLACES: Final = 3
SHOWN_VALUES: Final = 4
VALUE_CHARACTERS: Final = 40
LISTED_PASSAGES: Final = 5
PASSAGE_CHARACTERS: Final = 160


class Signs:
    """The signs of a report, by cluster and by document."""

    def __init__(self, report: Report) -> None:
        self._threshold = report.config.threshold
        self._size = report.config.shingle_size
        self.forms = {form.cluster_id: form for form in report.forms or ()}
        members = report.furniture.members if report.furniture else ()
        self.furniture = {(each.representative, each.id): each for each in members}

    def describe_form(self, cluster: Cluster, texts: Mapping[str, str] | None = None) -> str:
        """What is said of a cluster that is a form; empty for any other.

        :param texts: of documents of the cluster, whose values are then shown
        """
        form = self.forms.get(cluster.cluster_id)
        if form is None:
            return ""
        places = format_count(len(form.places), "place")
        told = f"same form, other values: {form.compared_count:,} texts differ in {places}"
        if form.representative not in (texts or {}):
            return told
        ids = [form.representative, *(m.id for m in cluster.members if m.id != form.representative)]
        found = [(texts or {})[id] for id in ids if id in (texts or {})][:SHOWN_VALUES]
        values = [" | ".join(each) for each in show_values(form, found, self._size)]
        rest = len(form.places) - len(values)
        more = [f"{rest:,} more"] if rest > 0 else []
        return told + ": " + "; ".join([*values, *more])

    def text_ids(self, selection: Selection) -> list[str]:
        """The documents whose texts the title and the values of a form need."""
        is_form = selection.cluster.cluster_id in self.forms
        others = selection.listed[: SHOWN_VALUES - 1] if is_form else ()
        return [selection.representative.id, *(member.id for member in others)]

    def describe_member(self, representative: str, id: str) -> str:
        """What is said of a member whose likeness rests on furniture; empty for any other."""
        found = self.furniture.get((representative, id))
        return describe_furniture(found) if found and self.rests(found) else ""

    def rests(self, member: FurnitureMember) -> bool:
        """Whether a member is a duplicate of its representative with furniture only."""
        return member.own_jaccard < self._threshold <= member.jaccard


def describe_furniture(member: FurnitureMember) -> str:
    """The figures of a member with furniture and without it."""
    others = format_count(max(member.document_count - 1, 0), "other document")
    return (
        f"{member.furniture_count:,} of {member.shared_count:,} shared shingles are furniture, "
        f"which stands in up to {others}: without it the Jaccard is "
        f"{format_jaccard(member.own_jaccard)}"
    )


def show_values(form: Form, texts: Sequence[str], shingle_size: int) -> Iterator[list[str]]:
    """The values of the first places, those of each text side by side; safe to print.

    :param texts: the representative's text, then those of others
    """
    from dedupe.sketch import tokenize_text  # late, for reports without forms

    vocabulary = Vocabulary(tokenize_text)
    tokens = [tokenize_text(text) for text in texts]
    spans = [vocabulary.locate_tokens(text) for text in texts]
    for place in form.places[:SHOWN_PLACES]:
        values = []
        for text, each, located in zip(texts, tokens, spans, strict=True):
            run = find_value(place, tokens[0], each, shingle_size)
            values.append(_shown(text, located[run[0] : run[1]]) if run else "?")
        yield values


def find_value(
    place: FormPlace, own: Sequence[str], other: Sequence[str], shingle_size: int
) -> tuple[int, int] | None:
    """Where the value of a place stands in another text: between the same words.

    :param own: the tokens of the representative
    :param other: the tokens of the other text
    """
    before = own[max(place.begin - shingle_size, 0) : place.begin]
    behind = own[place.end : place.end + shingle_size]
    begins, ends = _occurrences(before, other), _occurrences(behind, other)
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0] + len(before):
        return None
    return begins[0] + len(before), ends[0]


def _occurrences(run: Sequence[str], tokens: Sequence[str]) -> list[int]:
    size, run = len(run), [*run]
    return [i for i in range(len(tokens) - size + 1) if tokens[i : i + size] == run]


def _shown(text: str, spans: Sequence[tuple[int, int]]) -> str:
    if not spans:
        return "(nothing)"
    value = " ".join(text[spans[0][0] : spans[-1][1]].split())
    cut = value[: VALUE_CHARACTERS - 1] + "…" if len(value) > VALUE_CHARACTERS else value
    return f"“{escape_text(cut)}”"


def furniture_lines(report: Report, canvas: Canvas) -> Iterator[str]:
    """A block of lines on the furniture that was found, if it was looked for."""
    furniture = report.furniture
    if furniture is None:
        return
    lines = "".join(canvas.flow(prose(each)) for each in furniture_sentences(report))
    shown = listed_count(len(furniture.passages), LISTED_PASSAGES)
    for passage in furniture.passages[:shown]:
        lines += canvas.flow(prose(describe_passage(passage), "dim"), MEMBER_INDENT)
    if (rest := furniture.passage_count - shown) > 0:
        lines += canvas.flow(prose(f"⋯ {format_count(rest, 'passage')} more", "dim"), MEMBER_INDENT)
    yield lines + "\n"


def furniture_sentences(report: Report) -> Iterator[str]:
    """What a report says of furniture as a whole, in sentences."""
    furniture = report.furniture
    if furniture is None:
        return
    if not furniture.passage_count:
        yield "No furniture: no passage stands in many documents that are no duplicates"
        return
    share = format_percent(furniture.token_count / max(1, report.corpus.token_count), 1)
    yield (
        f"Furniture: {format_count(furniture.passage_count, 'passage')} in "
        f"{format_count(furniture.document_count, 'document')}, {share} of the words"
    )
    resting = format_count(furniture.resting_pair_count, "pair")
    hidden = format_count(furniture.hidden_pair_count, "pair")
    if report.config.furniture == "ignore":
        yield (
            f"It is left out of the comparison: {resting} would be duplicates with it only, "
            f"{hidden} are without it only"
        )
        if furniture.only_count:
            only = format_count(furniture.only_count, "document")
            yield f"{only} hold hardly anything else, and are compared with equal ones alone"
    else:
        yield (
            f"Of the duplicates {resting} rest on it, and {hidden} would be found without it; "
            "--furniture ignore leaves it out"
        )


def describe_passage(passage: FurniturePassage) -> str:
    """A passage in one line: how many documents have it, how long it is, and its beginning."""
    text = passage.text
    cut = text[: PASSAGE_CHARACTERS - 1] + "…" if len(text) > PASSAGE_CHARACTERS else text
    documents = format_count(passage.document_count, "document")
    site = f" of {escape_text(passage.site[:VALUE_CHARACTERS])}" if passage.site else ""
    words = format_count(passage.token_count, "word")
    shown = f"“{escape_text(cut)}”" if text else f"in{NO_BREAK}{escape_text(passage.id)}"
    return f"{documents}{site}, {words}: {shown}"
