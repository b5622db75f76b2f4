"""Near-duplicate pairs with datasketch, by a simple script.

The similarity of a pair is estimated from the signatures; nothing is verified.
"""

from __future__ import annotations

import xxhash  # type: ignore[import, unused-ignore]
from datasketch import MinHash, MinHashLSH  # type: ignore[import, unused-ignore]
from shingled_corpus import PeerSettings, parse_settings, print_summary, read_documents, shingle


def hash_shingle(shingle_bytes: bytes) -> int:
    """Hash a shingle to the 32 bits that datasketch permutes."""
    digest: int = xxhash.xxh3_64_intdigest(shingle_bytes)
    return digest & 0xFFFFFFFF


def sign_shingles(shingles: set[str], num_perm: int) -> MinHash:
    """Return the signature of a set of shingles."""
    signature = MinHash(num_perm=num_perm, hashfunc=hash_shingle)
    signature.update_batch([item.encode() for item in shingles])
    return signature


def find_pairs(settings: PeerSettings) -> tuple[int, list[tuple[str, str]]]:
    """Return the number of documents and the pairs with an estimated Jaccard at the threshold.

    A document without words is counted and not indexed: two empty signatures would be equal.
    """
    index = MinHashLSH(threshold=settings.threshold, num_perm=settings.num_perm)
    signed: dict[int, tuple[str, MinHash]] = {}
    pairs: list[tuple[str, str]] = []
    document_count = 0
    for row, (document_id, text) in enumerate(read_documents(settings)):
        document_count += 1
        shingles = set(shingle(text, settings.shingle_size))
        if not shingles:
            continue
        signature = sign_shingles(shingles, settings.num_perm)
        for other_row in index.query(signature):
            other_id, other_signature = signed[other_row]
            if signature.jaccard(other_signature) >= settings.threshold:
                pairs.append((other_id, document_id))
        index.insert(row, signature)
        signed[row] = (document_id, signature)
    return document_count, pairs


if __name__ == "__main__":
    print_summary(*find_pairs(parse_settings(__doc__)))
