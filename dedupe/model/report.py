"""What a scan gives: clusters, pairs, summaries, and how the scan ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.numbers import Count, Length, PositiveCount, Seconds, Share
from dedupe.model.relations import Relation
from dedupe.model.settings import ScanSettings

SCHEMA_VERSION = 1


# --- the report --------------------------------------------------------------------------


class DuplicatePair(msgspec.Struct, frozen=True, gc=False):
    """Two verified duplicates, ``left < right``; the counts are of distinct shingles."""

    left: str
    right: str
    relation: Relation
    shared_count: Count
    left_count: PositiveCount
    right_count: PositiveCount
    jaccard: Share

    @property
    def left_containment(self) -> float:
        """Share of the left document's shingles that the right one has too."""
        return self.shared_count / self.left_count

    @property
    def right_containment(self) -> float:
        """Share of the right document's shingles that the left one has too."""
        return self.shared_count / self.right_count


class Member(msgspec.Struct, frozen=True, gc=False):
    """A document of a cluster.

    :param jaccard: exact Jaccard to the representative (1.0 for the representative itself)
    :param representative_containment: share of the representative's shingles that it has
    :param token_count: its tokens
    :param content_hash: XXH3-128 of its decoded text, hexadecimal
    :param byte_count: bytes of its decoded text in UTF-8
    :param meta: what its record tells of it: url, date, site and the fields that were asked for
    :param is_reference: whether it is a reference document, which is never to go
    """

    id: str
    relation: Relation
    jaccard: Share
    representative_containment: Share
    token_count: Length
    content_hash: str
    byte_count: Length = 0
    meta: dict[str, str] = {}
    is_reference: bool = False


class BridgeEnd(msgspec.Struct, frozen=True):
    """A document that is in no cluster, and in a bridge; the fields are those of a member."""

    id: str
    token_count: Length
    content_hash: str
    byte_count: Length = 0
    meta: dict[str, str] = {}
    is_reference: bool = False


class WeakestLink(msgspec.Struct, frozen=True, gc=False):
    """The member with the lowest Jaccard to the representative."""

    id: str
    jaccard: Share


class Cluster(msgspec.Struct, frozen=True, gc=False):
    """Documents kept together; the representative is the first of the members."""

    cluster_id: str
    representative: str
    members: Sequence[Member]
    pairs: Sequence[DuplicatePair]
    weakest_link: WeakestLink

    def others(self) -> Iterator[Member]:
        """Its members without the representative."""
        return (member for member in self.members if member.id != self.representative)


class CorpusSummary(msgspec.Struct, frozen=True):
    """What was compared: documents with at least one token.

    :param duplicate_count: members of clusters that are neither representatives nor references
    :param redundant_token_count: the tokens of those
    :param skipped_counts: skipped documents by reason
    :param encoding_counts: documents read, by how they were decoded
    :param html_counts: pages read, by how their text was got
    :param reference_count: reference documents, which ``document_count`` leaves out
    :param reference_token_count: their tokens
    """

    document_count: Count
    token_count: Count
    cluster_count: Count
    duplicate_count: Count
    redundant_token_count: Count
    skipped_count: Count
    skipped_counts: dict[str, Count]
    encoding_counts: dict[str, int] = {}
    html_counts: dict[str, int] = {}
    reference_count: Count = 0
    reference_token_count: Count = 0


class SearchSummary(msgspec.Struct, frozen=True):
    """How candidates were found.

    :param expected_recall: share of the pairs exactly at the threshold that is found
    :param distinct_count: documents left after equal token sequences were collapsed
    :param capped_bucket_count: buckets of which only a few documents were compared with all;
        where this is not 0, the expected recall does not hold for documents of those buckets
    """

    bands: Count
    rows: Count
    expected_recall: Share
    distinct_count: Count
    candidate_pair_count: Count
    duplicate_pair_count: Count
    capped_bucket_count: Count


