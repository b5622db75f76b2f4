"""The types that cross a stage. Frozen, without behaviour beyond what derives from their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.config import ScanSettings

SCHEMA_VERSION = 1

Relation = Literal["identical", "normalised", "near", "linked"]
"""How two documents relate, strongest first. ``linked`` is said only of a member of a
single-linkage cluster that is no duplicate of its representative."""


# What a saved report may hold: checked where one is read, not where one is made.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
PositiveCount = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Length = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

ROW_FORMATS = frozenset({"json", "csv", "tsv", "parquet", "arrow"})
"""Formats whose records are counted as rows."""


# --- what flows from the sources to the clusters ------------------------------------------


class Locator(msgspec.Struct, frozen=True, gc=False):
    """Where a document's text can be read again.

    :param source: index into the report's ``run.sources``
    :param offset: first byte in the (uncompressed) file
    :param length: bytes
    :param line: line or row number of the record, from 1; 0 where the file is one document
    """

    source: int
    offset: int
    length: int
    line: int = 0


def pack_locators(locators: Iterable[Locator]) -> NDArray[np.int64]:
    """Locators as :class:`TextBatch` holds them: ``int64``, ``(n, 4)``, a column a field."""
    rows = [(at.source, at.offset, at.length, at.line) for at in locators]
    return np.array(rows, np.int64) if rows else np.empty((0, 4), np.int64)


class SourceInfo(msgspec.Struct, frozen=True, gc=False):
    """A file that was read.

    :param path: as it was named, or below a folder that was named
    :param format: as what it was read
    :param member: its name inside the archive at ``path``; nothing where that is no archive
    :param encoding: that of a file of records (a codec of Python), where it is not UTF-8
    """

    path: str
    format: str
    member: str = ""
    encoding: str = ""

    @property
    def name(self) -> str:
        """The path, for people: that of a member goes on inside the archive."""
        return f"{self.path}/{self.member.removeprefix('./')}" if self.member else self.path

    def place(self, line: int) -> str:
        """A record of it: ``path:line``, or ``path#row`` where records are not lines."""
        return f"{self.name}{'#' if self.format in ROW_FORMATS else ':'}{line}"


class SkippedDocument(msgspec.Struct, frozen=True, gc=False):
    """Something that was met but could not be compared.

    :param id: the document's id, or ``path:line``, or the path
    :param reason: a stable word: ``not_json``, ``field_missing``, ``no_tokens``, …
    :param detail: what happened, for people
    """

    id: str
    reason: str
    detail: str = ""


class TextBatch(msgspec.Struct, frozen=True, dict=True):
    """Documents as one UTF-8 buffer: Arrow's layout of strings.

    :param ids: one a document, not yet made unique
    :param pieces: the texts, end to end, in one piece or more
    :param offsets: ``int64``, shape ``(len(ids) + 1,)``; text *i* is
        ``data[offsets[i]:offsets[i + 1]]``
    :param locators: ``int64``, ``(len(ids), 4)``: the fields of each document's :class:`Locator`
    :param metas: metadata, one a document, each a packed mapping of strings (MessagePack), in the
        order of names, or empty; none at all where no document has any
    """

    ids: Sequence[str]
    pieces: Sequence[bytes | memoryview]
    offsets: NDArray[np.int64]
    locators: NDArray[np.int64]
    metas: Sequence[bytes] = ()

    @cached_property
    def data(self) -> NDArray[np.uint8]:
        """The texts, end to end (``uint8``), put together by the thread that first asks: one that
        sketches, since the one that reads is what the others wait for."""
        whole = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        return np.frombuffer(whole, np.uint8)

    def __len__(self) -> int:
        return len(self.ids)

    def locator(self, document: int) -> Locator:
        """Where one document stands."""
        return Locator(*self.locators[document].tolist())


