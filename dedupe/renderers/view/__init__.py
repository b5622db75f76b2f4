"""Parts that several renderers share: figures, selections of members, differences, lines."""
