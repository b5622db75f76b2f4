"""The report of a scan: clusters, pairs, summaries, and how the scan ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from dedupe.model.date_orders import DateOrder
from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.furniture import Form, Furniture
from dedupe.model.numbers import Count, Length, PositiveCount, Seconds, Share
from dedupe.model.relations import Relation
from dedupe.model.search_summary import SearchSummary
from dedupe.model.settings import ScanSettings

SCHEMA_VERSION = 1
"""The version of the JSON report."""

SHORT_TOKENS = 20
"""A document of fewer tokens is short: a heading, a caption or a placeholder, hardly an article."""


class DuplicatePair(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Two verified duplicates, ``left < right``; the counts are of distinct shingles.

    :param is_cut: whether the document of fewer shingles is a cut copy: the beginning of the other.
        It is looked at for the keep rule ``content`` only
    """

    left: str
    right: str
    relation: Relation
    shared_count: Count
    left_count: PositiveCount
    right_count: PositiveCount
    jaccard: Share
    is_cut: bool = False

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
    :param meta: metadata of its record: url, date, site and the fields that were asked for
    :param is_reference: whether it is a reference document, which ``apply`` never drops
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
    """A document in a bridge but in no cluster; its fields are those of :class:`Member`."""

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
    """Documents of which one is to be kept: the representative, which is the first member."""

    cluster_id: str
    representative: str
    members: Sequence[Member]
    pairs: Sequence[DuplicatePair]
    weakest_link: WeakestLink

    def others(self) -> Iterator[Member]:
        """Its members without the representative."""
        return (member for member in self.members if member.id != self.representative)


class SharedPassage(msgspec.Struct, frozen=True, gc=False):
    """Consecutive tokens that two documents share.

    :param token_count: how many
    :param left_token: the first of them in the left document, from 0
    :param right_token: the first of them in the right document
    :param left_span: its first character in the left document, and the one behind its last; none
        where the text could not be read again
    :param right_span: the same in the right document
    """

    token_count: Length
    left_token: Length
    right_token: Length
    left_span: tuple[Length, Length] | None = None
    right_span: tuple[Length, Length] | None = None


class SharedText(msgspec.Struct, frozen=True, gc=False):
    """Two documents that share text, and are no duplicates.

    :param left: of ``contained``: the document that stands in the right one
    :param shared_count: distinct shingles that both have
    :param passages: the shared passages of ``min_passage`` tokens or more, in the order of the left
        document, in which they do not overlap
    """

    left: str
    right: str
    relation: Relation
    shared_count: Count
    left_count: PositiveCount
    right_count: PositiveCount
    passages: tuple[SharedPassage, ...]

    @property
    def jaccard(self) -> float:
        """The exact Jaccard of the two, which are no duplicates."""
        return self.shared_count / (self.left_count + self.right_count - self.shared_count)

    @property
    def left_containment(self) -> float:
        """Share of the left document's shingles that the right one has too."""
        return self.shared_count / self.left_count

    @property
    def right_containment(self) -> float:
        """Share of the right document's shingles that the left one has too."""
        return self.shared_count / self.right_count


