"""Tokens, shingle hashes and signatures: one specification, two implementations."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from dedupe.model.characters import WordFinder
from dedupe.model.errors import KernelsError
from dedupe.model.kernels import Kernels
from dedupe.model.rows import Marks, RowLimits, RowWriter
from dedupe.model.settings import KernelChoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def load_kernels(choice: KernelChoice = "auto") -> Kernels:
    """The implementation of the kernels; ``auto`` takes the compiled one where it was built.

    :raises KernelsError: if ``choice`` is ``compiled``, and it was not built
    """
    if choice != "plain":
        compiled = _compiled()
        if not isinstance(compiled, ImportError):
            kernels: Kernels = compiled.CompiledKernels()
            return kernels
        if choice == "compiled":
            raise KernelsError(
                f"the compiled kernels are not available ({compiled}); install a C compiler "
                "and reinstall dedupe, or scan with --kernels plain"
            ) from compiled
    from dedupe.sketch.plain import PlainKernels

    return PlainKernels()


def tokenize_text(text: str) -> list[str]:
    """The tokens of a text, by the compiled implementation where it was built."""
    return _tokenizer()(text)


def find_tokens(text: str, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where tokens of a text stand; see :func:`dedupe.sketch.plain.find_tokens`."""
    return _token_finder()(text, tokens)


@cache
def load_word_finder() -> WordFinder | None:
    """What finds words of whole texts, where the compiled implementation was built."""
    if isinstance(_compiled(), ImportError):
        return None
    from dedupe.sketch.word_finder import CompiledWordFinder

    return CompiledWordFinder()


def load_row_writer(marks: Marks, limits: RowLimits) -> RowWriter | None:
    """What writes rows of differences, where the compiled implementation was built."""
    if isinstance(_compiled(), ImportError):
        return None
    from dedupe.sketch.row_writer import CompiledRowWriter

    return CompiledRowWriter(marks, limits)


@cache
def _token_finder() -> Callable[[str, NDArray[np.int64]], NDArray[np.int64]]:
    compiled = _compiled()
    if isinstance(compiled, ImportError):
        from dedupe.sketch import plain

        return plain.find_tokens
    find: Callable[[str, NDArray[np.int64]], NDArray[np.int64]] = compiled.find_tokens
    return find


@cache
def _tokenizer() -> Callable[[str], list[str]]:
    compiled = _compiled()
    if isinstance(compiled, ImportError):
        from dedupe.sketch import plain

        return plain.tokenize_text
    tokenize: Callable[[str], list[str]] = compiled.tokenize_text
    return tokenize


@cache  # because Python tries an import that failed again each time, which takes milliseconds
def _compiled() -> Any:
    """The module of the compiled kernels, or the error of its import."""
    try:
        from dedupe.sketch import compiled
    except ImportError as error:
        return error
    return compiled


def hash_shingle(shingle: bytes) -> int:
    """The 32 bits of a shingle that enter signatures; datasketch takes this as ``hashfunc``."""
    import xxhash

    return xxhash.xxh3_64_intdigest(shingle) & 0xFFFFFFFF
