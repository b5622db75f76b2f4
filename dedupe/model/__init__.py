"""The vocabulary: types that cross stages, settings, errors, dates."""
