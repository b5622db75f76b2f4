"""Pages to text: HTML as UTF-8 in, the text of its article (or all that is visible) out.

The work is done in processes of their own (:mod:`dedupe.sources.pages.pool`), because no limit but
death stops the parser of a hostile page. Nothing here knows files or formats.
"""