class SketchBatch(msgspec.Struct, frozen=True):
    """What the kernels make of a :class:`TextBatch` of *n* documents.

    :param signatures: ``uint32``, shape ``(n, num_perm)``
    :param token_counts: ``int64``, shape ``(n,)``
    :param token_hashes: XXH3-128 of the token sequence as two ``uint64`` (high, low), ``(n, 2)``
    :param content_hashes: the same of the text's UTF-8 bytes, ``(n, 2)``
    :param shingle_hashes: ``uint64``, all documents end to end, in text order with repetitions
    :param shingle_offsets: ``int64``, ``(n + 1,)``
    :param bitmaps: ``uint64``, ``(n, BITMAP_WORDS)``: each shingle hash sets the bit that the nine
        lowest of its upper 32 bits name
    :param distinct_counts: ``int32``, ``(n,)``: different shingle hashes

    The last two are left 0 for documents of more than ``COUNTED`` shingles.
    """

    signatures: NDArray[np.uint32]
    token_counts: NDArray[np.int64]
    token_hashes: NDArray[np.uint64]
    content_hashes: NDArray[np.uint64]
    shingle_hashes: NDArray[np.uint64]
    shingle_offsets: NDArray[np.int64]
    bitmaps: NDArray[np.uint64]
    distinct_counts: NDArray[np.int32]


BITMAP_WORDS = 8
COUNTED = 1024


class SetFilters(msgspec.Struct, frozen=True):
    """What rules out most candidate pairs without their shingles; arrays have a row a document.

    :param low_bytes: ``uint8``, ``(n, num_perm)``: the lowest byte of each signature value
    :param bitmaps: as in :class:`SketchBatch`
    :param distinct_counts: likewise
    """

    low_bytes: NDArray[np.uint8]
    bitmaps: NDArray[np.uint64]
    distinct_counts: NDArray[np.int32]


class CandidatePairs(msgspec.Struct, frozen=True):
    """Pairs that share a bucket, unverified, each once: indices into the collapsed documents.

    :param left: ``int32``; ``left < right`` holds for every pair
    :param right: ``int32``
    :param met_count: pairs that shared a bucket before estimate, sizes and bitmaps ruled some out
    :param capped_bucket_count: buckets of more than ``max_bucket``, compared with leads alone
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    met_count: int
    capped_bucket_count: int

    @classmethod
    def concatenate(cls, parts: Iterable[CandidatePairs]) -> CandidatePairs:
        """The pairs of all parts, in order; there must be one part at least."""
        listed = list(parts)
        return cls(
            np.concatenate([part.left for part in listed]),
            np.concatenate([part.right for part in listed]),
            sum(part.met_count for part in listed),
            sum(part.capped_bucket_count for part in listed),
        )


class JobPlan(msgspec.Struct, frozen=True):
    """Pairs cut into jobs; job *i* has the pairs ``cuts[i]:cuts[i + 1]``.

    :param cuts: ``int64``, one a job, and where the last ends
    :param document_cuts: ``int64``: likewise, of ``documents``
    :param documents: ``int32``: the documents of each job, each once
    :param at_first: ``int32``: where among its job's documents one end of each pair is
    :param at_second: ``int32``: and the other
    """

    cuts: NDArray[np.int64]
    document_cuts: NDArray[np.int64]
    documents: NDArray[np.int32]
    at_first: NDArray[np.int32]
    at_second: NDArray[np.int32]


class VerifiedPairs(msgspec.Struct, frozen=True):
    """Pairs with the exact sizes of their shingle sets and of the intersection (``int64``)."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    shared_count: NDArray[np.int64]
    left_count: NDArray[np.int64]
    right_count: NDArray[np.int64]

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """Exact Jaccard, one correctly rounded division a pair."""
        return self.shared_count / (self.left_count + self.right_count - self.shared_count)

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> VerifiedPairs:
        """Those pairs for which ``chosen`` holds, or that it numbers."""
        return VerifiedPairs(*(column[chosen] for column in self._columns()))

    @classmethod
    def concatenate(cls, parts: Sequence[VerifiedPairs]) -> VerifiedPairs:
        """The pairs of all parts, in order; there must be one part at least."""
        columns = zip(*(part._columns() for part in parts), strict=True)
        return cls(*map(np.concatenate, columns))

    def _columns(self) -> tuple[NDArray[np.int64], ...]:
        return self.left, self.right, self.shared_count, self.left_count, self.right_count


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
    :param is_reference: whether it is a document of the archive, which is never to go
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
    :param capped_bucket_count: buckets in which only leads were compared; where this is not 0,
        the expected recall does not hold for documents of those buckets
    """

    bands: Count
    rows: Count
    expected_recall: Share
    distinct_count: Count
    candidate_pair_count: Count
    duplicate_pair_count: Count
    capped_bucket_count: Count


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Something that a user should know and that lost nothing, such as an id that occurs twice."""

    id: str
    reason: str
    detail: str


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
    :param against: the paths of the archive
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
    (``report_rows``), and are equal to nothing.

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

    def told_with_places(self) -> Iterator[tuple[SkippedDocument | Notice, str]]:
        """Skipped documents, then notices, each with its id and, where that does not tell it,
        the file and line."""
        places = self.run.skipped_places or ("",) * len(self.skipped)
        for skipped, place in zip(self.skipped, places, strict=True):
            yield skipped, f"{place}: {skipped.id}" if place else skipped.id
        for notice in self.notices:
            locator = self.run.locators.get(notice.id)
            if locator is None or locator.line == 0:
                yield notice, notice.id
            else:
                place = self.run.sources[locator.source].place(locator.line)
                yield notice, f"{place}: {notice.id}"


