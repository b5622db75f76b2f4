"""Finds the root of an XML file, behind all that may stand before it.

Nothing else looks at a document type declaration: it is left out before a file is parsed. So no
entity is ever declared, none is expanded, and nothing is fetched.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dedupe.sources.encoding.text_encoding import UTF8_MARK

_MAX_TAG_BYTES = 4096

_COMMENT = rb"<!--(?:[^-]++|-(?!->))*+-->"
_INSTRUCTION = rb"<\?(?:[^?]++|\?(?!>))*+\?>"
_QUOTED = rb"\"[^\"]*+\"|'[^']*+'"
_DECLARATIONS = rb"(?:[^\]\"'<]++|%s|%s|%s|<(?!!--|\?))*+" % (_QUOTED, _COMMENT, _INSTRUCTION)
_DOCUMENT_TYPE = rb"<!(?i:DOCTYPE)(?:[^\[>\"']++|%s)*+(?:\[%s\]\s*+)?+>" % (_QUOTED, _DECLARATIONS)
_PROLOG = re.compile(rb"(?:\s++|%s|%s|%s)*+" % (_INSTRUCTION, _COMMENT, _DOCUMENT_TYPE))
"""Everything before the root; no part of it can be matched in two ways, so it takes linear time."""

_ROOT = re.compile(rb"<([^\s<>/!?&'\"=]{1,200}+)(?=[\s/>]|\Z)")


class Root(NamedTuple):
    """The root of an XML file.

    :param name: its name, with its prefix
    :param begin: the position of its start tag
    :param tag: that tag, as far as it is known
    """

    name: str
    begin: int
    tag: bytes

    @property
    def local(self) -> str:
        """Its name without a prefix."""
        return local_name(self.name)

    @property
    def prefix(self) -> str:
        """The prefix of its name with the colon; empty where it has none."""
        return self.name[: len(self.name) - len(self.local)]


def local_name(name: str) -> str:
    """The name of an element without its prefix."""
    return name[name.rfind(":") + 1 :]


def find_root(data: bytes) -> Root | None:
    """The root of a file; ``None`` where no element begins behind what may stand before it.

    :param data: UTF-8, from the beginning of the file
    """
    prolog = _PROLOG.match(data, len(UTF8_MARK) if data.startswith(UTF8_MARK) else 0)
    assert prolog is not None  # it may be empty
    found = _ROOT.match(data, prolog.end())
    if found is None:
        return None
    tag = data[found.start() : found.start() + _MAX_TAG_BYTES].partition(b">")[0]
    return Root(found[1].decode("utf-8", "replace"), found.start(), tag)
