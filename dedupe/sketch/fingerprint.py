"""The fingerprint of sketches: only sketches with equal fingerprints can be compared."""

from __future__ import annotations

from typing import Final

from dedupe.model.settings import SketchSettings
from dedupe.sketch.token_table import load_table

SKETCH_VERSION: Final = 1
"""The version of the rules for tokens, shingles and signatures (``docs/architecture.md``).

Other rules make other sketches of the same texts, and need another version.
"""


def sketch_fingerprint(settings: SketchSettings) -> str:
    """The rules and settings that sketches depend on, in words."""
    return (
        f"sketches {SKETCH_VERSION}, tokens of Unicode {load_table().version}, "
        f"shingles of {settings.shingle_size}, {settings.num_perm} permutations, "
        f"seed {settings.seed}{', numbers masked' * settings.ignore_numbers}"
    )