# --- what stages ask of one another -------------------------------------------------------

RunAll = Callable[..., Iterable[Any]]
"""Maps a function over jobs and gives the results in their order, such as an executor's ``map``."""


class TextProvider(Protocol):
    """Reads texts of reported documents again, for diffs."""

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        """The texts of those of ``ids`` that can still be read and have not changed."""

    def problem(self, id: str) -> str:
        """Why ``read_texts`` left this id out: changed, gone, …"""


class Kernels(Protocol):
    """One implementation of the loops over bytes, hashes and pairs."""

    name: str

    def sketch(self, batch: TextBatch, shingle_size: int, num_perm: int, seed: int) -> SketchBatch:
        """Tokens, shingle hashes and signatures of a batch."""

    def sort_unique(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Each segment sorted and without repetitions, and the new offsets."""

    def count_shared(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        threshold: float,
    ) -> NDArray[np.int64]:
        """For each pair of sorted segments its exact intersection; -1 below the threshold.

        Quicker where pairs with the same left segment follow one another.
        """

    def plan_jobs(
        self,
        first: NDArray[np.int32],
        second: NDArray[np.int32],
        counts: NDArray[np.int64],
        max_pairs: int,
        max_hashes: int,
    ) -> JobPlan:
        """Cut pairs, in their order, into jobs that read no more than so many shingle hashes.

        A job of one pair may exceed that.

        :param first: one end of each pair, and ``second`` the other
        :param counts: shingle hashes of each document
        """

    def copy_runs(
        self,
        values: NDArray[np.uint8],
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        target: NDArray[np.uint8],
    ) -> None:
        """Fill ``target`` with the runs ``values[begins[i]:begins[i] + lengths[i]]``."""

    def read_runs(
        self,
        file: int,
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        target: NDArray[np.uint8],
    ) -> None:
        """The same of the bytes of a file.

        :raises OSError: if it cannot be read
        :raises EOFError: if it ends before
        """

    def bucket_pairs(
        self,
        keys: NDArray[np.uint64],
        band: int,
        begins: NDArray[np.int64],
        lead_ends: NDArray[np.int64],
        seconds: NDArray[np.int64],
        ends: NDArray[np.int64],
        filters: SetFilters,
        minimum_equal: int,
        threshold: float,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Pairs in the buckets ``begins[i]:ends[i]`` that did not meet in an earlier band.

        One of each pair stands before ``lead_ends[i]``, the other not before ``seconds[i]``. Two
        documents met in a band if their keys agree there but for the lowest bit, and not both
        have that bit.

        :param keys: one key a document and band, ``(n, bands)``
        :param minimum_equal: pairs that agree in fewer low bytes are left out
        :param threshold: so are those whose sizes and bitmaps tell that their Jaccard is below
        :returns: left and right with ``left < right``, and how many pairs met before the filters
        """

    def label_components(
        self, count: int, left: NDArray[np.int32], right: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """The connected component of each of ``count`` documents: its smallest document."""
