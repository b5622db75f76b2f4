"""The notice on documents whose dates a keep rule asked for and could not use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from dedupe.clusters.assign import Clustering
from dedupe.matching.dates import needs_dates, read_dates
from dedupe.model.date_orders import DateOrders, find_numeric_date
from dedupe.model.documents import Notice
from dedupe.model.keep_rules import DEFAULT_KEEP
from dedupe.model.settings import ScanSettings
from dedupe.sources.reasons import NO_DATE
from dedupe.sources.records.usual_names import META_NAMES

_SHOWN_CHARACTERS = 30
_USUAL = f"{META_NAMES['date'][0]}, {META_NAMES['date'][11]}, …"


def find_undated(
    clustering: Clustering, settings: ScanSettings, orders: DateOrders
) -> list[Notice]:
    """A notice if documents of clusters have no date that the keep rules can use; else none.

    The default rules use dates where there are some, and nobody asked for that.
    """
    if settings.keep == DEFAULT_KEEP:
        return []
    rule = next((rule for rule in settings.keep if needs_dates([rule])), "")
    if not rule:
        return []
    documents = clustering.clustered
    texts = clustering.collapsed.documents.identities.dates(documents)
    undated = np.flatnonzero(np.isnan(read_dates(texts, orders))).tolist()
    if not undated:
        return []
    detail = f"{len(undated)} of {len(documents)} documents in clusters have no usable date"
    written = Counter(texts[i] for i in undated if texts[i])
    if written:
        example = min(written, key=lambda text: (-written[text], text))
        detail += f", such as {_explain(example, orders)}"
    looked_at = repr(settings.date_field) if settings.date_field else _USUAL
    detail += f"; --date-field names another than {looked_at}"
    return [Notice(f"--keep {rule}", NO_DATE, detail)]


def replace_undated(notices: Iterable[Notice], undated: Iterable[Notice]) -> tuple[Notice, ...]:
    """Notices with these on dates in place of any other, in the order of a report."""
    others = (notice for notice in notices if notice.reason != NO_DATE)
    return tuple(sorted([*others, *undated], key=lambda each: (each.id, each.reason, each.detail)))


def _explain(text: str, orders: DateOrders) -> str:
    """A value that gives no date, with the reason where its column is one."""
    shown = repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…")
    found = find_numeric_date(text.strip())
    if found is None or found.form not in orders:
        return shown
    return f"{shown} (day or month first?)" if orders[found.form] else f"{shown} (mixed orders)"
