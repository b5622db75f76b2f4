"""The verdict of ``dedupe check`` in text, JSON, Markdown and GitHub annotations; one file each.

In the other formats ``dedupe check`` writes the report, in which new documents are marked.
``renderers.registry`` says which formats have a form for verdicts.
"""
