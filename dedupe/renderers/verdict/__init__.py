"""The verdict of the gate, in the formats that have a form of its own for it; one file a format.

The other formats show the report, and which of its documents are new. Which are which stands in
``renderers.registry``.
"""
