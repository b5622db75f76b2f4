"""Documents in memory: lists and mappings of Python, data frames, Arrow tables, data sets.

``recognition`` finds out what a value is by the name of its type, so that no library is imported
to do so. ``python_data`` and ``frames`` give its rows part by part, and ``corpus`` makes documents
of them as of the records of a file, and reads single texts again.
"""

from __future__ import annotations

from dedupe.sources.memory.corpus import MemoryCorpus, MemoryTexts, take_rows
from dedupe.sources.memory.data import Data
from dedupe.sources.memory.recognition import TAKEN, is_data, open_data

__all__ = ["TAKEN", "Data", "MemoryCorpus", "MemoryTexts", "is_data", "open_data", "take_rows"]
