"""EPUB, the format of e-books."""
