"""The lists of a report of documents that stand in others, and of shared passages."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.collapse import Collapsed
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.relations import Relation
from dedupe.model.report import SharedPassage, SharedText
from dedupe.passages.runs import Runs
from dedupe.passages.search import SharedTexts

Rank = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""The positions of documents in the order of their ids."""


class SharedDocuments(msgspec.Struct, frozen=True):
    """Pairs that share text, with the documents that stand for their groups.

    :param contained: left and right documents, ``int64``, ``(2, n)``
    :param passages: left and right documents, ``int64``, ``(2, n)``
    """

    shared: SharedTexts
    contained: NDArray[np.int64]
    passages: NDArray[np.int64]

    @classmethod
    def of(cls, shared: SharedTexts, collapsed: Collapsed) -> SharedDocuments:
        contained, passages = shared.contained, shared.passages
        return cls(
            shared,
            np.stack(collapsed.ends_of_pairs(contained.left, contained.right)),
            np.stack(collapsed.ends_of_pairs(passages.left, passages.right)),
        )

    @property
    def documents(self) -> NDArray[np.int64]:
        """All documents of both lists, with repetitions."""
        return np.concatenate([self.contained.reshape(-1), self.passages.reshape(-1)])

    def list_contained(self, rank: Rank, ids: list[str], shingle_size: int) -> list[SharedText]:
        """The documents that stand in others, by left, then right id."""
        ranks = rank(self.contained[0]), rank(self.contained[1])
        pairs, runs = self.shared.contained, self.shared.contained_runs
        return _list_pairs(Relation.CONTAINED, ranks, pairs, runs, ids, shingle_size)

    def list_passages(self, rank: Rank, ids: list[str], shingle_size: int) -> list[SharedText]:
        """The pairs that share passages only, with ``left < right``, by left, then right id."""
        left, right = rank(self.passages[0]), rank(self.passages[1])
        is_turned = left > right
        pairs, runs = self.shared.passages, self.shared.passage_runs
        counts = [pairs.left_count, pairs.right_count]
        left_count, right_count = np.where(is_turned, counts[::-1], counts)
        turned_runs = is_turned[runs.pair]
        starts = np.where(turned_runs, [runs.right, runs.left], [runs.left, runs.right])
        turned = Runs(runs.pair, starts[0], starts[1], runs.size)
        turned = turned.select(np.lexsort((turned.right, turned.left, turned.pair)))
        ranks = np.minimum(left, right), np.maximum(left, right)
        pairs = VerifiedPairs(pairs.left, pairs.right, pairs.shared_count, left_count, right_count)
        return _list_pairs(Relation.PASSAGE, ranks, pairs, turned, ids, shingle_size)


def _list_pairs(
    relation: Relation,
    ranks: tuple[NDArray[np.int64], NDArray[np.int64]],
    pairs: VerifiedPairs,
    runs: Runs,
    ids: list[str],
    shingle_size: int,
) -> list[SharedText]:
    tokens = (runs.size + shingle_size - 1).tolist()
    passages = list(map(SharedPassage, tokens, runs.left.tolist(), runs.right.tolist()))
    begins = np.searchsorted(runs.pair, np.arange(len(pairs.left) + 1)).tolist()
    order = np.lexsort((ranks[1], ranks[0]))
    columns = (*ranks, pairs.shared_count, pairs.left_count, pairs.right_count)
    rows = zip(order.tolist(), *(column[order].tolist() for column in columns), strict=True)
    return [
        SharedText(ids[left], ids[right], relation, shared, left_count, right_count,
                   tuple(passages[begins[i] : begins[i + 1]]))
        for i, left, right, shared, left_count, right_count in rows
    ]  # fmt: skip
