"""A local page to look through the clusters of a saved report, and to decide about them.

``opened`` gives clusters one by one from the file, ``saving`` keeps the decisions in theirs,
``pages`` makes pages of both, and ``server`` gives them to a browser on this machine alone.
"""
