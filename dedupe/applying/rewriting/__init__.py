"""Rewriting a file without some of its documents.

Callers use :func:`write_without`, which knows nothing of reports, plans or folders.
"""

from __future__ import annotations

from dedupe.applying.rewriting.content import Part, is_whole, write_without
from dedupe.sources.records.removal import CannotRewriteError

__all__ = ["CannotRewriteError", "Part", "is_whole", "write_without"]
