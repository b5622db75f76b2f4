"""Which of the paths that a user named could not be read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from dedupe.model.documents import SkippedDocument
from dedupe.sources.files.names import readable_id
from dedupe.sources.reasons import OWN_OUTPUT, UNREADABLE_PATH_REASONS


def unreadable_paths(
    skipped: Iterable[SkippedDocument], paths: Sequence[str | os.PathLike[str]]
) -> tuple[str, ...]:
    """Those of ``paths`` (as named on the command line) that could not be read.

    What the program wrote itself is none of them: a shell's ``*`` names it among the documents.
    """
    reasons = UNREADABLE_PATH_REASONS - {OWN_OUTPUT}
    failed = {item.id for item in skipped if item.reason in reasons}
    names = dict.fromkeys(readable_id(os.fsdecode(path)) for path in paths)
    return tuple(name for name in names if name in failed)
