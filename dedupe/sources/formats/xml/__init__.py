"""XML: feeds and other collections of items, and files that are one document each."""
