"""Near-duplicate pairs with rensa's R-MinHash over all shingles (not its sampling "rho" path).

The similarity of a pair is estimated from the signatures; nothing is verified.
`RMinHashDeduplicator` only says which documents to keep; the pairs come from `RMinHashLSH`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rensa import RMinHash, RMinHashLSH  # type: ignore[import, unused-ignore]
from shingled_corpus import PeerSettings, parse_settings, print_summary, read_documents, shingle

SEED = 42


def choose_num_bands(num_perm: int, threshold: float) -> int:
    """Return the number of bands whose LSH threshold, (1 / bands) ** (1 / rows), is nearest.

    rensa has no such choice of its own and wants a divisor of `num_perm`.
    """
    divisors = [bands for bands in range(1, num_perm + 1) if num_perm % bands == 0]
    return min(divisors, key=lambda bands: abs((1 / bands) ** (bands / num_perm) - threshold))


@dataclass
class ReadIds:
    """The ids met while the corpus streams past: all of them, and those that have shingles."""

    all_ids: list[str] = field(default_factory=list)
    signed_ids: list[str] = field(default_factory=list)


def read_shingles(settings: PeerSettings, read_ids: ReadIds) -> Iterator[list[str]]:
    """Yield each document's shingles and note its id.

    A document without words is counted and not signed: two empty signatures would be equal.
    """
    for document_id, text in read_documents(settings):
        read_ids.all_ids.append(document_id)
        shingles = shingle(text, settings.shingle_size)
        if shingles:
            read_ids.signed_ids.append(document_id)
            yield shingles


def find_similar_rows(
    signatures: list[RMinHash], settings: PeerSettings
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of rows with an estimated Jaccard at the threshold, each pair once."""
    num_bands = choose_num_bands(settings.num_perm, settings.threshold)
    index = RMinHashLSH(
        threshold=settings.threshold, num_perm=settings.num_perm, num_bands=num_bands
    )
    index.insert_many(signatures)
    for row, candidates in enumerate(index.query_all(signatures)):
        for other_row in candidates:
            if other_row >= row:
                continue
            if signatures[row].jaccard(signatures[other_row]) >= settings.threshold:
                yield other_row, row


def find_pairs(settings: PeerSettings) -> tuple[int, list[tuple[str, str]]]:
    """Return the number of documents and the pairs of ids found."""
    read_ids = ReadIds()
    signatures = RMinHash.from_token_sets(
        read_shingles(settings, read_ids), num_perm=settings.num_perm, seed=SEED
    )
    ids = read_ids.signed_ids
    pairs = [(ids[row], ids[other]) for row, other in find_similar_rows(signatures, settings)]
    return len(read_ids.all_ids), pairs


if __name__ == "__main__":
    print_summary(*find_pairs(parse_settings(__doc__)))