class CorpusSummary(msgspec.Struct, frozen=True):
    """Counts of the documents that were compared: those with at least one token.

    :param duplicate_count: members of clusters that are neither representatives nor references
    :param redundant_token_count: the tokens of these duplicates
    :param skipped_counts: skipped documents by reason
    :param encoding_counts: documents that were read, by encoding
    :param html_counts: pages that were read, by how their text was found
    :param reference_count: reference documents, which ``document_count`` leaves out
    :param reference_token_count: the tokens of the reference documents
    :param date_orders: by form of a date of three numbers, the orders of day, month and year that
        all dates of the form allow (see :mod:`dedupe.model.date_orders`); known where a keep rule
        goes by dates
    :param format_counts: documents that were read, by format
    :param short_count: compared documents of fewer than ``SHORT_TOKENS`` tokens
    :param short_duplicate_count: duplicates of fewer than ``SHORT_TOKENS`` tokens
    :param too_short_count: documents that were not compared, being of fewer tokens than
        ``min_tokens``; reference documents among them
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
    date_orders: dict[str, tuple[DateOrder, ...]] = {}
    format_counts: dict[str, int] = {}
    short_count: Count = 0
    short_duplicate_count: Count = 0
    too_short_count: Count = 0


class ReportWarning(msgspec.Struct, frozen=True):
    """A doubt whether the corpus was read as its authors wrote it.

    :param reason: a stable word (see ``dedupe.report.misreadings``)
    :param count: the documents or records that give rise to it
    :param total: the documents or records that they are a part of
    :param detail: a sentence for people
    """

    reason: str
    count: Count
    total: Count
    detail: str


class StageInfo(msgspec.Struct, frozen=True):
    """The time and memory that a stage of a scan took.

    :param peak_bytes: the most memory that the process took up to the end of the stage; 0 where
        that is not known
    """

    name: str
    seconds: Seconds
    peak_bytes: Count


class HashedLocators(Mapping[str, Locator]):
    """The locators of the documents of a report, by id, beside their content hashes.

    They spare a report that is in columns making all its documents for these.
    """

    content_hashes: Mapping[str, str]


class RunInfo(msgspec.Struct, frozen=True):
    """The part of a report that may differ between two scans of equal documents.

    :param sources: the files that were read; locators index into it
    :param locators: by id, of all documents in clusters or bridges, or with repeated ids
    :param skipped_places: one a skipped document: ``file:line``, or empty where its id names them
    :param text_fields: the number of records by text field, where the user named no text field
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
    """The result of a scan, which renderers and gates take, and which is saved as JSON.

    Sequences are tuples, and ``run.locators`` is a dictionary. Only a scan whose caller goes
    through the report once has others in their place: they hold columns, make each row when
    somebody looks at it (``report.rows``), and cannot be compared.

    :param bridges: duplicate pairs between two clusters
    :param bridge_ends: the documents of bridges that are in no cluster, by id
    :param furniture: passages that a site or the corpus repeats, where they were looked for
    :param forms: clusters whose documents differ in the same places; none where nobody looked
    :param contained: documents that stand in others (left in right), by left, then right
    :param passages: pairs that share a passage and no more, by left, then right
    :param shared_ends: the documents of these two lists that are in no cluster or bridge, by id
    :param texts: the texts of clustered documents by id, where ``embed_text`` asked for them
    """

    schema_version: int
    config: ScanSettings
    corpus: CorpusSummary
    search: SearchSummary
    clusters: Sequence[Cluster]
    bridges: Sequence[DuplicatePair]
    bridge_ends: Sequence[BridgeEnd] = ()
    contained: Sequence[SharedText] = ()
    passages: Sequence[SharedText] = ()
    shared_ends: Sequence[BridgeEnd] = ()
    skipped: tuple[SkippedDocument, ...]
    notices: tuple[Notice, ...]
    warnings: tuple[ReportWarning, ...] = ()
    furniture: Furniture | None = None
    forms: tuple[Form, ...] | None = None
    texts: dict[str, str] | None
    run: RunInfo

    # --- documents and pairs, one after another, without keeping them ----------------------

    def members(self) -> Iterator[Member]:
        """The documents of all clusters, cluster after cluster."""
        for cluster in self.clusters:
            yield from cluster.members

    def others(self) -> Iterator[Member]:
        """The documents of all clusters without the representatives."""
        for cluster in self.clusters:
            yield from cluster.others()

    def documents(self) -> Iterator[Member | BridgeEnd]:
        """All documents that the report describes; members of clusters first."""
        yield from self.members()
        yield from self.bridge_ends
        yield from self.shared_ends

    def shared_texts(self) -> Iterator[SharedText]:
        """The entries of ``contained``, then those of ``passages``."""
        yield from self.contained
        yield from self.passages

    def pairs(self) -> Iterator[DuplicatePair]:
        """The pairs of all clusters, then the bridges."""
        for cluster in self.clusters:
            yield from cluster.pairs
        yield from self.bridges

    def content_hashes(self) -> Mapping[str, str]:
        """The content hash of each document, by id."""
        if isinstance(self.run.locators, HashedLocators):
            return self.run.locators.content_hashes
        return {document.id: document.content_hash for document in self.documents()}

    # --- files ---------------------------------------------------------------------------------

    def locate(self, id: str) -> tuple[SourceInfo, Locator] | None:
        """The file and the locator of a document.

        ``None`` where it came from no file, or the report has no locator of it.
        """
        locator = self.run.locators.get(id)
        if locator is None or not 0 <= locator.source < len(self.run.sources):
            return None
        return self.run.sources[locator.source], locator

    # --- remarks -------------------------------------------------------------------------------

    def named_skipped(self) -> Iterator[tuple[SkippedDocument, str]]:
        """The skipped documents, each with a name for people: its id, after ``file:line`` where
        the id does not name these."""
        places = self.run.skipped_places or ("",) * len(self.skipped)
        for skipped, place in zip(self.skipped, places, strict=True):
            yield skipped, f"{place}: {skipped.id}" if place else skipped.id

    def named_notices(self) -> Iterator[tuple[Notice, str]]:
        """The notices, each with a name for people: its id, after ``file:line`` of a record."""
        for notice in self.notices:
            located = self.locate(notice.id)
            if located is None or located[1].line == 0:
                yield notice, notice.id
            else:
                source, locator = located
                yield notice, f"{source.name_record(locator.line)}: {notice.id}"
