"""The encoding that a page or its HTTP header declares."""

from __future__ import annotations

import re

_HEAD_BYTES = 4096
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_.:-]{1,40})""")
_META = re.compile(rb"""<meta[^>]{0,400}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.I)
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.I)


def declared_encoding(page: bytes) -> str:
    """The encoding in a page's XML declaration or ``meta`` element; empty where it has neither."""
    head = page[:_HEAD_BYTES]
    found = _XML.search(head) or _META.search(head)
    return found[1].decode("ascii") if found else ""


def charset_of(content_type: str) -> str:
    """The charset of a ``Content-Type`` header; empty where it has none."""
    found = _CHARSET.search(content_type)
    return found[1] if found else ""
