"""A saved report at a higher threshold, made from its own pairs, as a scan would give it.

A report holds everything that its clusters were made of, with one exception: with single linkage
a member may be no duplicate of its new representative. The shingles that the two share are then
counted in their texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.assembly import assemble_clusters
from dedupe.clusters.assign import Clustering, cluster_matches
from dedupe.matching.banding import band_recall, choose_minimum_equal
from dedupe.matching.collapse import Collapsed, collapse_documents
from dedupe.matching.matches import Matches
from dedupe.matching.verification import Verifier, verify_pairs
from dedupe.model.documents import TextProvider
from dedupe.model.errors import ConfigError, ReportError
from dedupe.model.kernels import Kernels
from dedupe.model.metadata import pack_meta
from dedupe.model.pairs import VerifiedPairs as Pairs
from dedupe.model.report import BridgeEnd, DuplicatePair, Member, Report
from dedupe.model.sketches import Banding
from dedupe.pipeline.reshared import relist_shared_texts
from dedupe.pipeline.undated import find_undated, replace_undated
from dedupe.report.checks import check_members, check_pairs
from dedupe.report.index import ReportIndex
from dedupe.report.misreadings import find_warnings
from dedupe.report.remaining import remaining_forms, remaining_furniture
from dedupe.sketch import load_kernels
from dedupe.sources.records.batches import make_batch
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.identities import pack_identities
from dedupe.store.shingles import ShingleStore
from dedupe.store.work_folder import WorkFolder

CountShared = Callable[[Sequence[tuple[str, str]]], Sequence[int]]
"""A function from pairs of ids to the number of distinct shingles that each pair shares."""

_PAIRS_PER_READ = 1000


def recluster(report: Report, threshold: float, count_shared: CountShared) -> Report:
    """The report of a scan at ``threshold`` over the same candidates.

    Pairs below the threshold are left out, and so are pairs of relations on which no cluster may
    rest. The documents are then ordered (with new degrees) and clustered as in a scan. ``search``
    keeps the bands of the scan, with their recall at the new threshold; ``run`` is unchanged.

    :param threshold: at least that of the report
    :param count_shared: called only with single linkage (see :func:`count_in_texts`)
    :raises ConfigError: if the threshold is lower, or above 1
    :raises ReportError: if buckets of the scan were capped, or the report contradicts itself
    """
    lowest = report.config.threshold
    if not lowest <= threshold <= 1:
        raise ConfigError(
            f"threshold is {threshold:g}, but a report of a scan at {lowest:g} holds the pairs "
            f"from {lowest:g} to 1 only; scan again for a lower one"
        )
    if report.search.capped_bucket_count:
        raise ReportError(
            f"{report.search.capped_bucket_count} buckets of this scan were capped, so that it "
            "does not hold all pairs that a scan at another threshold would find; scan again with "
            f"--threshold {threshold:g}, or with a higher --max-bucket"
        )
    if report.config.furniture == "ignore" and report.config.linkage == "single":
        raise ReportError(
            "furniture was ignored, and with single linkage another threshold takes shingles that "
            f"a report does not hold; scan again with --threshold {threshold:g}"
        )
    with WorkFolder() as work:
        saved = _SavedMatches.of_report(report, work)
        clustering = _cluster(saved, report, threshold, count_shared)
        assembled = assemble_clusters(clustering).materialise()
        undated = find_undated(clustering, report.config, report.corpus.date_orders)
    reclustered = msgspec.structs.replace(
        report,
        config=msgspec.structs.replace(report.config, threshold=threshold),
        corpus=msgspec.structs.replace(
            report.corpus,
            cluster_count=len(assembled.clusters),
            duplicate_count=assembled.duplicate_count,
            redundant_token_count=assembled.redundant_token_count,
            short_duplicate_count=assembled.short_duplicate_count,
        ),
        search=msgspec.structs.replace(
            report.search,
            expected_recall=_banding_at(report, threshold).expected_recall,
            duplicate_pair_count=len(assembled.bridges)
            + sum(len(c.pairs) for c in assembled.clusters),
        ),
        clusters=assembled.clusters,
        bridges=assembled.bridges,
        bridge_ends=assembled.bridge_ends,
        notices=replace_undated(report.notices, undated),
        furniture=remaining_furniture(report, assembled.clusters),
        forms=remaining_forms(report, assembled.clusters),
    )
    reclustered = relist_shared_texts(reclustered, report)
    reclustered = msgspec.structs.replace(reclustered, warnings=find_warnings(reclustered))
    if report.texts is None:
        return reclustered
    ids = {document.id for document in reclustered.documents()}
    texts = {id: text for id, text in report.texts.items() if id in ids}
    return msgspec.structs.replace(reclustered, texts=texts)


def count_in_texts(
    report: Report, texts: TextProvider, kernels: Kernels | None = None
) -> CountShared:
    """A function that reads texts again and counts the shingles they share.

    When called it raises :class:`ReportError` if a text cannot be read or has changed.
    """
    config, used = report.config, kernels or load_kernels()

    def count_some(pairs: Sequence[tuple[str, str]]) -> list[int]:
        ids = sorted({id for pair in pairs for id in pair})
        found = texts.read_texts(ids)
        for id in ids:
            if id not in found:
                raise ReportError(
                    f"{id}: {texts.problem(id)}; with single linkage another threshold takes the "
                    "texts of the scan"
                )
        batch = make_batch(ids, [found[id] for id in ids])
        sketch = used.sketch(
            batch, config.shingle_size, config.num_perm, config.seed, config.ignore_numbers
        )
        position = {id: i for i, id in enumerate(ids)}
        positions = [(position[left], position[right]) for left, right in pairs]
        left, right = _columns(positions)
        with WorkFolder() as work:
            shingles = ShingleStore(work)
            shingles.append(sketch.shingle_hashes, np.diff(sketch.shingle_offsets))
            verified = verify_pairs(Verifier(shingles, len(ids), used), left, right, 0.0)
        columns = (verified.left, verified.right, verified.shared_count)
        shared = {(a, b): n for a, b, n in zip(*(c.tolist() for c in columns), strict=True)}
        return [shared[min(pair), max(pair)] for pair in positions]

    def count(pairs: Sequence[tuple[str, str]]) -> list[int]:
        parts = range(0, len(pairs), _PAIRS_PER_READ)
        return [n for part in parts for n in count_some(pairs[part : part + _PAIRS_PER_READ])]

    return count


def _banding_at(report: Report, threshold: float) -> Banding:
    """The banding of the scan, with (a lower bound of) its recall at the new threshold."""
    search, config = report.search, report.config
    minimum_equal, loss = choose_minimum_equal(config.threshold, config.num_perm)
    recall = band_recall(threshold, search.bands, search.rows) * (1 - loss)
    return Banding(search.bands, search.rows, minimum_equal, recall)


def _cluster(
    saved: _SavedMatches, report: Report, threshold: float, count_shared: CountShared
) -> Clustering:
    settings = msgspec.structs.replace(report.config, threshold=threshold)
    sizes = saved.shingle_counts

    def count_links(left: NDArray[np.int32], right: NDArray[np.int32]) -> Pairs:
        shared = saved.count_links(left.tolist(), right.tolist(), count_shared)
        ends = left.astype(np.int64), right.astype(np.int64)
        return Pairs(*ends, np.array(shared, np.int64), sizes[left], sizes[right])

    stays = saved.pairs.jaccard >= threshold
    matches = Matches(
        collapsed=saved.collapsed,
        pairs=saved.pairs.select(stays),
        banding=_banding_at(report, threshold),
        candidate_pair_count=report.search.candidate_pair_count,
        capped_bucket_count=report.search.capped_bucket_count,
        count_pairs=count_links,
        count_distinct=lambda groups: sizes[groups],
        find_cut=lambda _: saved.is_cut[stays],
    )
    return cluster_matches(matches, settings, report.corpus.date_orders)


class _SavedMatches(msgspec.Struct, frozen=True):
    """The documents and pairs of a saved report, as the stages before clustering gave them.

    :param pairs: the near pairs of groups
    :param is_cut: whether one document of each of these pairs is a cut copy
    :param shingle_counts: distinct shingles of each group
    :param linked: the number of shingles that a member and its representative share, by their two
        groups; only for those in no pair
    """

    collapsed: Collapsed
    pairs: Pairs
    is_cut: NDArray[np.bool_]
    shingle_counts: NDArray[np.int64]
    linked: dict[tuple[int, int], int]

    @classmethod
    def of_report(cls, report: Report, work: WorkFolder) -> _SavedMatches:
        """Read the documents and pairs of a report.

        :raises ReportError: if parts of the report contradict one another
        """
        check_members(report)
        by_id = ReportIndex(report).documents
        check_pairs(report, by_id)
        # Reference documents come first, as in a scan.
        described = sorted(by_id.values(), key=lambda document: not document.is_reference)
        index = {document.id: i for i, document in enumerate(described)}
        listed = [*report.pairs()]
        reference_count = sum(document.is_reference for document in described)
        documents = _make_documents(described, _name_groups(listed, index), work)
        documents.reference_count = reference_count
        collapsed = collapse_documents(documents)
        group_of = np.empty(len(described), np.int64)
        group_of[collapsed.members] = np.repeat(np.arange(len(collapsed)), collapsed.sizes)
        groups = dict(zip(index, group_of.tolist(), strict=True))
        shingle_counts = np.zeros(len(collapsed), np.int64)
        for pair in listed:
            shingle_counts[groups[pair.left]] = pair.left_count
            shingle_counts[groups[pair.right]] = pair.right_count
        near, is_cut = _near_pairs([pair for pair in listed if pair.relation.is_near], groups)
        links = _shared_with_representatives(report, by_id, groups, shingle_counts)
        return cls(collapsed, near, is_cut, shingle_counts, links)

    def count_links(
        self, left: Sequence[int], right: Sequence[int], count_shared: CountShared
    ) -> list[int]:
        """The shared shingles of these groups: from the report, else by ``count_shared``."""
        keys = list(zip(left, right, strict=True))
        unknown = [key for key in keys if key not in self.linked]
        shared = dict(self.linked)
        if unknown:
            leads = self.collapsed.leads[np.array(unknown, np.int64)]
            ids = self.collapsed.documents.identities.ids(leads.reshape(-1))
            counted = count_shared(list(zip(ids[::2], ids[1::2], strict=True)))
            shared.update(zip(unknown, counted, strict=True))
        return [shared[key] for key in keys]


def _name_groups(listed: Sequence[DuplicatePair], index: dict[str, int]) -> NDArray[np.int64]:
    """A group number for each document, equal for documents that a pair says have equal tokens."""
    equal = [pair for pair in listed if pair.relation.has_equal_tokens]
    ends = [(index[pair.left], index[pair.right]) for pair in equal]
    return load_kernels().label_components(len(index), *_columns(ends))


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Left and right ends as two contiguous arrays, which the kernels need."""
    left, right = np.array(pairs, np.int32).reshape(-1, 2).T
    return np.ascontiguousarray(left), np.ascontiguousarray(right)


