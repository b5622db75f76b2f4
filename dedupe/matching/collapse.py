"""Groups of documents with equal token sequences: a thousand copies are compared as one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.order import order_documents
from dedupe.model.date_orders import NO_ORDERS, DateOrders
from dedupe.model.pairs import VerifiedPairs
from dedupe.store.documents import Documents


class Collapsed(msgspec.Struct, frozen=True):
    """Documents grouped by token sequence; the groups are ordered by their token hash.

    :param members: ``int64``: documents, group after group. In a group they ascend, so that
        reference documents come first, until :func:`arrange_groups` puts the best to keep first
    :param begins: ``int64``, ``(m + 1,)``: group *g* is ``members[begins[g]:begins[g + 1]]``
    """

    documents: Documents
    members: NDArray[np.int64]
    begins: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.begins) - 1

    @property
    def leads(self) -> NDArray[np.int64]:
        """The document that stands for each group, ``(m,)``."""
        return self.members[self.begins[:-1]]

    @property
    def is_reference(self) -> NDArray[np.bool_]:
        """Whether the lead of each group is a reference document, ``(m,)``."""
        return self.leads < self.documents.reference_count

    @property
    def is_reference_only(self) -> NDArray[np.bool_]:
        """Whether each group has reference documents alone, ``(m,)``: two such groups are not
        compared."""
        last = self.members[self.begins[1:] - 1]
        is_reference: NDArray[np.bool_] = last < self.documents.reference_count
        return is_reference

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The documents in each group, ``(m,)``."""
        return np.diff(self.begins)

    def ends_of_pairs(
        self, left: NDArray[np.int64], right: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The documents that stand for the two groups of each pair in a report: their leads.

        Where both leads are reference documents, whose pairs are not reported, the first new
        document stands for each group that has one.
        """
        leads = self.leads
        both = self.is_reference[left] & self.is_reference[right]
        # A group that a reference leads has no second reference (see arrange_groups).
        new = np.where(self.sizes > 1, self.members[self.begins[:-1] + (self.sizes > 1)], leads)
        return (
            np.where(both, new[left], leads[left]),
            np.where(both, new[right], leads[right]),
        )

    @property
    def with_copies(self) -> NDArray[np.int64]:
        """The groups of more than one document."""
        return np.flatnonzero(self.sizes > 1)


def collapse_documents(documents: Documents) -> Collapsed:
    """Group the documents of equal token sequence."""
    high, low = documents.token_hashes.T
    members = _order_by_hash(high, low)
    same = (high[members[1:]] == high[members[:-1]]) & (low[members[1:]] == low[members[:-1]])
    edges = np.flatnonzero(~same) + 1
    begins = np.concatenate([[0], edges, [len(members)] if len(members) else []]).astype(np.int64)
    return Collapsed(documents, members, begins)


def arrange_groups(
    collapsed: Collapsed, keep: Sequence[str], date_orders: DateOrders = NO_ORDERS
) -> Collapsed:
    """The same groups, each with its best document to keep first, as its lead.

    Reference documents come before others. Among either, the order is that of the ``keep`` rules
    (but ``content`` and ``degree``, in which copies cannot differ), then of content hash and id.
    Of several reference documents in one group only the lead stays in it.
    """
    documents, members = collapsed.documents, collapsed.members.copy()
    sizes = collapsed.sizes
    in_groups = np.flatnonzero(np.repeat(sizes > 1, sizes))
    if len(in_groups):
        group = np.repeat(np.arange(len(sizes)), sizes)[in_groups]
        best_first = order_documents(documents, members[in_groups], keep, None, None, date_orders)
        best_first = best_first[np.argsort(group[best_first], kind="stable")]
        members[in_groups] = members[in_groups][best_first]
    return _drop_repeated_references(Collapsed(documents, members, collapsed.begins))


def _drop_repeated_references(collapsed: Collapsed) -> Collapsed:
    """Leave out of each group all reference documents but the lead: they are not reported."""
    if not collapsed.documents.reference_count:
        return collapsed
    kept = collapsed.members >= collapsed.documents.reference_count
    kept[collapsed.begins[:-1]] = True
    begins = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)[collapsed.begins]
    return Collapsed(collapsed.documents, collapsed.members[kept], begins)


def _order_by_hash(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Indices in the order of ``high``, then ``low``, then themselves.

    ``high`` is sorted alone first, which is quicker, and nearly always enough.
    """
    order = np.argsort(high)
    equal = high[order[1:]] == high[order[:-1]]
    ties = np.zeros(len(order), bool)
    ties[1:] |= equal
    ties[:-1] |= equal
    tied = order[ties]
    # Sorting all ties together moves none out of its run of equal values.
    order[ties] = tied[np.lexsort((tied, low[tied], high[tied]))]
    return order


def count_degrees(collapsed: Collapsed, pairs: VerifiedPairs) -> NDArray[np.int64]:
    """The degree of each group: its pairs with other groups, and its copies (``int64``)."""
    degrees = np.bincount(pairs.left, minlength=len(collapsed))
    degrees += np.bincount(pairs.right, minlength=len(collapsed))
    degrees += collapsed.sizes - 1
    return degrees
