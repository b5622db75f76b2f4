"""The kinds of XML that are known, by their roots: which are collections, and of what items."""

from __future__ import annotations

import re

from dedupe.sources.formats.xml.prolog import Root

_ITEMS = {
    "rss": "item",
    "channel": "item",
    "RDF": "item",
    "feed": "entry",
    "mediawiki": "page",
    "teiCorpus": "TEI",
    "teiCorpus.2": "TEI.2",
    "pmc-articleset": "article",
}
"""Roots of collections, and the names of their items, without prefixes."""

ITEM_NAMES = frozenset(_ITEMS.values())
FEED_ITEMS = frozenset({"item", "entry", "page"})
"""Items that have fields; all others are whole texts."""

_NAMESPACES = {"RDF": (b"purl.org/rss/", b"netscape.com/rdf/"), "feed": (b"/Atom", b"/atom/")}
"""What a root of such a name declares where it is a feed; others have these names too."""

_RSS_PREFIX = re.compile(rb"xmlns:([\w.-]{1,40})=[\"']http://purl.org/rss/1.0/[\"']")
_TEI = frozenset({"TEI", "TEI.2"})
_JATS_PART = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:front|body)[\s>]")


def item_name(root: Root) -> str:
    """The name of the items below a root, with their prefix; empty where it is no collection."""
    name = _ITEMS.get(root.local, "")
    if not name or not any(mark in root.tag for mark in _NAMESPACES.get(root.local, (b"",))):
        return ""
    if name != "item":
        return root.prefix + name
    declared = _RSS_PREFIX.search(root.tag)
    return f"{declared[1].decode()}:item" if declared and b"xmlns=" not in root.tag else name


def is_tei(name: str) -> bool:
    """Whether an element of this name, without prefix, is a text of the TEI."""
    return name in _TEI


def is_jats(name: str, content: bytes) -> bool:
    """Whether an element is an article in JATS, and not one of DocBook or of a page.

    :param content: the element, or its beginning
    """
    return name == "article" and _JATS_PART.search(content) is not None


def is_known(root: Root, head: bytes) -> bool:
    """Whether a file with this root is of a kind that is known; all other XML is read as it is."""
    return bool(item_name(root)) or is_tei(root.local) or is_jats(root.local, head)
