"""Reading: paths and standard input to batches of texts, one file a format.

Formats are registered in :mod:`dedupe.sources.formats`. Nothing here normalises or hashes.
"""

from __future__ import annotations

from dedupe.sources.batches import make_batch
from dedupe.sources.corpus import Corpus, read_corpus, read_sources
from dedupe.sources.discovery import find_sources, id_in_scan, reads_file
from dedupe.sources.limits import ReadLimits
from dedupe.sources.path_list import parse_path_list
from dedupe.sources.reasons import UNREADABLE_PATH_REASONS, unreadable_paths
from dedupe.sources.reread import SourceTexts
from dedupe.sources.source import Source

__all__ = [
    "UNREADABLE_PATH_REASONS",
    "Corpus",
    "ReadLimits",
    "Source",
    "SourceTexts",
    "find_sources",
    "id_in_scan",
    "make_batch",
    "parse_path_list",
    "read_corpus",
    "read_sources",
    "reads_file",
    "unreadable_paths",
]
