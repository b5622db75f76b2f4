"""From sketches to verified pairs: collapse, order, bands, buckets, candidates, verification."""
