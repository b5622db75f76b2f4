"""The lists of contained documents and of passages in a report at a higher threshold."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from dedupe.model.relations import Relation
from dedupe.model.report import DuplicatePair, Report, SharedText
from dedupe.report.index import ReportIndex
from dedupe.report.remaining import relist_ends


def relist_shared_texts(report: Report, before: Report) -> Report:
    """The report with the lists that a scan at its threshold makes.

    Pairs that are no duplicates any more may be of a document and one that contains it; their
    passages are not known, since that takes the texts.

    :param report: at the higher threshold, with the lists of the scan
    :param before: the report of the scan
    :raises ReportError: if it does not describe a document of its lists
    """
    search = report.search.shared
    if search is None:
        return report
    contained = sorted(
        [*before.contained, *_newly_contained(report, before)],
        key=lambda each: (each.left, each.right),
    )
    shared = msgspec.structs.replace(search, contained_pair_count=len(contained))
    listed = msgspec.structs.replace(
        report,
        contained=tuple(contained),
        search=msgspec.structs.replace(report.search, shared=shared),
    )
    return relist_ends(listed, before)


def _newly_contained(report: Report, before: Report) -> Iterator[SharedText]:
    """The pairs below the threshold of which one document contains the other."""
    config = report.config
    tokens = {id: each.token_count for id, each in ReportIndex(before).documents.items()}
    for pair in before.pairs():
        least = min(pair.left_count, pair.right_count)
        is_contained = least >= config.min_passage
        is_contained &= pair.shared_count / least >= config.containment
        if pair.relation.is_near and pair.jaccard < config.threshold and is_contained:
            yield _direct(pair, tokens[pair.left] - tokens[pair.right])


def _direct(pair: DuplicatePair, more_tokens: int) -> SharedText:
    """The pair with the contained document as the left one.

    :param more_tokens: how many tokens the left document has more than the right one
    """
    ends = (pair.left, pair.left_count), (pair.right, pair.right_count)
    is_turned = (pair.left_count - pair.right_count, more_tokens) > (0, 0)
    (left, left_count), (right, right_count) = ends[::-1] if is_turned else ends
    counts = pair.shared_count, left_count, right_count
    return SharedText(left, right, Relation.CONTAINED, *counts, ())
