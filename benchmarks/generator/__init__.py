"""Generates corpora of any size, deterministic by seed, with a list of the planted duplicates.

``languages`` invents words, ``prose`` makes texts of them, ``edits`` and ``furniture`` change
texts, ``groups`` plants documents of one origin, ``presets`` names whole corpora, and ``writing``
writes them to disk. The command is ``benchmarks/make_corpus.py``.
"""
