"""The dates of documents, for the keep rules ``earliest`` and ``latest``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.date_orders import DateColumn, DateOrder, DateOrders
from dedupe.store.documents import Documents

_DOCUMENTS_AT_ONCE: Final = 1 << 14


def needs_dates(keep: Iterable[str]) -> bool:
    """Whether a keep rule goes by dates."""
    return not {"earliest", "latest"}.isdisjoint(keep)


def learn_date_orders(
    documents: Documents, keep: Iterable[str]
) -> dict[str, tuple[DateOrder, ...]]:
    """What the dates of all documents show of the order of day, month and year.

    It is empty where no keep rule goes by dates.
    """
    column = DateColumn()
    if not needs_dates(keep):
        return {}
    for begin in range(0, len(documents), _DOCUMENTS_AT_ONCE):
        chosen = np.arange(begin, min(begin + _DOCUMENTS_AT_ONCE, len(documents)))
        column.add_all(documents.identities.dates(chosen))
    return column.orders()


def read_dates(texts: Sequence[str], orders: DateOrders) -> NDArray[np.float64]:
    """Each date in seconds since 1970; NaN where there is none, or it cannot be told."""
    from dedupe.model.dates import parse_date  # late, because its patterns take 2 ms to compile

    known: dict[str, float | None] = {text: parse_date(text, orders) for text in set(texts)}
    return np.array([known[text] for text in texts], np.float64)
