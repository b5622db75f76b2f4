"""Reads the XML files of an EPUB that say which pages it has, in which order, and what it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.parsers import expat

import msgspec

_PAGE_TYPES = frozenset(
    (
        "application/xhtml+xml",
        "text/html",
        "text/x-oeb1-document",
        "application/x-dtbook+xml",
        "application/html+xml",
    )
)
_PAGE_ENDINGS = (".xhtml", ".html", ".htm")
_PACKAGE_TYPE = "application/oebps-package+xml"
_MAX_DEPTH, _MAX_ELEMENTS = 100, 200_000


class BadXmlError(Exception):
    """A file is no XML that can be read."""


class Package(msgspec.Struct, frozen=True):
    """What the package file of a book says.

    :param pages: the names of its pages in the order in which they are read, each once
    :param picture_count: how many pictures it lists, its cover among them
    """

    pages: tuple[str, ...]
    title: str = ""
    date: str = ""
    url: str = ""
    picture_count: int = 0


def parse_xml(data: bytes) -> ElementTree.Element:
    """The root of an XML file, whose names are taken without the prefixes of their namespaces.

    :raises BadXmlError: if it is no XML, defines entities, or is too large
    """
    try:
        return _Parser().parse(data)
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
        raise BadXmlError(str(error)) from None


class _Parser:
    """Parses one file, without what could make it grow."""

    def __init__(self) -> None:
        self._builder = ElementTree.TreeBuilder()
        self._depth = self._count = 0

    def parse(self, data: bytes) -> ElementTree.Element:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._builder.data
        parser.EntityDeclHandler = self._refuse_entity
        parser.Parse(data, True)
        return self._builder.close()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise BadXmlError("it has too many elements")
        self._builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(_local(name))

    @staticmethod
    def _refuse_entity(*_: Any) -> None:
        raise BadXmlError("it defines entities")


def _local(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2]


def package_path(container: ElementTree.Element) -> str:
    """The name of the package file that ``META-INF/container.xml`` gives; empty without one."""
    found = [each for each in container.iter("rootfile") if each.get("full-path")]
    usual = [each for each in found if each.get("media-type") == _PACKAGE_TYPE]
    return str((usual or found)[0].get("full-path")) if found else ""


def encrypted_names(encryption: ElementTree.Element) -> set[str]:
    """The names of files that are encrypted, which fonts often are where pages are not."""
    return {resolve(each.get("URI", ""), "") for each in encryption.iter("CipherReference")}


def read_package(root: ElementTree.Element, path: str) -> Package:
    """The pages and the metadata of a book.

    Pages that are beside the text (``linear="no"``: notes, answers) come last.

    :param path: the name of the package file, to which those of the pages are relative
    """
    manifest = {
        str(item.get("id")): resolve(str(item.get("href", "")), posixpath.dirname(path))
        for item in root.iter("item")
        if _is_page(item)
    }
    spine = [
        (each.get("linear", "") == "no", manifest[str(each.get("idref"))])
        for each in root.iter("itemref")
        if str(each.get("idref")) in manifest
    ]
    pages = dict.fromkeys(name for _, name in sorted(spine, key=lambda each: each[0]))
    return Package(
        tuple(pages),
        title=next(_values(root, "title"), ""),
        date=_date_of(root),
        url=next((each for each in _addresses(root) if each.startswith(("http:", "https:"))), ""),
        picture_count=sum(map(_is_picture, root.iter("item"))),
    )


def _is_page(item: ElementTree.Element) -> bool:
    kind = str(item.get("media-type", "")).strip().lower()
    return kind in _PAGE_TYPES or str(item.get("href", "")).lower().endswith(_PAGE_ENDINGS)


def _is_picture(item: ElementTree.Element) -> bool:
    return str(item.get("media-type", "")).strip().lower().startswith("image/")


def _values(root: ElementTree.Element, name: str) -> Iterator[str]:
    """The texts of all elements of this name, which is one of Dublin Core."""
    for each in root.iter(name):
        if text := " ".join("".join(each.itertext()).split()):
            yield text


def _addresses(root: ElementTree.Element) -> Iterator[str]:
    yield from _values(root, "source")
    yield from _values(root, "identifier")


def _date_of(root: ElementTree.Element) -> str:
    """The date of publication: the one that says so, else the first."""
    dates = [each for each in root.iter("date") if (each.text or "").strip()]
    events = {each.get("event"): each for each in reversed(dates)}
    chosen = events.get("publication", dates[0] if dates else None)
    return "" if chosen is None else str(chosen.text).strip()


def resolve(reference: str, folder: str) -> str:
    """The name of the file in the ZIP file that a reference leads to."""
    path = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(folder, path)).lstrip("/")
