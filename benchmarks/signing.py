"""Measure signing alone, from bytes to signatures: beside datasketch, and on two threads.

    python benchmarks/signing.py CORPUS.jsonl [--runs 5] [--megabytes 20]

Ends with an error if signatures differ from those of datasketch.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any, Final

import numpy as np
from compare import ratio_to
from datasketch import MinHash
from in_process import cut, pack, parse_arguments, read_texts, time_in_turn, write_out
from measuring import MEGABYTE, BenchmarkError, package_version
from numpy.typing import NDArray
from tables import format_command, format_facts, format_table

from dedupe import shingle_text
from dedupe.model.settings import ScanSettings
from dedupe.sketch import hash_shingle, load_kernels

SETTINGS: Final = ScanSettings()
WORD: Final = re.compile(r"\w+")
ONE: Final = "dedupe, a pool of one thread"
TWO: Final = "dedupe, a pool of two"
BESIDE: Final = "dedupe, one thread"
DATASKETCH: Final = "datasketch"
QUICK_ROUNDS: Final = 5
CHECKED: Final = 100
"""Number of documents whose signature is made again by datasketch, from our own shingles."""

Signatures = NDArray[np.uint32]


def sign(texts: Sequence[bytes]) -> Signatures:
    """The signatures of a batch, as a scan makes them."""
    kernels = load_kernels()
    found = kernels.sketch(pack(texts), SETTINGS.shingle_size, SETTINGS.num_perm, SETTINGS.seed)
    return found.signatures


def sign_on_one_thread(texts: Sequence[bytes]) -> Signatures:
    """Sign batch after batch in this thread."""
    return np.concatenate(list(map(sign, cut(texts))))


def sign_on_threads(texts: Sequence[bytes], threads: int) -> Signatures:
    """Sign batches in a pool of threads, as a scan does."""
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(sign, cut(texts))))


def sign_shingles(shingles: Iterable[str]) -> Any:
    """datasketch's signature of shingles."""
    signature = MinHash(num_perm=SETTINGS.num_perm, seed=SETTINGS.seed, hashfunc=hash_shingle)
    signature.update_batch([shingle.encode() for shingle in shingles])
    return signature.hashvalues


def sign_with_datasketch(texts: Sequence[bytes]) -> list[Any]:
    """Sign with a simple datasketch script: words by a regular expression, joined, signed."""
    size = SETTINGS.shingle_size
    signatures = []
    for text in texts:
        words = WORD.findall(text.decode().lower())
        windows = zip(*(words[start:] for start in range(size)), strict=False)
        signatures.append(sign_shingles(set(map(" ".join, windows)) or {" ".join(words)}))
    return signatures


def check(texts: Sequence[bytes], ours: Signatures, theirs: Sequence[Any]) -> list[str]:
    """Compare our signatures with those of datasketch; returns a sentence on what is equal.

    The datasketch script splits text that is not ASCII differently. Therefore some documents
    from all over the corpus are signed again by datasketch from our shingles.

    :raises BenchmarkError: if one of those differs, or a document of ASCII text
    """
    equal = [bool(np.array_equal(a, b)) for a, b in zip(ours, theirs, strict=True)]
    for document, same in enumerate(equal):
        if not same and texts[document].isascii() and WORD.search(texts[document].decode()):
            raise BenchmarkError(f"document {document}: datasketch signs it otherwise")
    chosen = np.unique(np.linspace(0, len(texts) - 1, min(CHECKED, len(texts))).astype(int))
    signed = 0
    for document in chosen.tolist():
        shingles = shingle_text(texts[document].decode())
        signed += bool(shingles)
        if shingles and not np.array_equal(ours[document], sign_shingles(shingles)):
            raise BenchmarkError(f"document {document}: datasketch signs its shingles otherwise")
    if signed == 0:
        raise BenchmarkError("no document has a shingle")
    return [
        f"Equal to the signatures of the script: {sum(equal):,} of {len(texts):,} documents "
        "(it splits words otherwise where they are not ASCII)",
        f"Equal to datasketch's over the same shingles: all {signed} documents tried",
    ]


def measure(texts: Sequence[bytes], rounds: int) -> dict[str, list[float]]:
    """Seconds of each way to sign: a pool of one thread and of two in turn, then this thread and
    datasketch.

    Our rounds take a fraction of a second, those of datasketch many seconds. If they alternated,
    our single thread would always be measured after a long pause of the other core.
    """
    ours: dict[str, Callable[[], Any]] = {
        ONE: partial(sign_on_threads, texts, 1),
        TWO: partial(sign_on_threads, texts, 2),
    }
    both: dict[str, Callable[[], Any]] = {
        BESIDE: partial(sign_on_one_thread, texts),
        DATASKETCH: partial(sign_with_datasketch, texts),
    }
    return {**time_in_turn(ours, QUICK_ROUNDS * rounds), **time_in_turn(both, rounds)}


def format_speeds(seconds: dict[str, list[float]], byte_count: int) -> str:
    """The table."""
    base = {ONE: ONE, TWO: ONE, BESIDE: BESIDE, DATASKETCH: BESIDE}
    rows = [
        [
            name,
            f"{median(taken):.3f} ({min(taken):.3f}–{max(taken):.3f})",
            f"{byte_count / MEGABYTE / median(taken):,.1f}",
            f"{ratio_to(taken, seconds[base[name]]):.2f}",
            f"{ratio_to(seconds[base[name]], taken):.2f}",
        ]
        for name, taken in seconds.items()
    ]
    header = ("signing", "s, median (min–max)", "MB/s", "time / one thread's", "one thread's / it")
    return format_table(header, rows)


def main() -> int:
    arguments = parse_arguments("Signing alone, beside datasketch.")
    texts = read_texts(arguments.corpus, arguments.megabytes)
    try:
        equal = check(texts, sign_on_one_thread(texts), sign_with_datasketch(texts))
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    seconds = measure(texts, arguments.runs)
    byte_count = sum(map(len, texts))
    facts = format_facts(
        f"{arguments.corpus.name}: {len(texts):,} documents, "
        f"{byte_count / MEGABYTE:.1f} MB of text",
        f"{load_kernels().name} kernels; datasketch {package_version('datasketch')}, "
        f"xxhash {package_version('xxhash')}",
        f"{arguments.runs} rounds beside datasketch, {QUICK_ROUNDS} times as many of one thread "
        "and two, in turn, medians; ratios within each round",
        *equal,
    )
    parts = [format_speeds(seconds, byte_count), facts, format_command("signing.py", sys.argv[1:])]
    write_out(arguments, "\n\n".join(parts), seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
