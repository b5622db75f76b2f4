"""Compare the contained documents of a scan with those that brute force counts.

    python benchmarks/containment.py CORPUS.jsonl[.gz] [--least 50] [--containment 0.8]

Every pair of documents is counted, over the sets of all their shingles (a product of sparse
matrices). Told is which share of the pairs that are no duplicates the scan lists: of all, and of
those that share a run of ``--least`` tokens, which a scan must find. Then the time and the memory
of a scan that looks for contained documents, beside one that does not.

Exits with 1 if a pair with such a run is missing, a listed pair is none, or its integers differ.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import xxhash
from accuracy import read_texts, scan
from measuring import run_measured
from tables import format_command, format_facts, format_table

from dedupe import tokenize_text

ROWS_AT_ONCE: Final = 250

Counts = tuple[int, int, int]
"""Shingles that both have, those of the first, those of the second."""


def count_all(
    texts: dict[str, str], size: int
) -> tuple[dict[frozenset[str], Counts], dict[str, list[str]]]:
    """The counts of every pair that shares a shingle, and the tokens of each document.

    Of documents with equal tokens only the first is counted.
    """
    tokens = {id: tokenize_text(text) for id, text in texts.items()}
    first = {" ".join(found): id for id, found in reversed(tokens.items()) if found}
    ids = sorted(first.values())
    return dict(_count_pairs(ids, tokens, size)), {id: tokens[id] for id in ids}


def _count_pairs(ids: list[str], tokens: dict[str, list[str]], size: int) -> Iterator[Any]:
    from scipy import sparse  # type: ignore[import-untyped]

    sets = [np.unique(_hash_shingles(tokens[id], size)) for id in ids]
    counts = np.array([len(each) for each in sets])
    values, places = np.unique(np.concatenate(sets), return_inverse=True)
    rows = np.repeat(np.arange(len(ids)), counts)
    ones = np.ones(len(places), np.int32)
    matrix = sparse.csr_matrix((ones, (rows, places)), shape=(len(ids), len(values)))
    turned = matrix.T.tocsr()
    for begin in range(0, len(ids), ROWS_AT_ONCE):
        product = (matrix[begin : begin + ROWS_AT_ONCE] @ turned).tocoo()
        left, right, shared = product.row + begin, product.col, product.data
        # Only pairs of which one may be contained are kept: the others would not fit into memory.
        kept = (left < right) & (2 * shared >= np.minimum(counts[left], counts[right]))
        columns = (each[kept].tolist() for each in (left, right, shared))
        for one, other, both in zip(*columns, strict=True):
            yield frozenset((ids[one], ids[other])), (both, int(counts[one]), int(counts[other]))


def _hash_shingles(tokens: list[str], size: int) -> Any:
    windows = range(max(1, len(tokens) - size + 1))
    hashes = [xxhash.xxh3_64_intdigest(" ".join(tokens[i : i + size]).encode()) for i in windows]
    return np.array(hashes, np.uint64)


def share_run(ends: list[list[str]], size: int) -> bool:
    """Whether two documents share so many consecutive tokens."""
    one, other = ends
    runs = {" ".join(one[i : i + size]) for i in range(len(one) - size + 1)}
    return any(" ".join(other[i : i + size]) in runs for i in range(len(other) - size + 1))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--least", type=int, default=50, help="tokens of a run")
    parser.add_argument("--containment", type=float, default=0.8)
    parser.add_argument("--threshold", type=float, default=0.7)
    arguments = parser.parse_args()
    options = ["--threshold", f"{arguments.threshold:g}", "--quiet"]
    finding = ["--find", "contained", "--containment", f"{arguments.containment:g}"]
    finding += ["--min-passage", str(arguments.least)]
    report = scan(arguments.corpus, [*options, *finding])
    counts, tokens = count_all(read_texts(arguments.corpus), report.config.shingle_size)
    copies = {" ".join(found): id for id, found in tokens.items()}
    texts = read_texts(arguments.corpus)

    def stands_for(id: str) -> str:
        return copies[" ".join(tokenize_text(texts[id]))]

    true = {
        pair: each
        for pair, each in counts.items()
        if min(each[1:]) >= arguments.least
        and each[0] / min(each[1:]) >= arguments.containment
        and each[0] / (each[1] + each[2] - each[0]) < arguments.threshold
    }
    listed = {
        frozenset((stands_for(each.left), stands_for(each.right))): (
            each.shared_count, *sorted((each.left_count, each.right_count))
        )
        for each in report.contained
    }  # fmt: skip
    wrong = [pair for pair, each in listed.items() if pair not in true
             or each != (true[pair][0], *sorted(true[pair][1:]))]  # fmt: skip
    with_run = {pair for pair in true if share_run([tokens[id] for id in pair], arguments.least)}
    rows = [
        [name, f"{len(pairs):,}", f"{len(pairs & listed.keys()):,}",
         f"{len(pairs & listed.keys()) / max(len(pairs), 1):.4f}"]
        for name, pairs in (("all", true.keys()), ("with a shared run", with_run))
    ]  # fmt: skip
    print(format_command("containment.py", sys.argv[1:]))
    print(format_table(["pairs by brute force", "there are", "listed", "share"], rows))
    print(f"\n{len(listed):,} pairs are listed, of which {len(wrong):,} are wrong.\n")
    figures = [
        _measure(arguments.corpus, name, [*options, *find])
        for name, find in (("near", []), ("near,contained", finding))
    ]
    print(format_table(["looks for", "CPU s", "wall s", "peak MB"], figures))
    print()
    print(format_facts())
    return 1 if wrong or with_run - listed.keys() else 0


def _measure(corpus: Path, name: str, options: list[str]) -> list[str]:
    command = [sys.executable, "-m", "dedupe", "scan", str(corpus), *options, "--format", "json",
               "--output", "/dev/null"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        runs = [run_measured(command, Path(folder) / "output") for _ in range(3)]
    best = min(runs, key=lambda run: run.cpu_seconds)
    seconds = f"{best.cpu_seconds:.2f}", f"{best.wall_seconds:.2f}"
    return [name, *seconds, f"{best.peak_bytes / 1e6:.0f}"]


if __name__ == "__main__":
    sys.exit(main())
