"""Find the near-duplicate reprints in a corpus of texts, verified exactly.

The names in ``__all__`` are the public API. Their modules are imported when they are first used, so
that ``import dedupe`` and ``dedupe --help`` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dedupe._version import __version__

if TYPE_CHECKING:
    from dedupe import spark as spark
    from dedupe.api import (
        clean,
        find_duplicates,
        scan,
    )
    from dedupe.engines.spark.engine import SparkEngine
    from dedupe.model.errors import DedupeError
    from dedupe.model.settings import Config
    from dedupe.notebook.report import Report
    from dedupe.signing import shingle_text, sign_texts, to_datasketch, tokenize_text

_MODULES = {
    "Config": "dedupe.model.settings",
    "DedupeError": "dedupe.model.errors",
    "Report": "dedupe.notebook.report",
    "SparkEngine": "dedupe.engines.spark.engine",
    "clean": "dedupe.api",
    "find_duplicates": "dedupe.api",
    "scan": "dedupe.api",
    "shingle_text": "dedupe.signing",
    "sign_texts": "dedupe.signing",
    "to_datasketch": "dedupe.signing",
    "tokenize_text": "dedupe.signing",
}

__all__ = [
    "Config",
    "DedupeError",
    "Report",
    "SparkEngine",
    "__version__",
    "clean",
    "find_duplicates",
    "scan",
    "shingle_text",
    "sign_texts",
    "to_datasketch",
    "tokenize_text",
]


def __getattr__(name: str) -> Any:
    if name == "spark":
        return import_module("dedupe.spark")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
