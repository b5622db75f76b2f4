"""URLs with wildcards, such as ``s3://bucket/**/*.parquet``: a folder, and a pattern below it."""

from __future__ import annotations

import re

import msgspec

from dedupe.model.urls import is_url, is_web
from dedupe.sources.discovery.patterns import PatternSet

_WILDCARD = re.compile(r"[*?[]")
_ANY_DEPTH = 1 << 30


class UrlPattern(msgspec.Struct, frozen=True):
    """A URL that stands for all objects that it matches.

    :param url: as the user wrote it
    :param folder: the URL of the folder below which all of them are
    :param names: matches their paths below that folder
    :param depth: the most folders below that folder in which they are
    """

    url: str
    folder: str
    names: PatternSet
    depth: int

    @classmethod
    def of(cls, url: str) -> UrlPattern | None:
        """The pattern in a URL; ``None`` where it has no wildcard, and in those of the web."""
        if not is_url(url) or is_web(url):
            return None
        protocol, _, path = url.partition("://")
        parts = path.split("/")
        first = next((i for i, part in enumerate(parts) if _WILDCARD.search(part)), 0)
        if not first:  # a bucket is always named in full
            return None
        below = parts[first:]
        depth = _ANY_DEPTH if "**" in below else len(below) - 1
        names = PatternSet(["/" + "/".join(below)])
        return cls(url, f"{protocol}://{'/'.join(parts[:first])}", names, depth)

    def may_hold(self, name: str) -> bool:
        """Whether objects in this folder below the pattern's own may match."""
        return name.count("/") < self.depth
