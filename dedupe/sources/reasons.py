"""The stable words for what could not be read, and for what was read with a remark.

They stand in ``SkippedDocument.reason`` and ``Notice.reason`` and so in every report.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from dedupe.model import SkippedDocument
from dedupe.sources.names import readable_id

# A path or a whole file.
PATH_MISSING = "path_missing"
PERMISSION_DENIED = "permission_denied"
NO_FILES = "no_files"
NOT_A_FILE = "not_a_file"
UNREADABLE = "unreadable"
NOT_TEXT = "not_text"
NOT_GZIP = "not_gzip"
TOO_LARGE = "too_large"
LIBRARY_MISSING = "library_missing"

# Compressed data that breaks off or is wrong: what stood before is kept.
TRUNCATED = "truncated"
DAMAGED = "damaged"

# A record.
NOT_JSON = "not_json"
NOT_A_RECORD = "not_a_record"
FIELD_MISSING = "field_missing"
TEXT_NULL = "text_null"
TEXT_NOT_STRING = "text_not_string"

# Notices: nothing was lost.
SAME_FILE = "same_file"
DATASET_CARD = "dataset_card"
LINKS_NOT_FOLLOWED = "links_not_followed"
UNDECODABLE_BYTES = "undecodable_bytes"
LONE_SURROGATES = "lone_surrogates"
NOT_KEPT = "not_kept"

UNREADABLE_PATH_REASONS = frozenset(
    {
        PATH_MISSING,
        PERMISSION_DENIED,
        NO_FILES,
        NOT_A_FILE,
        UNREADABLE,
        NOT_TEXT,
        NOT_GZIP,
        TOO_LARGE,
        LIBRARY_MISSING,
    }
)
"""Reasons for which a whole path gave nothing, or not all that it holds."""


def unreadable_paths(
    skipped: Iterable[SkippedDocument], paths: Sequence[str | os.PathLike[str]]
) -> tuple[str, ...]:
    """Those of ``paths`` (as named on the command line) that could not be read."""
    failed = {item.id for item in skipped if item.reason in UNREADABLE_PATH_REASONS}
    names = dict.fromkeys(readable_id(os.fsdecode(path)) for path in paths)
    return tuple(name for name in names if name in failed)
