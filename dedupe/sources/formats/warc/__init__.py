"""WARC: what a crawler kept."""
