"""Applying a report: the documents that it says to drop are removed, all others kept.

``plan`` decides from the report alone (``contained`` for documents that stand in others),
``doubts`` finds what a person should look at first, ``check`` hashes victims and keepers again, and
``output``, ``moving`` and ``whole_files`` act.
"""

from __future__ import annotations

from dedupe.applying.check import CurrentDocuments, preview
from dedupe.applying.document_names import list_dropped, list_kept
from dedupe.applying.doubts import Doubt, find_doubts
from dedupe.applying.moving import set_aside, undo
from dedupe.applying.outcome import Dropped, Outcome, Stopped
from dedupe.applying.output import find_losses, write_output
from dedupe.applying.plan import Plan, plan_drops
from dedupe.applying.scanned_paths import ScannedPaths
from dedupe.applying.whole_files import delete_files, refuse_records

__all__ = [
    "CurrentDocuments",
    "Doubt",
    "Dropped",
    "Outcome",
    "Plan",
    "ScannedPaths",
    "Stopped",
    "delete_files",
    "find_doubts",
    "find_losses",
    "list_dropped",
    "list_kept",
    "plan_drops",
    "preview",
    "refuse_records",
    "set_aside",
    "undo",
    "write_output",
]
