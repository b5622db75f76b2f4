"""Tokens, shingles and signatures of single texts: the functions of the package for other tools.

``docs/api.md`` says which are stable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dedupe import sketch
from dedupe.model.settings import Config
from dedupe.sources import make_batch
from dedupe.sources.encoding.text_encoding import encode_text

if TYPE_CHECKING:
    from datasketch import MinHash

BATCH_DOCUMENTS = 4096


def sign_texts(texts: Iterable[str], config: Config | None = None) -> NDArray[np.uint32]:
    """MinHash signatures, bit for bit those of datasketch 2 (``affine32`` over XXH3).

    :returns: ``uint32``, shape ``(len(texts), num_perm)``; all ``0xffffffff`` for a text
        without a token
    """
    config = config or Config()
    kernels = sketch.load_kernels(config.kernels)
    values = _check_texts(texts)
    parts = [np.empty((0, config.num_perm), np.uint32)]
    for begin in range(0, len(values), BATCH_DOCUMENTS):
        part = values[begin : begin + BATCH_DOCUMENTS]
        batch = make_batch([""] * len(part), part)
        sketched = kernels.sketch(
            batch, config.shingle_size, config.num_perm, config.seed, config.ignore_numbers
        )
        parts.append(sketched.signatures)
    return np.concatenate(parts)


def to_datasketch(signature: NDArray[np.uint32], config: Config | None = None) -> MinHash:
    """A signature as a ``datasketch.MinHash``, to be compared, merged or indexed with datasketch.

    The result can be updated with further shingles, given as UTF-8 bytes.

    :param signature: ``uint32``, shape ``(num_perm,)``
    :param config: the settings with which the signature was made
    """
    from datasketch import MinHash

    config = config or Config()
    return MinHash(
        num_perm=len(signature),
        seed=config.seed,
        scheme="affine32",
        hashfunc=sketch.hash_shingle,
        hashvalues=np.array(signature, np.uint32),
    )


def tokenize_text(text: str) -> list[str]:
    """The tokens of a text, normalised (NFKC_Casefold), in order."""
    return sketch.tokenize_text(text)


def shingle_text(text: str, shingle_size: int = 5) -> list[str]:
    """The shingles of a text, in order and with repetitions.

    A shingle is a window of ``shingle_size`` tokens, joined by one space. A text with fewer tokens
    has one shingle of all its tokens; a text without a token has none.

    :raises ValueError: if ``shingle_size`` is below 1
    """
    if shingle_size < 1:
        raise ValueError(f"shingle_size is {shingle_size}, but must be at least 1")
    tokens = tokenize_text(text)
    windows = range(max(1, len(tokens) - shingle_size + 1)) if tokens else ()
    return [" ".join(tokens[i : i + shingle_size]) for i in windows]


def _check_texts(texts: Iterable[Any]) -> list[str]:
    """The texts as a list of strings that UTF-8 can encode: lone surrogates become U+FFFD.

    :raises TypeError: if one is no string; or if ``texts`` is a single string, whose characters
        would otherwise be taken for texts
    """
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be several strings, not one")
    values = list(texts)
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"ids and texts must be strings, not {type(value).__name__}")
    return [value if value.isascii() else encode_text(value).decode() for value in values]
