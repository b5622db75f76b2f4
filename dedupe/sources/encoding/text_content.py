"""Decides by the beginning of a file whether it can be a text."""

from __future__ import annotations

import codecs

from dedupe.model.encodings import known_encoding
from dedupe.sources.encoding.detection import guess_encoding
from dedupe.sources.encoding.escapes import escaped_encoding, unknown_escapes
from dedupe.sources.encoding.text_encoding import REPLACEMENT, replace_surrogates, wide_encoding

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


def chosen_start(head: bytes, chosen: str) -> bytes:
    """The beginning of a text in UTF-8, decoded as the settings say; a mark wins over these."""
    if not chosen or head.startswith(codecs.BOM_UTF8) or wide_encoding(head)[1] == "mark":
        return head
    text = codecs.getincrementaldecoder(chosen)("replace").decode(head)
    return replace_surrogates(text).encode()


def text_problem(head: bytes, declared: str = "") -> str:
    """Why content that begins with ``head`` is no text, in words; empty where it is one.

    :param declared: the encoding that the content declares
    """
    if wide_encoding(head)[0]:
        return ""
    if b"\0" in head:
        return "it is binary (it holds NUL bytes)"
    return odd_content_problem(head, declared)


def holds_controls(head: bytes) -> bool:
    """Whether content holds control characters, which no text has."""
    return len(head) > len(head.translate(None, _CONTROLS))


def odd_content_problem(head: bytes, declared: str = "") -> str:
    """Why content is binary, in words; empty where it has few control or undecodable characters.

    The head may end within a character.
    """
    if not head or wide_encoding(head)[0]:
        return ""
    if name := unknown_escapes(head):
        return f"it is in {name}, which cannot be decoded: convert it to UTF-8"
    control_count = len(head) - len(head.translate(None, _CONTROLS))
    if head.isascii() and (not control_count or escaped_encoding(head)):
        return ""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    undecodable_count = text.count(REPLACEMENT)
    if undecodable_count + control_count <= _MAX_ODD_SHARE * len(text):
        return ""
    if control_count <= _MAX_ODD_SHARE * len(head) and _is_in(head, known_encoding(declared)):
        return ""
    return "it is binary, or in an encoding that is not known (--encoding NAME chooses one)"


def _is_in(head: bytes, declared: str) -> bool:
    """Whether bytes are text in the encoding that they declare, or in one that can be guessed."""
    if declared:
        text = codecs.getincrementaldecoder(declared)("replace").decode(head)
        if text.count(REPLACEMENT) <= _MAX_ODD_SHARE * len(text):
            return True
    return bool(guess_encoding(head).encoding)
