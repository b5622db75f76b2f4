"""The types that cross stages, the settings, the errors, and what reads dates and metadata."""
