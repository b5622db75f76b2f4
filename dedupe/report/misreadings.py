"""Warnings where a result looks as if the corpus was not read as its authors wrote it.

They are made from a report alone, so that a saved report has them at any threshold. Each is a
doubt and no error: no document is dropped, and no exit code changed, because of one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Final

from dedupe.model.metadata import normalise_site
from dedupe.model.report import SHORT_TOKENS, Cluster, DuplicatePair, Member, Report, ReportWarning

SHORT_DUPLICATES = "short_duplicates"
ONE_TEXT = "one_text_for_many"
RARE_TEXT_FIELD = "rare_text_field"
SHARED_PASSAGE = "shared_passage"
SAME_FORM = "same_form"
FURNITURE = "furniture"

WARNING_REASONS = (
    SHORT_DUPLICATES,
    ONE_TEXT,
    RARE_TEXT_FIELD,
    SHARED_PASSAGE,
    SAME_FORM,
    FURNITURE,
)

MIN_COUNT: Final = 10
"""Fewer short duplicates, or records without a text, are no reason for a warning."""

MIN_COPIES, DISTINCT_SHARE = 5, 0.8
"""Copies of one text, and the share of different titles or addresses among them, that are odd."""

MIN_PAIRS, ALIKE_SHARE = 3, 0.9
SAME_SIZE, OWN_SHARE = 0.05, 0.12
"""How much the passage that a cluster shares may vary, and the least that each member has besides.

