"""Front matter: the metadata that Markdown and HTML files of site generators begin with.

It is YAML between two lines ``---`` or TOML between two lines ``+++``. Only single values in one
line are read, and nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dedupe.model.metadata import pack_meta
from dedupe.sources.records.metadata_values import as_meta_value
from dedupe.sources.records.usual_names import META_NAMES

_MAX_BYTES = 1 << 16
_BLOCK = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:"
    rb"---[ \t]*\r?\n(?P<yaml>(?:[^\n]*\n)*?)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)"
    rb"|\+\+\+[ \t]*\r?\n(?P<toml>(?:[^\n]*\n)*?)\+\+\+[ \t]*(?:\r?\n|\Z))"
)
_YAML_LINE = re.compile(r"""(?P<name>["']?[^\W\d][\w ./-]{0,60}["']?) ?:(?:[ \t](?P<value>.*))?$""")
_TOML_LINE = re.compile(r"""(?P<name>["']?[^\W\d][\w.-]{0,60}["']?)\s*=\s*(?P<value>.*)$""")
_CONTINUED = re.compile(r"[ \t]|- |-$|[\]\}\)]|#|\[|$")
"""The beginning of a line that goes on with the value before, or is a comment, a table or blank."""

_BEFORE = re.compile(r"\s*$|#|\[")
"""The beginning of a line before the first value: a comment, the name of a table, or nothing."""

_ARTICLE_NAMES = (
    "title date layout author authors tags categories category permalink slug url link canonical "
    "canonical_url description draft published published_at publishdate date_published lastmod "
    "updated modified created summary excerpt image weight aliases id uid lang language type "
    "template toc nav_order sidebar_label keywords subtitle series redirect_from output"
)
_TELLING_NAMES = frozenset(_ARTICLE_NAMES.split())
"""Names of which one must be there: names and speakers of a dialogue look the same otherwise."""

_EXTRA_NAMES = {"url": ("permalink", "canonical"), "date": ("created",)}
_EMPTY = frozenset({"", "null", "~", "|", ">", "|-", ">-", "[]", "{}"})


class FrontMatter(NamedTuple):
    """The parts of a file with front matter.

    :param values: single values by name
    :param text: the bytes behind it
    """

    values: dict[str, str]
    text: bytes


def split_front_matter(content: bytes) -> FrontMatter | None:
    """The front matter of a file and the text behind it; ``None`` where it has none.

    Every line of it must be one of a name and a value, or go on with such a one; a line ``---``
    may also be a break between paragraphs.

    :param content: in UTF-8
    """
    if not content.startswith((b"---", b"+++", b"\xef\xbb\xbf---", b"\xef\xbb\xbf+++")):
        return None
    found = _BLOCK.match(content[:_MAX_BYTES])
    if found is None:
        return None
    is_yaml = found["yaml"] is not None
    block = (found["yaml"] if is_yaml else found["toml"]).decode("utf-8", "replace")
    values = _read_values(block, _YAML_LINE if is_yaml else _TOML_LINE)
    if values is None or _TELLING_NAMES.isdisjoint(map(str.lower, values)):
        return None
    return FrontMatter(values, content[found.end() :])


def take_front_matter(texts: list[bytes], asked: Sequence[str]) -> list[bytes]:
    """Cut front matter off texts, in place; returns its metadata, packed, or an empty list.

    :param asked: further names whose values are wanted (``meta_field``)
    """
    metas: list[bytes] = []
    for number, text in enumerate(texts):
        if found := split_front_matter(text):
            texts[number] = found.text
            metas = metas or [b""] * len(texts)
            metas[number] = pack_front_matter(found.values, asked)
    return metas


def without_front_matter(content: bytes) -> bytes:
    """The text of a file behind its front matter, if it has any."""
    found = split_front_matter(content)
    return content if found is None else found.text


def pack_front_matter(values: dict[str, str], asked: Sequence[str] = ()) -> bytes:
    """The usual metadata (title, url, date, site) of front matter and what was asked for."""
    lower = {name.lower(): value for name, value in values.items()}
    found: dict[str, str] = {}
    for field, names in {"title": ("title",), **META_NAMES}.items():
        for name in (*names, *_EXTRA_NAMES.get(field, ())):
            if value := lower.get(name.lower(), ""):
                found.setdefault(field, value)
    if not found.get("url", "").startswith(("http://", "https://", "/")):
        found.pop("url", None)
    found.update({name: value for name in asked if (value := lower.get(name.lower(), ""))})
    return pack_meta(found)


def _read_values(block: str, line_pattern: re.Pattern[str]) -> dict[str, str] | None:
    """The single values of a block; ``None`` where a line is none of front matter."""
    values: dict[str, str] = {}
    quote = ""
    for line in block.splitlines():
        if quote:  # inside a TOML text of several lines
            quote = "" if quote in line else quote
            continue
        entry = line_pattern.match(line)
        if entry is not None:
            value = (entry["value"] or "").strip()
            quote = _opened(value)
            values[entry["name"].strip("\"' ")] = "" if quote else _plain(value)
        elif not (_CONTINUED if values else _BEFORE).match(line):
            return None
    return values


def _opened(value: str) -> str:
    """The quotes of a TOML text that begins here and ends on a later line; else empty."""
    for quote in ('"""', "'''"):
        if value.startswith(quote) and quote not in value[3:]:
            return quote
    return ""


def _plain(value: str) -> str:
    """A single value without its quotes; empty for lists, tables and null."""
    if len(value) > 1 and value[0] in "\"'" and value[0] == value[-1]:
        return as_meta_value(value[1:-1])
    value = value.partition(" #")[0].strip()
    return "" if value in _EMPTY or value.startswith(("[", "{", "&", "*")) else as_meta_value(value)
