"""Measure each stage of a scan on one thread, beside a lower bound for its work (its floor).

    python benchmarks/stages.py CORPUS.jsonl [--runs 5] [--megabytes 20]

Every stage runs repeatedly on the output of the stage before it for this corpus. Its floors run on
the same data, in turn with it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
import numpy as np
import xxhash
from in_process import parse_arguments, time_in_turn, write_out
from measuring import MEGABYTE
from numpy.typing import NDArray
from tables import format_command, format_facts, format_table

from dedupe.clusters.assembly import assemble_clusters
from dedupe.clusters.assign import Clustering, cluster_matches
from dedupe.engines.local import run_locally
from dedupe.matching.banding import banding_of, make_band_keys
from dedupe.matching.candidates import find_candidates
from dedupe.matching.collapse import Collapsed, collapse_documents
from dedupe.matching.cuts import count_standing, find_cut_pairs, sample_groups
from dedupe.matching.matches import Matches
from dedupe.matching.search import LeadKeys, LeadShingles
from dedupe.matching.verification import Verifier, count_distinct, sort_pairs, verify_pairs
from dedupe.model.documents import CorpusItems, TextBatch
from dedupe.model.pairs import CandidatePairs
from dedupe.model.progress import Progress
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.pipeline.scan import scan_corpus
from dedupe.pipeline.sketching import Collector, sketch_batch
from dedupe.report.json import render_json
from dedupe.report.rows import materialise
from dedupe.sketch import load_kernels
from dedupe.sources import read_corpus
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.work_folder import WorkFolder

CONFIG: Final = Config(workers=1)
BANDING: Final = banding_of(CONFIG)
KERNELS: Final = load_kernels()
CACHED_VALUES: Final = 1 << 12
"""Number of values that fit into the nearest cache: 16 KB."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage and its floors: jobs that bound its time from below.

    :param less: a job whose time is subtracted, because it is not part of the stage
    """

    name: str
    job: str
    floors: tuple[str, ...]
    less: str = ""


STAGES: Final = (
    Stage("read", "read", ("read() of the file", "parsing alone")),
    Stage("tokenise, hash", "sketch, 1 permutation", ("XXH3 of the same bytes",)),
    Stage("permutations", "sketch", ("a minimum of as many values",), "sketch, 1 permutation"),
    Stage("band keys", "band keys", ("a copy of the signatures",)),
    Stage("keep records", "keep records", ("a copy of the shingle hashes",)),
    Stage("collapse", "collapse", ("sort of the token hashes",)),
    Stage("candidates", "candidates", ("sort of the band keys",)),
    Stage("verify, cluster", "verify", ("sort of the candidates' hashes",)),
    Stage("report", "report", ("encoding it once",)),
)


class Record(msgspec.Struct):
    """The fields of a record that a scan needs."""

    id: str
    text: str


class Work:
    """The input of each stage, made when it is first needed, outside of the timing."""

    def __init__(self, corpus: Path, folder: WorkFolder) -> None:
        self.corpus = corpus
        self.folder = folder

    @cached_property
    def batches(self) -> list[TextBatch]:
        return read(self.corpus)

    @cached_property
    def signatures(self) -> list[NDArray[np.uint32]]:
        return [sketched.signatures for sketched in sketch(self.batches)]

    @cached_property
    def sketched(self) -> list[SketchedBatch]:
        return [sketch_batch(batch, CONFIG, KERNELS, BANDING) for batch in self.batches]

    @cached_property
    def documents(self) -> Documents:
        collector = keep_records(self.sketched, self.folder)
        collector.finish()
        return collector.documents

    @cached_property
    def collapsed(self) -> Collapsed:
        return collapse_documents(self.documents)

    @cached_property
    def lead_keys(self) -> LeadKeys:
        return LeadKeys(self.documents, self.collapsed.leads, self.documents.signatures)

    @cached_property
    def candidates(self) -> CandidatePairs:
        return find_all_candidates(self.lead_keys)

    @cached_property
    def clustering(self) -> Clustering:
        return verify_and_cluster(self.collapsed, self.candidates)

    @cached_property
    def report(self) -> Report:
        return scan_corpus(CorpusItems(self.batches), CONFIG, run_locally, KERNELS, Progress())

    @cached_property
    def candidate_hashes(self) -> list[NDArray[np.uint64]]:
        """The shingle hashes of each document that is in a candidate pair."""
        found = np.unique(np.concatenate([self.candidates.left, self.candidates.right]))
        hashes, offsets = self.documents.shingles.gather(self.collapsed.leads[found])
        return np.split(hashes, offsets[1:-1])

    @cached_property
    def shingle_count(self) -> int:
        return sum(len(batch.shingle_hashes) for batch in self.sketched)

    @property
    def text_bytes(self) -> int:
        return sum(len(batch.data) for batch in self.batches)


# --- the stages -----------------------------------------------------------------------------


def read(corpus: Path) -> list[TextBatch]:
    found = read_corpus([str(corpus)], CONFIG.settings, workers=1)
    return [item for item in found if isinstance(item, TextBatch)]


def sketch(batches: Sequence[TextBatch], num_perm: int = CONFIG.num_perm) -> Iterator[Any]:
    return (KERNELS.sketch(b, CONFIG.shingle_size, num_perm, CONFIG.seed) for b in batches)


def keep_records(sketched: Sequence[SketchedBatch], folder: WorkFolder) -> Collector:
    collector = Collector(documents=Documents(folder, CONFIG.num_perm, BANDING.bands))
    for batch in sketched:
        collector.add(batch, CONFIG.max_tokens)
    return collector


def find_all_candidates(lead_keys: LeadKeys) -> CandidatePairs:
    parts = find_candidates(lead_keys, BANDING, CONFIG, KERNELS)
    return CandidatePairs.concatenate(parts)


def verify_and_cluster(collapsed: Collapsed, candidates: CandidatePairs) -> Clustering:
    shingles = LeadShingles(collapsed.documents, collapsed.leads)
    verifier = Verifier(shingles, len(collapsed), KERNELS)
    ends = candidates.left, candidates.right
    standing = partial(count_standing, shingles, sample_groups(collapsed))
    matches = Matches(
        collapsed=collapsed,
        pairs=sort_pairs([verify_pairs(verifier, *ends, CONFIG.threshold)]),
        banding=BANDING,
        candidate_pair_count=candidates.met_count,
        capped_bucket_count=candidates.capped_bucket_count,
        count_pairs=lambda left, right: sort_pairs([verify_pairs(verifier, left, right, 0.0)]),
        count_distinct=lambda groups: count_distinct(verifier, groups),
        find_cut=lambda pairs: find_cut_pairs(verifier, pairs, standing),
    )
    return cluster_matches(matches, CONFIG)


# --- their floors ---------------------------------------------------------------------------


def parse(corpus: Path) -> None:
    decode = msgspec.json.Decoder(Record).decode
    with corpus.open("rb") as lines:
        for line in lines:
            decode(line)


def take_minima(value_count: int) -> None:
    """The minima that signing takes, with NumPy, over as many values, without hashing them."""
    values = np.arange(CACHED_VALUES, dtype=np.uint32)
    again_and_again = np.broadcast_to(values, (-(-value_count // CACHED_VALUES), CACHED_VALUES))
    np.minimum.reduce(again_and_again, axis=1)


def sort_all(arrays: Sequence[NDArray[Any]]) -> None:
    for array in arrays:
        np.sort(array)


def make_jobs(work: Work) -> dict[str, Callable[[], Any]]:
    """Stages and floors by name."""
    token_hashes = work.documents.token_hashes[:, 0].copy()
    columns = list(work.lead_keys.columns(0, BANDING.bands))
    candidate_hashes = work.candidate_hashes
    clustering, report = work.clustering, work.report
    held = materialise(report)
    hashes = [batch.shingle_hashes for batch in work.sketched]
    verify = partial(verify_and_cluster, work.collapsed, work.candidates)
    return {
        "read": lambda: read(work.corpus),
        "read() of the file": work.corpus.read_bytes,
        "parsing alone": lambda: parse(work.corpus),
        "sketch, 1 permutation": lambda: list(sketch(work.batches, 1)),
        "XXH3 of the same bytes": lambda: [
            xxhash.xxh3_64_digest(b.data.data) for b in work.batches
        ],
        "sketch": lambda: list(sketch(work.batches)),
        "a minimum of as many values": lambda: take_minima(CONFIG.num_perm * work.shingle_count),
        "band keys": lambda: [make_band_keys(rows, BANDING) for rows in work.signatures],
        "a copy of the signatures": lambda: [rows.copy() for rows in work.signatures],
        "keep records": lambda: keep_into_own_folder(work.sketched),
        "a copy of the shingle hashes": lambda: np.concatenate(hashes),
        "collapse": lambda: collapse_documents(work.documents),
        "sort of the token hashes": lambda: np.sort(token_hashes),
        "candidates": lambda: find_all_candidates(work.lead_keys),
        "sort of the band keys": lambda: sort_all(columns),
        "verify": verify,
        "sort of the candidates' hashes": lambda: sort_all(candidate_hashes),
        "report": lambda: (assemble_clusters(clustering), render_json(report)),
        "encoding it once": lambda: msgspec.json.encode(held),
    }


def keep_into_own_folder(sketched: Sequence[SketchedBatch]) -> None:
    with WorkFolder() as folder:
        keep_records(sketched, folder).finish()


# --- the table ------------------------------------------------------------------------------


def format_stages(
    seconds: Mapping[str, Sequence[float]], text_bytes: int, shingle_count: int
) -> str:
    """The table of the stages, each beside its floors."""
    medians = {name: median(taken) for name, taken in seconds.items()}
    total = 0.0
    rows = []
    for stage in STAGES:
        taken = medians[stage.job] - medians.get(stage.less, 0.0)
        total += taken
        for floor in stage.floors:
            least = medians[floor]
            rows.append([
                stage.name,
                *_format_speed(taken, text_bytes, shingle_count),
                floor,
                f"{1000 * least:.2f}",
                f"{taken / least:.1f}" if least else "–",
            ])  # fmt: skip
    rows.append(["all", *_format_speed(total, text_bytes, shingle_count), "–", "–", "–"])
    header = ("stage", "ms", "MB/s of text", "ns a shingle", "floor", "ms", "stage / floor")
    return format_table(header, rows)


def _format_speed(seconds: float, text_bytes: int, shingle_count: int) -> list[str]:
    speed = text_bytes / MEGABYTE / seconds if seconds > 0 else float("inf")
    return [f"{1000 * seconds:.2f}", f"{speed:,.0f}", f"{1e9 * seconds / shingle_count:.2f}"]


def write_head(corpus: Path, megabytes: float, folder: Path) -> Path:
    """A file of the first ``megabytes`` of a corpus; the corpus itself if it is smaller."""
    if corpus.stat().st_size <= megabytes * MEGABYTE:
        return corpus
    head = folder / corpus.name
    with corpus.open("rb") as lines, head.open("wb") as file:
        for line in lines:
            file.write(line)
            if file.tell() >= megabytes * MEGABYTE:
                break
    return head


def main() -> int:
    arguments = parse_arguments("Stages of a scan, beside their floors.")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dedupe-stages-"))
        corpus = write_head(arguments.corpus, arguments.megabytes, Path(folder))
        work = Work(corpus, stack.enter_context(WorkFolder()))
        if not work.batches or not work.shingle_count:
            print(f"error: {arguments.corpus}: no document with a shingle", file=sys.stderr)
            return 2
        jobs = make_jobs(work)
        seconds = time_in_turn(jobs, arguments.runs)
        summary = work.report.corpus
        facts = format_facts(
            f"{arguments.corpus.name}: {summary.document_count:,} documents, "
            f"{work.text_bytes / MEGABYTE:.1f} MB of text, {work.shingle_count:,} shingles, "
            f"{work.candidates.met_count:,} candidate pairs",
            f"{KERNELS.name} kernels, one thread, one process",
            f"{arguments.runs} rounds, in turn, medians",
        )
        table = format_stages(seconds, work.text_bytes, work.shingle_count)
    write_out(
        arguments, "\n\n".join([table, facts, format_command("stages.py", sys.argv[1:])]), seconds
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
