"""Corpora of any size, deterministic by seed, that say what was planted in them.

``languages`` invents words, ``prose`` makes texts of them, ``edits`` and ``furniture`` change
texts, ``groups`` plants documents of one origin, ``presets`` names whole corpora, and ``writing``
brings them to disk. The command is ``benchmarks/make_corpus.py``.
"""
