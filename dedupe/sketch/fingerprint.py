"""Which sketches can meet: those that were made in the same way."""

from __future__ import annotations

from typing import Final

from dedupe.model.settings import SketchSettings
from dedupe.sketch.token_table import load_table

SKETCH_VERSION: Final = 1
"""Of the rules for tokens, shingles and signatures (``docs/architecture.md``); another one gives
other sketches of the same texts."""


def sketch_fingerprint(settings: SketchSettings) -> str:
    """Everything that a sketch depends on beside the text; equal where sketches can be compared."""
    return (
        f"sketches {SKETCH_VERSION}, tokens of Unicode {load_table().version}, "
        f"shingles of {settings.shingle_size}, {settings.num_perm} permutations, "
        f"seed {settings.seed}"
    )
