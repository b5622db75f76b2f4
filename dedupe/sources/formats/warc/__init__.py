"""WARC, the format of web crawls."""
