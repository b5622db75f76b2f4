"""Decides by the beginning of a file whether it can be a text."""

from __future__ import annotations

import codecs

from dedupe.sources.encoding.decoding import detect_encoding
from dedupe.sources.encoding.text_encoding import REPLACEMENT, wide_encoding

_MAX_ODD_SHARE = 0.3
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"


def plain_start(head: bytes) -> bytes:
    """The beginning of a text in UTF-8, without a byte order mark and white space before it.

    Bytes that are neither UTF-8 nor UTF-16 or UTF-32 are given as they are.
    """
    wide, _ = wide_encoding(head)
    if wide:
        head = head.decode(wide, "ignore").encode()
    return head.removeprefix(codecs.BOM_UTF8).lstrip()


def text_problem(head: bytes) -> str:
    """Why content that begins with ``head`` is no text, in words; empty where it is one."""
    if wide_encoding(head)[0]:
        return ""
    if b"\0" in head:
        return "it is binary (it holds NUL bytes)"
    return odd_content_problem(head)


def holds_controls(head: bytes) -> bool:
    """Whether content holds control characters, which no text has."""
    return len(head) > len(head.translate(None, _CONTROLS))


def odd_content_problem(head: bytes) -> str:
    """Why content is binary, in words; empty where it has few control or undecodable characters."""
    if not head or wide_encoding(head)[0]:
        return ""
    control_count = len(head) - len(head.translate(None, _CONTROLS))
    if head.isascii() and not control_count:
        return ""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    undecodable_count = text.count(REPLACEMENT)
    if undecodable_count + control_count <= _MAX_ODD_SHARE * len(text):
        return ""
    if control_count <= _MAX_ODD_SHARE * len(head) and detect_encoding(head):
        return ""
    return "it is binary, or in an encoding that is not known"
