"""A report applied: what it says to drop, dropped, and everything else kept.

``plan`` decides, from the report alone; ``doubts`` tells what a person should look at first;
``check`` hashes victims and keepers again; ``output``, ``moving`` and ``whole_files`` act. Nothing
here prints.
"""

from __future__ import annotations

from dedupe.applying.check import Documents, preview
from dedupe.applying.doubts import Doubt, find_doubts
from dedupe.applying.moving import set_aside, undo
from dedupe.applying.names import list_dropped, list_kept
from dedupe.applying.outcome import Dropped, Outcome, Stopped
from dedupe.applying.output import write_output
from dedupe.applying.places import Places
from dedupe.applying.plan import Plan, plan_drops
from dedupe.applying.whole_files import delete_files, refuse_records

__all__ = [
    "Documents",
    "Doubt",
    "Dropped",
    "Outcome",
    "Places",
    "Plan",
    "Stopped",
    "delete_files",
    "find_doubts",
    "list_dropped",
    "list_kept",
    "plan_drops",
    "preview",
    "refuse_records",
    "set_aside",
    "undo",
    "write_output",
]
