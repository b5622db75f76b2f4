"""Whether a corpus has more duplicates than are accepted."""