class StageInfo(msgspec.Struct, frozen=True):
    """What a stage of a scan took.

    :param seconds: its time
    :param peak_bytes: the most memory that the process had up to its end; 0 where unknown
    """

    name: str
    seconds: Seconds
    peak_bytes: Count


class RunInfo(msgspec.Struct, frozen=True):
    """Whatever may differ between two equal runs.

    :param sources: files read; locators index into it
    :param locators: of every clustered document, and of those in bridges and with repeated ids
    :param skipped_places: one a skipped document: ``file:line`` where its id does not tell it
    :param text_fields: where no text field was named: records by the field that was taken
    :param against: the paths of the reference documents
    """

    version: str
    kernels: str
    workers: Count
    seconds: Seconds
    byte_count: Count
    paths: tuple[str, ...]
    sources: tuple[SourceInfo, ...]
    locators: Mapping[str, Locator]
    skipped_places: tuple[str, ...] = ()
    python: str = ""
    stages: tuple[StageInfo, ...] = ()
    text_fields: dict[str, int] = {}
    against: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a scan: what every renderer, gate and saved file share.

    Its sequences and ``run.locators`` are tuples and a dictionary, but of a scan that was asked for
    a report to be gone through once: there they make what they hold whenever it is looked at
    (``report.rows``), and are equal to nothing.

    :param bridge_ends: the ends of bridges that are in no cluster, by id
    """

    schema_version: int
    config: ScanSettings
    corpus: CorpusSummary
    search: SearchSummary
    clusters: Sequence[Cluster]
    bridges: Sequence[DuplicatePair]
    bridge_ends: Sequence[BridgeEnd] = ()
    skipped: tuple[SkippedDocument, ...]
    notices: tuple[Notice, ...]
    texts: dict[str, str] | None
    run: RunInfo

    # --- what it speaks of: made while it is iterated, nothing of it is kept ----------------

    def members(self) -> Iterator[Member]:
        """The documents of all clusters, cluster after cluster."""
        for cluster in self.clusters:
            yield from cluster.members

    def others(self) -> Iterator[Member]:
        """The same without the representatives."""
        for cluster in self.clusters:
            yield from cluster.others()

    def documents(self) -> Iterator[Member | BridgeEnd]:
        """All documents that are in a cluster or a bridge; members first."""
        yield from self.members()
        yield from self.bridge_ends

    def pairs(self) -> Iterator[DuplicatePair]:
        """The pairs of all clusters, then the bridges."""
        for cluster in self.clusters:
            yield from cluster.pairs
        yield from self.bridges

    def content_hashes(self) -> dict[str, str]:
        """The content hash of each document, by id."""
        return {document.id: document.content_hash for document in self.documents()}

    # --- where it stands ----------------------------------------------------------------------

    def locate(self, id: str) -> tuple[SourceInfo, Locator] | None:
        """The file that a document stands in, and where; none where it came from no file, or the
        report does not tell it."""
        locator = self.run.locators.get(id)
        if locator is None or not 0 <= locator.source < len(self.run.sources):
            return None
        return self.run.sources[locator.source], locator

    # --- what else was met --------------------------------------------------------------------

    def named_skipped(self) -> Iterator[tuple[SkippedDocument, str]]:
        """What was skipped, each with a name for people: its id, after the file and line where
        the id does not tell these."""
        places = self.run.skipped_places or ("",) * len(self.skipped)
        for skipped, place in zip(self.skipped, places, strict=True):
            yield skipped, f"{place}: {skipped.id}" if place else skipped.id

    def named_notices(self) -> Iterator[tuple[Notice, str]]:
        """The notices, likewise."""
        for notice in self.notices:
            located = self.locate(notice.id)
            if located is None or located[1].line == 0:
                yield notice, notice.id
            else:
                source, locator = located
                yield notice, f"{source.place(locator.line)}: {notice.id}"
