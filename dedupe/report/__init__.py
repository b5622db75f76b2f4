"""A report as a whole: its graph, its rows, its JSON."""
