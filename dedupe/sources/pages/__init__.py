"""From pages to texts: takes HTML in UTF-8, and gives its article, or all its visible text.

Separate processes do the work (:mod:`dedupe.sources.pages.pool`), because the only way to stop the
parser of a hostile page is to kill it. Nothing here knows files or formats.
"""
