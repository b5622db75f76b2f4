"""The metadata of a document: packed in few bytes until a report is made, told by the report, and
compared by keep rules.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

META_FIELDS_FOUND = ("url", "date", "site")
"""What is carried without being asked for, where a record has it."""

_encode = msgspec.msgpack.Encoder().encode

_NONE = _encode({})


def pack_meta_columns(columns: Mapping[str, Sequence[str]]) -> list[bytes]:
    """Of each document its names and values as bytes (MessagePack), from one column a name.

    Values that are empty are left out; nothing at all is given of no columns.
    """
    if not columns:
        return []
    columns = dict(sorted(columns.items()))
    packed = list(map(_encode, map(_row_maker(tuple(columns)), *columns.values())))
    return [b"" if each == _NONE else each for each in packed] if _NONE in packed else packed


def pack_meta(values: Mapping[str, str]) -> bytes:
    """Those of one document; nothing for no values."""
    return _encode(dict(sorted(values.items()))) if values else b""


@lru_cache(maxsize=16)
def _row_maker(names: tuple[str, ...]) -> Callable[..., Any]:
    """Makes of a document's values what is written as a mapping."""
    attributes = [f"v{number}" for number in range(len(names))]
    try:
        return msgspec.defstruct(
            "Meta",
            [(attribute, str, "") for attribute in attributes],
            rename=dict(zip(attributes, names, strict=True)),
            omit_defaults=True,
            gc=False,
        )
    except ValueError:  # a name that msgspec does not take
        return lambda *values: {n: v for n, v in zip(names, values, strict=True) if v}


_decode = msgspec.msgpack.Decoder(dict[str, str]).decode


def read_meta(packed: bytes | memoryview) -> dict[str, str]:
    """Names and values, ordered by name; the site is the host of the url where none is told.

    :param packed: as a :class:`dedupe.model.documents.TextBatch` carries it, in the order of names
    """
    if not packed:
        return {}
    values = _decode(packed)
    # Dates and sites are the same in many documents: they are kept once for all of a report.
    if date := values.get("date"):
        values["date"] = sys.intern(date)
    if site := values.get("site"):
        values["site"] = sys.intern(site)
    elif host := host_of(values.get("url", "")):
        return _insert_site(values, host)
    return values


def _insert_site(values: dict[str, str], site: str) -> dict[str, str]:
    """The values with one more, in the order of names; nearly always it comes before the url."""
    url = values.pop("url")
    last = next(reversed(values), "")
    values["site"] = site
    values["url"] = url
    return values if last < "site" else dict(sorted(values.items()))


def date_of(meta: Mapping[str, str]) -> float:
    """The date in seconds since 1970; not a number where none can be told."""
    from dedupe.model.dates import parse_date  # whose patterns take 2 ms to compile

    found = parse_date(meta.get("date", ""))
    return float("nan") if found is None else found


_PLAIN_START = re.compile(r"https?://([a-z0-9.-]+)(?:[?#]|$)")
"""How URLs begin, as nearly all do, up to their path: what stands there is the host."""


def host_of(url: str) -> str:
    """The host that a URL names, in small letters; nothing where it names none."""
    path = url.find("/", len("https://"))
    if host := _plain_host(url if path < 0 else url[:path]):
        return host
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _plain_host(start: str) -> str:
    """The host of a plain URL, from what stands before its path; kept once for all of a report."""
    plain = _PLAIN_START.match(start)
    return sys.intern(plain[1]) if plain else ""


def plain_site(name: str) -> str:
    """A site without what does not tell it apart: case, and ``www.`` in front."""
    return name.strip().lower().removeprefix("www.")
