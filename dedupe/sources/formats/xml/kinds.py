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
    "en-export": "note",
    "teiCorpus": "TEI",
    "teiCorpus.2": "TEI.2",
    "pmc-articleset": "article",
}
"""Roots of collections, and the names of their items, without prefixes."""

ITEM_NAMES = frozenset(_ITEMS.values())
FEED_ITEMS = frozenset({"item", "entry", "page", "note"})
"""Items that have fields; all others are whole texts."""

_NAMESPACES = {"RDF": (b"purl.org/rss/", b"netscape.com/rdf/"), "feed": (b"/Atom", b"/atom/")}
"""What a root of such a name declares where it is a feed; others have these names too."""

_RSS_PREFIX = re.compile(rb"xmlns:([\w.-]{1,40})=[\"']http://purl.org/rss/1.0/[\"']")
_TEXTS = {"TEI": "tei", "TEI.2": "tei", "FictionBook": "fictionbook", "nitf": "nitf"}
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


def text_kind(name: str, content: bytes) -> str:
    """The kind of markup of an element that is a text; empty for all other elements.

    :param name: its name, without prefix
    :param content: the element, or its beginning: ``article`` is a root of DocBook and of pages too
    """
    if name == "article":
        return "jats" if _JATS_PART.search(content) else ""
    return _TEXTS.get(name, "")


def is_known(root: Root, head: bytes) -> bool:
    """Whether a file with this root is of a kind that is known; all other XML is read as it is."""
    return bool(item_name(root) or text_kind(root.local, head))
