"""The order of documents by the keep rules: the first of a cluster represents it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.dates import read_dates
from dedupe.model.date_orders import NO_ORDERS, DateOrders
from dedupe.model.keep_rules import sites_of_rule
from dedupe.model.metadata import normalise_site
from dedupe.model.natural_order import natural_key
from dedupe.store.documents import Documents


def order_documents(
    documents: Documents,
    chosen: NDArray[np.int64],
    keep: Iterable[str],
    degrees: NDArray[np.int64] | None,
    content: NDArray[np.int64] | None,
    date_orders: DateOrders = NO_ORDERS,
) -> NDArray[np.int64]:
    """Positions in ``chosen``, the best to keep first: by the rules, degree, content hash, id.

    Reference documents come before all others.

    :param degrees: those of the documents; none among copies, which cannot differ in them
    :param content: their content scores (see :mod:`dedupe.matching.content`); none likewise
    :param date_orders: how dates of three numbers are read (see :mod:`dedupe.matching.dates`)

    Content hashes compare by their low half, then their high half. (Of a text of more than 240
    bytes the low half of XXH3-128 is XXH3-64.)
    """
    keys: list[NDArray[Any]] = []
    if documents.reference_count:
        keys.append(chosen >= documents.reference_count)
    keys += sort_columns(documents, chosen, keep, degrees, content, date_orders)
    order = np.lexsort(keys[::-1])
    tied = _find_ties([key[order] for key in keys])
    if len(tied):
        # Ids decide only among equal texts, so that no others need to be read.
        positions = order[tied]
        ranks = _rank(documents.identities.ids(chosen[positions]), str)
        ordered = np.lexsort((ranks, *(key[positions] for key in reversed(keys))))
        order[tied] = positions[ordered]
    return order


def _rank_naturally(ids: list[str]) -> NDArray[Any]:
    return _rank(ids, natural_key)


def sort_columns(
    documents: Documents,
    chosen: NDArray[np.int64],
    keep: Iterable[str],
    degrees: NDArray[np.int64] | None,
    content: NDArray[np.int64] | None,
    date_orders: DateOrders,
    rank_ids: Callable[[list[str]], NDArray[Any]] = _rank_naturally,
) -> list[NDArray[Any]]:
    """The values by which documents are ordered, the first column first; the ids come after these.

    :param rank_ids: gives values whose order is the natural order of some ids
    """
    tokens, sizes = documents.token_counts[chosen], documents.byte_counts[chosen]
    identities = documents.identities
    rules: dict[str, Callable[[], list[NDArray[Any]]]] = {
        "content": lambda: [] if content is None else [-content],
        "degree": lambda: [] if degrees is None else [-degrees],
        "first": lambda: [rank_ids(identities.ids(chosen))],
        "longest": lambda: [-tokens, -sizes],
        "shortest": lambda: [tokens, sizes],
        "earliest": lambda: _date_keys(read_dates(identities.dates(chosen), date_orders), 1),
        "latest": lambda: _date_keys(read_dates(identities.dates(chosen), date_orders), -1),
    }
    keys: list[NDArray[Any]] = []
    for rule in (*keep, "degree"):
        sites = sites_of_rule(rule)
        keys += _site_keys(identities.metas(chosen), sites) if sites else rules[rule]()
    high, low = documents.content_hashes[chosen].T
    return [*keys, low, high]


def _find_ties(keys: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Positions in sorted columns whose values all equal those of the position before or after."""
    count = len(keys[0])
    equal = np.ones(max(count - 1, 0), bool)
    for key in keys:
        equal &= key[1:] == key[:-1]
    ties = np.zeros(count, bool)
    ties[1:] |= equal
    ties[:-1] |= equal
    return np.flatnonzero(ties)


def _date_keys(dates: NDArray[np.float64], sign: int) -> list[NDArray[Any]]:
    """Sort keys by date, ascending for sign 1, descending for -1; undated documents come last."""
    undated = np.isnan(dates)
    return [undated, np.where(undated, 0.0, sign * dates)]


def _site_keys(metas: Sequence[dict[str, str]], sites: Sequence[str]) -> list[NDArray[Any]]:
    """A sort key with documents of these sites first, in this order; all others are equal."""
    rank = {normalise_site(site): i for i, site in reversed([*enumerate(sites)])}
    ranks = [rank.get(normalise_site(meta.get("site", "")), len(sites)) for meta in metas]
    return [np.array(ranks, np.int64)]


def _rank(ids: list[str], key: Callable[[str], Any]) -> NDArray[np.int64]:
    """The rank of each id in the order of ``key``."""
    ranks = np.empty(len(ids), np.int64)
    ranks[sorted(range(len(ids)), key=lambda i: (key(ids[i]), ids[i]))] = np.arange(len(ids))
    return ranks
