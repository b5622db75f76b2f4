"""Files written anew without some of their documents; one module a way of holding them.

The way in is :func:`write_without`. It knows nothing of reports, plans or folders.
"""

from __future__ import annotations

from dedupe.applying.rewriting.content import Part, is_whole, write_without
from dedupe.sources.records.removal import CannotRewriteError

__all__ = ["CannotRewriteError", "Part", "is_whole", "write_without"]
