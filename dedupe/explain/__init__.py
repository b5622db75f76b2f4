"""Explanation why two documents are duplicates or not: exact figures, and their meaning.

Only :mod:`dedupe.explain.finding` reads files; the other modules are pure functions.
"""

from __future__ import annotations

from dedupe.explain.comparison import Explanation, explain_pair
from dedupe.explain.finding import FoundDocument, find_documents, find_files
from dedupe.explain.saved import find_in_report

__all__ = [
    "Explanation",
    "FoundDocument",
    "explain_pair",
    "find_documents",
    "find_files",
    "find_in_report",
]