def _make_documents(
    described: Sequence[Member | BridgeEnd],
    groups: NDArray[np.int64],
    work: WorkFolder,
) -> Documents:
    """The documents as the first stage of a scan gives them, but without shingles and signatures.

    The number of a document's group is its token hash.
    """
    count = len(described)
    metas = [pack_meta(each.meta) for each in described]
    ids = [each.id for each in described]
    documents = Documents(work, num_perm=1)
    documents.append(
        SketchedBatch.without_sketches(
            identities=pack_identities(ids, np.zeros((count, 4), np.int64), metas),
            byte_counts=np.array([each.byte_count for each in described], np.int64),
            token_counts=np.array([each.token_count for each in described], np.int64),
            token_hashes=np.stack([np.zeros(count, np.uint64), groups.astype(np.uint64)], axis=1),
            content_hashes=_parse_hashes(described),
        )
    )
    return documents


def _parse_hashes(described: Sequence[Member | BridgeEnd]) -> NDArray[np.uint64]:
    hashes = np.empty((len(described), 2), np.uint64)
    for i, each in enumerate(described):
        try:
            hashes[i] = np.frombuffer(bytes.fromhex(each.content_hash), ">u8", 2)
        except ValueError as error:
            raise ReportError(f"{each.id!r} has no valid content_hash in the report") from error
    return hashes


