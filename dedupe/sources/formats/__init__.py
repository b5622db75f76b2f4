"""The formats: one module or package for each, and what recognises them."""
