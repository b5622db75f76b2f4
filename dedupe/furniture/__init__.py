"""Furniture: passages that a site or the whole corpus repeats, found from the corpus itself."""
