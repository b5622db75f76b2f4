"""Why two documents are duplicates, or why they are not: every figure, exact, and what it means.

Pure but for :mod:`dedupe.explain.finding`, which reads what is to be compared.
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
