"""Takes the fields of an item: the elements in it, by name, with their text."""

from __future__ import annotations

import re
from typing import NamedTuple

from dedupe.sources.formats.xml.parsing import TooDeepError
from dedupe.sources.formats.xml.prolog import local_name
from dedupe.sources.pages.blocks import BLOCK_ELEMENTS, UNSEEN_ELEMENTS, tidy_lines
from dedupe.sources.pages.stripped import strip_tags

LINE_BREAK = "\v"
"""Stands for the end of a block in what is collected of a text: XML itself cannot hold it."""

_CONTAINERS = frozenset({"revision", "note-attributes"})
"""Elements whose own elements are fields too; the last one counts, as in a history of revisions."""

_MADE_UP_PREFIX = re.compile(r"ns\d+:")


class Field(NamedTuple):
    """One element of an item.

    :param text: what stands in it: the source of HTML, if that was escaped
    :param type: its attribute ``type``
    :param has_elements: whether there are elements in it, whose tags are not in the text
    """

    text: str
    type: str = ""
    has_elements: bool = False

    @property
    def visible(self) -> str:
        """Its text as somebody reads it, without the tags of HTML."""
        if self.has_elements or self.type in ("text", "text/plain"):
            return tidy_lines(self.text)
        if "<" not in self.text and "&" not in self.text:
            return " ".join(self.text.split())
        return strip_tags(self.text)


class FieldsHandler:
    """Collects the fields of an item.

    :ivar fields: by name, without the prefix of the item itself; the first that is not blank counts
    """

    def __init__(self, max_depth: int) -> None:
        self._max_depth = max_depth
        self.fields: dict[str, Field] = {}
        self._prefix = ""
        self._container = ""
        self._depth = 0
        self._field_depth = 2
        self._name = ""
        self._attributes: dict[str, str] = {}
        self._parts: list[str] = []
        self._has_elements = False
        self._unseen_depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self._max_depth:
            raise TooDeepError
        if self._depth == 1:
            self._prefix = name[: len(name) - len(local_name(name))]
        elif self._depth == self._field_depth:
            name = self._own_name(name)
            if self._depth == 2 and name in _CONTAINERS:
                self._container, self._field_depth = f"{name}/", 3
                return
            self._name, self._attributes = name, attributes
            self._parts, self._has_elements = [], False
        elif self._depth > self._field_depth:
            self._start_inside(local_name(name))

    def end(self, name: str) -> None:
        if self._depth == self._field_depth:
            self._keep_field()
        elif self._depth > self._field_depth:
            if self._unseen_depth == self._depth:
                self._unseen_depth = 0
            if local_name(name) in BLOCK_ELEMENTS:
                self._parts.append(LINE_BREAK)
        elif self._container and self._depth == 2:
            self._container, self._field_depth = "", 2
        self._depth -= 1

    def data(self, text: str) -> None:
        if self._depth >= self._field_depth and not self._unseen_depth:
            self._parts.append(text)

    def _own_name(self, name: str) -> str:
        """The name of a field: without the prefix of the item, or one that a program made up."""
        if self._prefix and name.startswith(self._prefix):
            return name[len(self._prefix) :]
        return _MADE_UP_PREFIX.sub("", name, count=1)

    def _start_inside(self, local: str) -> None:
        self._has_elements = True
        if local in BLOCK_ELEMENTS:
            self._parts.append(LINE_BREAK)
        if local in UNSEEN_ELEMENTS and not self._unseen_depth:
            self._unseen_depth = self._depth

    def _keep_field(self) -> None:
        name, attributes, text = self._name, self._attributes, "".join(self._parts)
        if name == "link" and "href" in attributes:
            name = "link" if attributes.get("rel", "alternate") == "alternate" else "link/other"
            text = attributes["href"]
        if self._has_elements:
            text = text.replace("\n", " ").replace(LINE_BREAK, "\n")
        field = Field(text, attributes.get("type", ""), self._has_elements)
        if self._container:
            self.fields[self._container + name] = field
        elif (before := self.fields.get(name)) is None or not before.text.strip():
            self.fields[name] = field
        if name == "guid" and attributes.get("isPermaLink") == "false":
            self.fields["guid/other"] = field
