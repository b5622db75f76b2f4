"""The gate: whether a corpus has more new duplicates than are accepted."""