Measured on clusters of three documents or more: none of 352 looks so where one page was read by
many extractors (with 0.08 it is 7), and 21 of 48 among a senator's form letters.
"""

CONCERNED_SHARE: Final = 0.02
"""The share of all clustered documents from which on a shared passage is told."""

_SKIPPED_WITHOUT_TEXT: Final = ("field_missing", "text_null", "text_not_string")


def find_warnings(report: Report) -> tuple[ReportWarning, ...]:
    """The warnings of a report, in a fixed order; it goes through the larger clusters once."""
    odd_copies, with_passage, passage_clusters, in_forms = 0, 0, 0, 0
    forms = {form.cluster_id for form in report.forms or ()}
    for cluster in report.clusters:
        if len(cluster.members) < MIN_PAIRS:  # (the largest come first)
            break
        odd_copies += _count_odd_copies(cluster.members)
        if cluster.cluster_id in forms:
            in_forms += len(cluster.members)
        elif _shares_one_passage(cluster):
            with_passage += len(cluster.members)
            passage_clusters += 1
    found = (
        _warn_of_short(report),
        _warn_of_one_text(odd_copies, report),
        _warn_of_rare_field(report),
        _warn_of_passage(with_passage, passage_clusters, report),
        _warn_of_forms(in_forms, len(forms), report),
        _warn_of_furniture(report),
    )
    return tuple(warning for warning in found if warning is not None)


def _clustered_count(report: Report) -> int:
    """The documents of all clusters; references are counted only where they are kept."""
    return report.corpus.duplicate_count + report.corpus.cluster_count


# --- short documents and rare fields: counts of the corpus ---------------------------------


def _warn_of_short(report: Report) -> ReportWarning | None:
    short, total = report.corpus.short_duplicate_count, report.corpus.duplicate_count
    if short < MIN_COUNT or 2 * short < total:
        return None
    return ReportWarning(
        SHORT_DUPLICATES,
        short,
        total,
        f"{short:,} of {total:,} duplicates have fewer than {SHORT_TOKENS} words, as captions, "
        f"headings and placeholders have; --min-tokens {SHORT_TOKENS} leaves such out",
    )


def _warn_of_rare_field(report: Report) -> ReportWarning | None:
    skipped = report.corpus.skipped_counts
    read = sum(report.run.text_fields.values())
    missing = sum(skipped.get(reason, 0) for reason in _SKIPPED_WITHOUT_TEXT)
    if not read or missing < MIN_COUNT or missing <= read:
        return None
    names = ", ".join(map(repr, report.run.text_fields))
    total = read + missing
    return ReportWarning(
        RARE_TEXT_FIELD,
        read,
        total,
        f"only {read:,} of {total:,} records have a text under a usual name ({names}); the others "
        "were skipped, so their text may be in another field: name it with --text-field",
    )


# --- one text under many titles or addresses -----------------------------------------------


def _warn_of_one_text(count: int, report: Report) -> ReportWarning | None:
    if not count:
        return None
    total = _clustered_count(report)
    return ReportWarning(
        ONE_TEXT,
        count,
        total,
        f"{count:,} documents have the very text of others, but titles or addresses on one site "
        "that differ: perhaps a consent text, an error page or a placeholder in place of articles",
    )


def _count_odd_copies(members: Sequence[Member]) -> int:
    """The members whose text others have too, under other titles or other pages of one site."""
    if len(members) < MIN_COPIES:
        return 0
    by_text: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        if member.meta:
            by_text[member.content_hash].append(member)
    return sum(_count_odd(copies) for copies in by_text.values() if len(copies) >= MIN_COPIES)


def _count_odd(copies: Sequence[Member]) -> int:
    if _are_different([*filter(None, map(_title_of, copies))]):
        return len(copies)
    pages: dict[str, list[str]] = defaultdict(list)
    for member in copies:
        if url := member.meta.get("url", ""):
            pages[member.meta.get("site", "")].append(_page_of(url))
    return sum(len(each) for each in pages.values() if _are_different(each))


def _are_different(values: Sequence[str]) -> bool:
    return len(values) >= MIN_COPIES and len({*values}) >= DISTINCT_SHARE * len(values)


def _title_of(member: Member) -> str:
    return member.meta.get("title", "") or member.meta.get("headline", "")


def _page_of(url: str) -> str:
    """The host and path of a URL: a query or a fragment often names the same page."""
    return url.partition("?")[0].partition("#")[0].rpartition("//")[2].rstrip("/")


# --- one passage, and different texts around it ----------------------------------------------


def _warn_of_passage(count: int, cluster_count: int, report: Report) -> ReportWarning | None:
    if not count:
        return None
    total = _clustered_count(report)
    if count < CONCERNED_SHARE * total:
        return None
    clusters = "one cluster" if cluster_count == 1 else f"{cluster_count:,} clusters"
    return ReportWarning(
        SHARED_PASSAGE,
        count,
        total,
        f"the {count:,} documents of {clusters} seem to share one passage and differ in the rest, "
        "as form letters do, or articles of a site that puts a text before each; look before you "
        "drop any",
    )


def _warn_of_forms(count: int, cluster_count: int, report: Report) -> ReportWarning | None:
    total = _clustered_count(report)
    if not count or count < CONCERNED_SHARE * total:
        return None
    clusters = "one cluster" if cluster_count == 1 else f"each of {cluster_count:,} clusters"
    return ReportWarning(
        SAME_FORM,
        count,
        total,
        f"{count:,} documents are the same form with other values: those of {clusters} differ in "
        "the same places, as numbered laws and grant letters do; look before you drop any",
    )


def _warn_of_furniture(report: Report) -> ReportWarning | None:
    if report.furniture is None:
        return None
    threshold = report.config.threshold
    resting = sum(m.own_jaccard < threshold <= m.jaccard for m in report.furniture.members)
    if not resting:
        return None
    total = report.corpus.duplicate_count
    return ReportWarning(
        FURNITURE,
        resting,
        total,
        f"{resting:,} of {total:,} duplicates are such only with passages that a site or the "
        "corpus repeats; --furniture ignore leaves these out",
    )


def _shares_one_passage(cluster: Cluster) -> bool:
    """Whether all near pairs share about as much, and both documents of each have more besides.

    Copies that were edited one after another share different amounts. Reprints on several sites
    look the same as what is sought, so a cluster where each member has a site of its own is none.
    """
    near = [pair for pair in cluster.pairs if pair.relation.is_near]
    if len(near) < MIN_PAIRS or _have_own_sites(cluster.members):
        return False
    passage = median(pair.shared_count for pair in near)
    return sum(_is_passage(near, passage)) >= ALIKE_SHARE * len(near)


def _is_passage(pairs: Iterable[DuplicatePair], passage: float) -> Iterator[bool]:
    for pair in pairs:
        own = min(pair.left_count, pair.right_count) - pair.shared_count
        is_alike = abs(pair.shared_count - passage) <= SAME_SIZE * passage
        yield is_alike and own >= OWN_SHARE * passage


def _have_own_sites(members: Iterable[Member]) -> bool:
    sites = Counter(normalise_site(member.meta.get("site", "")) for member in members)
    return not sites[""] and max(sites.values()) == 1
