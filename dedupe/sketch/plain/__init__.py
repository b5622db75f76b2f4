"""The plain implementation of the sketch: Python over ``str``, xxhash and datasketch.

It follows the specification step by step, is the oracle of the tests, and is what runs where
the extension could not be built. See ``docs/architecture.md`` for the specification.
"""

from dedupe.sketch.plain.composition import normalise_sequence
from dedupe.sketch.plain.kernels import PlainKernels
from dedupe.sketch.plain.signatures import (
    hash_shingles,
    shingle_tokens,
    sign_hashes,
)
from dedupe.sketch.plain.tokens import tokenize_text

__all__ = [
    "PlainKernels",
    "hash_shingles",
    "normalise_sequence",
    "shingle_tokens",
    "sign_hashes",
    "tokenize_text",
]
