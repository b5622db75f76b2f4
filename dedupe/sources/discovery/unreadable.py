"""Finds the paths of a command line that could not be read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from dedupe.model.documents import SkippedDocument
from dedupe.sources.files.names import readable_id
from dedupe.sources.reasons import OWN_OUTPUT, UNREADABLE_PATH_REASONS


def unreadable_paths(
    skipped: Iterable[SkippedDocument], paths: Sequence[str | os.PathLike[str]]
) -> tuple[str, ...]:
    """The ``paths`` of a command line that could not be read.

    Outputs of the program are not among them, because a shell's ``*`` names them by accident.
    """
    reasons = UNREADABLE_PATH_REASONS - {OWN_OUTPUT}
    failed = {item.id for item in skipped if item.reason in reasons}
    names = dict.fromkeys(readable_id(os.fsdecode(path)) for path in paths)
    return tuple(name for name in names if name in failed)
