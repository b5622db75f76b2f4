"""Parses XML with expat; errors that have one obvious meaning are mended first.

There is never a document type declaration in what is parsed (see
:mod:`dedupe.sources.formats.xml.prolog`), so that expat expands nothing but the five entities of
XML and references to characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.entities import html5
from typing import NamedTuple, Protocol, TypeVar
from xml.parsers import expat

from dedupe.sources.encoding.text_encoding import replace_utf8
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import DAMAGED, TOO_DEEP, TOO_LARGE, TRUNCATED

_FIVE = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_NOT_XML = "\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff"
_ODD_CHARACTER = re.compile(f"[{_NOT_XML}]")
_ODD_REFERENCE = re.compile(f"[{_NOT_XML}\ud800-\udfff]")
_TO_MEND = re.compile(
    r"<!\[CDATA\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>)?+"
    r"|<!--(?:[^-]++|-(?!->))*+(?:-->)?+"
    r"|&(#[0-9]{1,10};|\#x[0-9a-fA-F]{1,8};|[A-Za-z][A-Za-z0-9]{0,40};)?+"
    r"|\]\]>"
)
_BUFFER_BYTES = 1 << 16

_CUT_OFF = frozenset(
    {
        expat.errors.codes[message]
        for message in (
            expat.errors.XML_ERROR_NO_ELEMENTS,
            expat.errors.XML_ERROR_UNCLOSED_TOKEN,
            expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        )
    }
)


_AFTER_ROOT = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]


class Handler(Protocol):
    """Takes in what a parser finds in an element."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def data(self, text: str) -> None: ...


H = TypeVar("H", bound=Handler)


class Parsed(NamedTuple):
    """How parsing ended.

    :param reason: why it ended early, as a word; empty where it did not
    :param detail: the same for people
    :param replaced_count: sequences of bytes that became U+FFFD
    """

    reason: str = ""
    detail: str = ""
    replaced_count: int = 0


class TooDeepError(Exception):
    """Elements are nested deeper than a handler takes them."""


def parse(raw: bytes, make: Callable[[int], H], limits: ReadLimits) -> tuple[H, Parsed]:
    """Parse an element; the handler has what stands before an error.

    :param raw: UTF-8, from the start tag of the element
    :param make: makes a new handler, which takes elements up to a depth
    """
    handler = make(limits.depth)
    if _count_values(raw, limits.values) > limits.values:
        what = f"it holds more than {limits.values} tags, attributes and references"
        return handler, Parsed(TOO_LARGE, f"{what} (--max-values)")
    parsed = _feed(raw, handler, limits)
    if parsed.reason in ("", TOO_DEEP):
        return handler, parsed
    mended, replaced_count = mend(raw)
    if mended != raw:
        handler = make(limits.depth)
        parsed = _feed(mended, handler, limits)
    return handler, parsed._replace(replaced_count=replaced_count)


def _count_values(raw: bytes, max_values: int) -> int:
    """An upper bound of what a parser makes of an element; 0 where that is surely not too much.

    Each tag, attribute and reference takes memory and time.
    """
    if len(raw) <= max_values:
        return 0
    return raw.count(b"<") + raw.count(b"=") + raw.count(b"&")


def _feed(raw: bytes, handler: Handler, limits: ReadLimits) -> Parsed:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = _BUFFER_BYTES
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.data
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        parser.buffer_text = False  # gives the handler the text that is still held
        if error.code == _AFTER_ROOT:
            return Parsed()
        reason = TRUNCATED if error.code in _CUT_OFF else DAMAGED
        return Parsed(reason, f"it is not well-formed XML ({error})")
    except TooDeepError:
        return Parsed(TOO_DEEP, f"it is nested deeper than {limits.depth} (--max-depth)")
    return Parsed()


def mend(raw: bytes) -> tuple[bytes, int]:
    """XML without the usual small errors, and how many sequences of bytes were replaced in it.

    A ``&`` that begins no reference is itself, as in HTML; so are references to entities that
    nobody declared, unless HTML knows the name. Characters that XML forbids become spaces, and
    bytes that are not UTF-8 become U+FFFD.
    """
    data, replaced_count = replace_utf8(raw)
    text = _ODD_CHARACTER.sub(" ", data.decode())
    return _TO_MEND.sub(_mend_match, text).encode(), replaced_count


def _mend_match(found: re.Match[str]) -> str:
    if found[0].startswith("<"):
        return found[0]
    if found[0] == "]]>":
        return "]]&gt;"
    reference = found[1] or ""
    if reference in _FIVE:
        return found[0]
    if reference.startswith("#"):
        digits = reference[1:-1]
        code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
        is_good = 0 < code <= 0x10FFFF and not _ODD_REFERENCE.match(chr(code))
        return found[0] if is_good else " "
    return html5.get(reference, found[0]).translate(_ESCAPES)
