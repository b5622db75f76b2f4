"""From paths to files."""