def _near_pairs(
    near: Sequence[DuplicatePair], groups: dict[str, int]
) -> tuple[Pairs, NDArray[np.bool_]]:
    """The pairs as verification gives them: over groups, left below right, in order.

    And of each, whether one of the two is a cut copy.
    """
    rows = np.empty((len(near), 6), np.int64)
    for i, pair in enumerate(near):
        left, right = groups[pair.left], groups[pair.right]
        counts = pair.left_count, pair.right_count
        if left > right:
            left, right, counts = right, left, counts[::-1]
        rows[i] = left, right, pair.shared_count, *counts, pair.is_cut
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    *columns, is_cut = np.ascontiguousarray(rows.T)
    return Pairs(*columns), is_cut.astype(bool)


def _shared_with_representatives(
    report: Report,
    by_id: Mapping[str, Member | BridgeEnd],
    groups: dict[str, int],
    shingle_counts: NDArray[np.int64],
) -> dict[tuple[int, int], int]:
    """The shared shingles of members and representatives that are in no pair, by the two groups.

    The product is rounded to the exact count, since a containment is a quotient of two integers.
    """
    links: dict[tuple[int, int], int] = {}
    for cluster in report.clusters:
        representative = groups[cluster.representative]
        for member in cluster.members:
            relation = member.relation
            is_unlisted = member.is_reference and by_id[cluster.representative].is_reference
            if not relation.is_duplicate or (is_unlisted and relation.is_near):
                group = groups[member.id]
                shared = member.representative_containment * int(shingle_counts[representative])
                key = min(group, representative), max(group, representative)
                links[key] = round(shared)
    return links
