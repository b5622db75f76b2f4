"""The choice of members to list in a cluster, their order, and the differences to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from dedupe.model.documents import TextProvider
from dedupe.model.report import Cluster, Member
from dedupe.renderers.view.figures import format_jaccard
from dedupe.renderers.view.layout import listed_count
from dedupe.renderers.view.options import LISTED_MEMBERS
from dedupe.renderers.view.terminal import NO_BREAK

DIFFED_MEMBERS: Final = 5
READ_AHEAD: Final = 200


class Selection(msgspec.Struct, frozen=True):
    """The members of a cluster that are shown.

    :param listed: listed members without the representative, the most different first
    :param rest: members that are only counted
    :param diffed: listed members whose difference is shown, one for each text
    """

    cluster: Cluster
    representative: Member
    listed: tuple[Member, ...]
    rest: tuple[Member, ...]
    diffed: tuple[Member, ...]

    @property
    def text_ids(self) -> list[str]:
        """The documents whose texts the diffs need."""
        shown = (self.representative, *self.diffed) if self.diffed else ()
        return [member.id for member in shown]


def order_clusters(clusters: Iterable[Cluster]) -> list[Cluster]:
    """The clusters, those first whose duplicates have the most words: most is gained by them."""
    return sorted(clusters, key=lambda c: (-_redundant_words(c), -len(c.members), c.representative))


def _redundant_words(cluster: Cluster) -> int:
    """The words of the members that could go: neither the representative nor references."""
    return sum(member.token_count for member in cluster.others() if not member.is_reference)


def select_members(
    cluster: Cluster,
    diffs: bool,
    max_listed: int | None = LISTED_MEMBERS,
    max_diffed: int | None = DIFFED_MEMBERS,
) -> Selection:
    """Choose what is shown of a cluster.

    :param diffs: whether any difference is shown
    :param max_listed: members listed, beside the representative (none: all)
    :param max_diffed: members of which a difference is shown (none: all that are listed)
    """
    representative = next(m for m in cluster.members if m.id == cluster.representative)
    others = sorted(cluster.others(), key=lambda m: (m.jaccard, not m.relation.is_near, m.id))
    count = len(others) if max_listed is None else listed_count(len(others), max_listed)
    diffed = _choose_diffed(others[:max_listed])[:max_diffed] if diffs else ()
    return Selection(cluster, representative, tuple(others[:count]), tuple(others[count:]), diffed)


def read_with_texts(
    selections: Iterable[Selection],
    provider: TextProvider,
    others: Callable[[Selection], Iterable[str]] = lambda selection: (),
) -> Iterator[tuple[Selection, Mapping[str, str]]]:
    """Each selection with the texts for its diffs, which are read for several clusters at once.

    :param others: ids of further documents whose texts are read
    """
    waiting: list[Selection] = []
    ids: dict[str, None] = {}

    def read() -> Iterator[tuple[Selection, Mapping[str, str]]]:
        texts = provider.read_texts(ids) if ids else {}
        return ((selection, texts) for selection in waiting)

    for selection in selections:
        waiting.append(selection)
        ids.update(dict.fromkeys(selection.text_ids))
        ids.update(dict.fromkeys(others(selection)))
        if len(ids) >= READ_AHEAD:
            yield from read()
            waiting, ids = [], {}
    yield from read()


def has_diff(member: Member) -> bool:
    """Whether the member's words differ from those of its representative."""
    return not member.relation.has_equal_tokens


def _choose_diffed(members: Iterable[Member]) -> tuple[Member, ...]:
    by_content: dict[str, Member] = {}
    for member in members:
        if has_diff(member):
            by_content.setdefault(member.content_hash, member)
    return tuple(by_content.values())


def describe_likeness(members: Sequence[Member]) -> str:
    """How alike members are to their representative: a range of Jaccards, or a word."""
    relations = {member.relation for member in members}
    if len(relations) == 1 and (only := next(iter(relations))).has_equal_text:
        return only.value
    if all(relation.has_equal_tokens for relation in relations):
        return "same words"
    lowest = format_jaccard(min(member.jaccard for member in members))
    highest = format_jaccard(max(member.jaccard for member in members))
    return f"Jaccard{NO_BREAK}{lowest if lowest == highest else f'{lowest}–{highest}'}"
