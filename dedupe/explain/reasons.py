"""Reasons why two documents are no duplicates, or not found as such, made from their figures.

The left document is called A, the right one B, in the order in which they were named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from dedupe.explain.figures import DocumentFigures, PairFigures, SearchFigures
from dedupe.explain.finding import FoundDocument
from dedupe.explain.saved import DocumentInReport, PairInReport
from dedupe.model.report import DuplicatePair
from dedupe.model.settings import ScanSettings

SHOWN_CHARACTERS: Final = 200
SHOWN_LINKS: Final = 6
CONTAINED_SHARE: Final = 0.9
CONTAINED_RATIO: Final = 1.1
"""A document contains another if it holds this share of it, and is this many times as long."""

_LINKAGES: Final = {
    "star": "a document joins the first representative of which it is a duplicate",
    "complete": "clusters become one only where every two of their members are duplicates",
    "single": "a bridge cannot be with single linkage",
}


class Reason(msgspec.Struct, frozen=True):
    """A reason, or a remark.

    :param reason: a stable word
    :param detail: a sentence for people
    """

    reason: str
    detail: str


def find_reasons(
    documents: tuple[FoundDocument, FoundDocument],
    figures: tuple[DocumentFigures | None, DocumentFigures | None],
    settings: ScanSettings,
    pair: PairFigures | None,
    search: SearchFigures | None,
    in_report: PairInReport | None,
) -> Iterator[Reason]:
    """The reasons: first those of each document, then of the two, then of the report.

    :param pair: none if it is not known
    :param search: none if a text is missing or has no token
    """
    for label, document, counted in zip("AB", documents, figures, strict=True):
        yield from _explain_missing(label, document, counted, settings.min_tokens)
    counted_both = figures[0] is not None and figures[1] is not None
    if pair is not None and search is not None and counted_both and not pair.is_duplicate:
        yield from _explain_unlike(pair, figures, settings)
    if pair is not None and pair.is_duplicate and search is not None:
        yield from _explain_not_met(search, in_report)
    if in_report is not None:
        yield from _explain_report(documents[0].id, in_report, settings, pair, search)


def _explain_missing(
    label: str, document: FoundDocument, counted: DocumentFigures | None, min_tokens: int
) -> Iterator[Reason]:
    if document.text is None and document.reason == "changed":
        yield Reason("changed", f"{label}: {shorten(document.problem)}")
    elif document.text is None:
        told = f"{shorten(document.problem)} ({shorten(document.reason)})"
        yield Reason("skipped", f"{label} is not compared: {told}")
    elif counted is not None and not counted.token_count:
        yield Reason("no_tokens", f"{label} holds no letter or digit: a scan sets it aside")
    elif counted is not None and counted.token_count < min_tokens:
        yield Reason(
            "below_min_tokens",
            f"{label} has {counted.token_count:,} words: a scan compares none of fewer than "
            f"{min_tokens:,} (--min-tokens)",
        )


def _explain_unlike(
    pair: PairFigures,
    figures: tuple[DocumentFigures | None, DocumentFigures | None],
    settings: ScanSettings,
) -> Iterator[Reason]:
    """Why the Jaccard of two documents with tokens is below the threshold."""
    size, threshold = settings.shingle_size, settings.threshold
    sizes = [each.token_count for each in figures if each is not None]
    for label, other, count in zip("AB", "BA", sizes, strict=True):
        if count < size:
            yield Reason(
                "too_short",
                f"{label} has {count:,} of the {size} words that make a shingle: all of it is one, "
                f"and {other} would have to have the same words and no others",
            )
    fewer, more = sorted((pair.left_count, pair.right_count))
    needed = shared_needed(pair.left_count, pair.right_count, threshold)
    if fewer < needed:
        smaller, larger = ("A", "B") if pair.left_count == fewer else ("B", "A")
        yield Reason(
            "size",
            f"{smaller} has {fewer:,} shingles and {larger} {more:,}: even if {larger} held all of "
            f"{smaller}, their Jaccard would be {fewer / more:.2f}, below {threshold:g}",
        )
    if not pair.shared_count:
        row = f"no {size} words in a row" if size > 1 else "no word"
        yield Reason("nothing_shared", f"they share no shingle: {row}")
    elif fewer >= needed:
        missing = needed - pair.shared_count
        yield Reason(
            "below_threshold",
            f"they share {pair.shared_count:,} shingles, and of so many as they have a Jaccard of "
            f"{threshold:g} takes {needed:,}: {missing:,} too few",
        )
    yield from _explain_contained(pair)
    if min(sizes) >= size and threshold < 1 and fewer < size * (1 + threshold) / (1 - threshold):
        yield Reason(
            "short",
            f"they are short: of {fewer:,} shingles one changed word can take {min(size, fewer)}, "
            f"which alone can bring the Jaccard below {threshold:g}",
        )


def _explain_contained(pair: PairFigures) -> Iterator[Reason]:
    sides = (
        ("A", "B", pair.left_containment, pair.right_count / pair.left_count),
        ("B", "A", pair.right_containment, pair.left_count / pair.right_count),
    )
    for part, whole, share, ratio in sides:
        is_directed = pair.relation is not None and pair.relation.is_directed
        is_longer = ratio >= CONTAINED_RATIO or (is_directed and ratio >= 1)
        if is_longer and (share >= CONTAINED_SHARE or is_directed):
            yield Reason(
                "contained",
                f"{whole} holds {_percent(share)} of {part}, and is {ratio:.1f} times as long: "
                f"{part} is an excerpt of it, or is quoted there",
            )


def shared_needed(left_count: int, right_count: int, threshold: float) -> int:
    """The number of shared shingles with which two sets of these sizes reach the threshold.

    It is found by the same division as in verification. It is larger than the smaller set if even
    all of that do not suffice.
    """
    total, fewer = left_count + right_count, min(left_count, right_count)
    # Begin just below the solution over the reals; from there the division decides.
    needed = max(0, min(fewer, int(threshold * total / (1 + threshold)) - 2))
    while needed <= fewer and needed / (total - needed) < threshold:
        needed += 1
    return needed


def _explain_not_met(search: SearchFigures, in_report: PairInReport | None) -> Iterator[Reason]:
    """The reason why a scan does not verify two duplicates, if it does not."""
    if in_report is not None and in_report.pair is not None:
        return
    if not search.met_bands:
        yield Reason(
            "no_band",
            f"they are duplicates, but meet in none of the {search.bands} bands, so that a scan "
            f"does not find them; a higher --recall makes that rarer (see the chance below)",
        )
    elif not search.is_candidate:
        yield Reason(
            "estimate",
            f"they are duplicates and agree in a band, but only {search.low_byte_count} of "
            f"{search.num_perm} values of their signatures seem equal where a scan asks for "
            f"{search.minimum_equal}",
        )


def _explain_report(
    left_id: str,
    in_report: PairInReport,
    settings: ScanSettings,
    pair: PairFigures | None,
    search: SearchFigures | None,
) -> Iterator[Reason]:
    is_duplicate = pair is not None and pair.is_duplicate
    listed = in_report.pair
    yield from _explain_furniture(in_report, settings, is_duplicate)
    if in_report.share_cluster and not is_duplicate and in_report.links:
        yield Reason(
            "linked", f"they are in one cluster by way of others: {_describe_path(in_report)}"
        )
    if listed is not None and not listed.relation.is_duplicate:
        yield Reason("no_duplicate", _describe_listed(listed, left_id))
    elif listed is not None and not in_report.share_cluster:
        told = f"A {_describe_cluster(in_report.left)}, B {_describe_cluster(in_report.right)}"
        yield Reason("different_clusters", f"{told}: {_LINKAGES[settings.linkage]}")
    # A pair of documents of the same words is left out where neither is the first of them.
    is_new = "unlisted" in (in_report.left.state, in_report.right.state)
    is_near = pair is not None and pair.relation is not None and pair.relation.is_near
    is_found = search is not None and search.is_candidate
    is_ignored = settings.furniture == "ignore" and is_near
    if is_duplicate and is_found and listed is None and (is_near or is_new) and not is_ignored:
        yield _explain_not_paired(in_report, settings)


def _explain_furniture(
    in_report: PairInReport, settings: ScanSettings, is_duplicate: bool
) -> Iterator[Reason]:
    """What the report says of furniture and forms in the two."""
    if found := in_report.furniture:
        yield Reason(
            "furniture",
            f"{found.furniture_count:,} of the {found.shared_count:,} shingles that they share "
            f"have a word of furniture, which stands in up to {found.document_count:,} documents: "
            f"their Jaccard is {found.jaccard:.2f} with it and {found.own_jaccard:.2f} without it",
        )
    elif settings.furniture == "ignore" and is_duplicate and in_report.pair is None:
        yield Reason(
            "furniture",
            "the figures below are with furniture; the scan left it out, and found no pair of them",
        )
    if in_report.place_count:
        places = "one place" if in_report.place_count == 1 else f"{in_report.place_count:,} places"
        yield Reason(
            "same_form",
            f"they are the same form with other values: their cluster differs in {places}",
        )


def _describe_listed(pair: DuplicatePair, left_id: str) -> str:
    """A sentence on a pair of the report whose relation makes no duplicates."""
    named = f"them {pair.relation}"
    if pair.relation.is_directed:
        one, other = "AB" if pair.left == left_id else "BA"
        named = f"{one} {pair.relation} in relation to {other}"
    return f"the report calls {named}, which makes no duplicate"


def _explain_not_paired(in_report: PairInReport, settings: ScanSettings) -> Reason:
    """The reason why a report has no pair of two documents that a scan compares."""
    count = in_report.capped_bucket_count
    if not count:
        return Reason(
            "not_in_report",
            "the report has no pair of them, though as they are now a scan compares them: one of "
            "them was added or changed since",
        )
    were = "bucket was" if count == 1 else "buckets were"
    return Reason(
        "capped",
        f"the report has no pair of them: {count:,} {were} capped, being of more than "
        f"{settings.max_bucket:,} documents (--max-bucket), of which only a few are compared with "
        "all others",
    )


def _describe_cluster(in_report: DocumentInReport) -> str:
    if in_report.state == "representative":
        return "is the representative of its own cluster"
    if in_report.state == "member":
        return f"is in the cluster of {shorten(in_report.representative)}"
    return "is in no cluster"


def _describe_path(in_report: PairInReport) -> str:
    links = in_report.links
    shown = links if len(links) <= SHOWN_LINKS else links[: SHOWN_LINKS - 1]
    steps = ["A"]
    for number, link in enumerate(shown, 1):
        name = "B" if number == len(links) else shorten(link.id)
        steps.append(f"({link.jaccard:.2f}) {name}")
    if len(shown) < len(links):
        steps.append(f"… {len(links) - len(shown)} steps more to B")
    return " – ".join(steps)


def shorten(text: str) -> str:
    """A text of any length, such as an id, short enough for a sentence."""
    half = SHOWN_CHARACTERS // 2
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:half]}…{text[-half:]}"


def _percent(share: float) -> str:
    """A share as whole percent; 0 and 100 only if exact."""
    percent = min(max(100 * share, 1.0), 99.0) if 0 < share < 1 else 100 * share
    return f"{percent:.0f} %"
