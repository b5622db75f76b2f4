"""One place a format."""
