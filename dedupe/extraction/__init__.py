"""Pages to text: HTML as UTF-8 in, the text of its article (or all that is visible) out.

The work is done in processes of their own (:mod:`dedupe.extraction.pool`), because no limit but
death stops the parser of a hostile page. Nothing here knows files or formats.
"""

from __future__ import annotations

from dedupe.extraction.outcome import PageLimits, PageOutcome
from dedupe.extraction.pool import PagePool
from dedupe.extraction.requirements import missing_html_extra

__all__ = ["PageLimits", "PageOutcome", "PagePool", "missing_html_extra"]
