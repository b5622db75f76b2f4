"""The plain kernels: Python over ``str``, with xxhash and datasketch.

They follow the specification (``docs/architecture.md``) step by step. The tests compare the
compiled kernels with them, and they run where the extension could not be built.
"""

from dedupe.sketch.plain.composition import normalise_sequence
from dedupe.sketch.plain.kernels import PlainKernels
from dedupe.sketch.plain.places import find_tokens
from dedupe.sketch.plain.signatures import (
    hash_shingles,
    shingle_tokens,
    sign_hashes,
)
from dedupe.sketch.plain.tokens import tokenize_text

__all__ = [
    "PlainKernels",
    "find_tokens",
    "hash_shingles",
    "normalise_sequence",
    "shingle_tokens",
    "sign_hashes",
    "tokenize_text",
]
