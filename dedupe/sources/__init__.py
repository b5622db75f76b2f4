"""Reads paths and standard input into batches of texts.

Formats are registered in :mod:`dedupe.model.formats`. Nothing here normalises or hashes texts.
"""

from __future__ import annotations

from dedupe.sources.corpus import Corpus, read_corpus, read_sources
from dedupe.sources.discovery.finder import find_sources
from dedupe.sources.discovery.path_list import parse_path_list
from dedupe.sources.discovery.scanned_files import id_in_scan, reads_file
from dedupe.sources.discovery.unreadable import unreadable_paths
from dedupe.sources.files.source import Source
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import UNREADABLE_PATH_REASONS
from dedupe.sources.records.batches import make_batch
from dedupe.sources.source_texts import SourceTexts

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
