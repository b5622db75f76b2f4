"""Makes a text of XML that is one document: TEI, JATS, and what is of no known kind."""

from __future__ import annotations

from functools import partial

import msgspec

from dedupe.sources.formats.xml.fields import LINE_BREAK
from dedupe.sources.formats.xml.head_fields import HeadFields
from dedupe.sources.formats.xml.parsing import Parsed, TooDeepError, parse
from dedupe.sources.formats.xml.prolog import find_root, local_name
from dedupe.sources.formats.xml.vocabularies import Vocabulary, vocabulary_of
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pages.blocks import tidy_lines
from dedupe.sources.reasons import DAMAGED, TRUNCATED


class XmlDocument(msgspec.Struct):
    """What a document in XML gives.

    :param unknown_root: the name of its root, if it is of no known kind
    """

    text: str
    meta: dict[str, str]
    parsed: Parsed
    unknown_root: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether there is a text to compare, though an error may have ended it early."""
        is_broken = self.parsed.reason in (DAMAGED, TRUNCATED)
        return not self.parsed.reason or (is_broken and bool(self.text))


def read_document_xml(data: bytes, limits: ReadLimits) -> XmlDocument:
    """The document of a file, or of an element that stands alone.

    :param data: UTF-8
    """
    root = find_root(data)
    if root is None:
        return XmlDocument("", {}, Parsed(DAMAGED, "no element begins in it"))
    raw = data[root.begin :]
    vocabulary = vocabulary_of(root.local, raw)
    handler, parsed = parse(raw, partial(TextHandler, vocabulary), limits)
    unknown = "" if vocabulary.is_known else root.name
    return XmlDocument(handler.text, handler.meta, parsed, unknown)


class TextHandler:
    """Collects the text of a document, and its metadata.

    A line ends where an element begins or ends, unless that is one in a line.
    """

    def __init__(self, vocabulary: Vocabulary, max_depth: int) -> None:
        self._vocabulary = vocabulary
        self._max_depth = max_depth
        self._names: list[str] = []
        self._texts: dict[str, list[str]] = {}
        self._section, self._section_depth = "", 0
        if not vocabulary.sections:
            self._texts[""], self._section_depth = [], 1
        self._unread_depth = 0
        self._tag_count, self._is_break = 0, False
        self._head = HeadFields(vocabulary)

    @property
    def text(self) -> str:
        """The text so far: that of the first section which has any."""
        for name in self._vocabulary.sections or ("",):
            parts = "".join(self._texts.get(name, ())).replace("\n", " ")
            if text := tidy_lines(parts.replace(LINE_BREAK, "\n")):
                return text
        return ""

    @property
    def meta(self) -> dict[str, str]:
        """The metadata so far."""
        return self._head.meta

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        around = self._names[-1] if self._names else ""
        self._names.append(local)
        if len(self._names) > self._max_depth:
            raise TooDeepError
        if self._unread_depth:
            return
        words = self._vocabulary
        if local in words.unread or (around == "choice" and local in words.unread_choices):
            self._unread_depth = len(self._names)
        if not self._section_depth and local in words.sections:
            self._section, self._section_depth = local, len(self._names)
            self._texts.setdefault(local, [])
        if self._section_depth:
            self._note_tag(local, attributes)
        if not self._section:
            self._head.start(around, local, attributes, len(self._names))

    def end(self, name: str) -> None:
        depth = len(self._names)
        local = self._names.pop()
        if self._unread_depth:
            self._unread_depth *= self._unread_depth != depth
            return
        if self._section_depth:
            self._note_tag(local, None)
        if self._section_depth == depth and self._vocabulary.sections:
            self._section, self._section_depth = "", 0
        self._head.end(depth)

    def data(self, text: str) -> None:
        self._head.data(text)
        if not self._section_depth or self._unread_depth:
            return
        parts = self._texts[self._section]
        if self._tag_count and not text.isspace():
            if self._is_break and (self._tag_count > 1 or self._vocabulary.is_known):
                parts.append(LINE_BREAK)
            self._tag_count, self._is_break = 0, False
        parts.append(text)

    def _note_tag(self, local: str, attributes: dict[str, str] | None) -> None:
        """Note a tag in the text: whether it ends a line is known when more text follows.

        :param attributes: ``None`` for an end tag
        """
        words = self._vocabulary
        self._tag_count += 1
        if local in words.words:
            self._texts[self._section].append(" ")
        elif local in words.breaks:
            self._is_break |= attributes is not None and attributes.get("break") != "no"
        elif local not in words.inline:
            self._is_break = True
