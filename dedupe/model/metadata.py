"""The metadata of documents: packed into few bytes, read back for reports and keep rules."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

USUAL_META_FIELDS = ("url", "date", "site")
"""The fields of a record that a report carries without being asked for."""

_encode = msgspec.msgpack.Encoder().encode

_PACKED_EMPTY = _encode({})


def pack_meta_columns(columns: Mapping[str, Sequence[str]]) -> list[bytes]:
    """The metadata of each document as a MessagePack mapping, from one column a name.

    Empty values are left out; a document without values gives empty bytes. Without columns the list
    is empty.
    """
    if not columns:
        return []
    columns = dict(sorted(columns.items()))
    packed = list(map(_encode, map(_mapping_maker(tuple(columns)), *columns.values())))
    if _PACKED_EMPTY not in packed:
        return packed
    return [b"" if each == _PACKED_EMPTY else each for each in packed]


def pack_meta(values: Mapping[str, str]) -> bytes:
    """The metadata of one document as a MessagePack mapping; empty bytes for no values."""
    return _encode(dict(sorted(values.items()))) if values else b""


@lru_cache(maxsize=16)
def _mapping_maker(names: tuple[str, ...]) -> Callable[..., Any]:
    """A function of the values of these names whose result is encoded as a mapping.

    It is a class of msgspec, which is quicker than a dictionary.
    """
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
    """The metadata of one document, ordered by name; a missing site is the host of the url.

    :param packed: a MessagePack mapping, ordered by name, as in
        :class:`dedupe.model.documents.TextBatch`
    """
    if not packed:
        return {}
    values = _decode(packed)
    # Many documents share a date or a site: interned, each is kept once for a whole report.
    if date := values.get("date"):
        values["date"] = sys.intern(date)
    if site := values.get("site"):
        values["site"] = sys.intern(site)
    elif host := host_of(values.get("url", "")):
        return _insert_site(values, host)
    return values


def _insert_site(values: dict[str, str], site: str) -> dict[str, str]:
    """The values with a site, ordered by name: the url, nearly always the last, goes behind it."""
    url = values.pop("url")
    last = next(reversed(values), "")
    values["site"] = site
    values["url"] = url
    return values if last < "site" else dict(sorted(values.items()))


class _Dated(msgspec.Struct, gc=False):
    """The one value of packed metadata that is a date."""

    date: str = ""


_decode_dated = msgspec.msgpack.Decoder(_Dated).decode


def read_date(packed: bytes | memoryview) -> str:
    """The date in packed metadata, as it was written; empty where there is none."""
    return _decode_dated(packed).date if packed else ""


_PLAIN_START = re.compile(r"https?://([a-z0-9.-]+)(?:[?#]|$)")
"""The beginning of nearly all URLs, with nothing but the host (no user, no port) before the path.
"""


def host_of(url: str) -> str:
    """The host that a URL names, in small letters; empty where it names none."""
    path = url.find("/", len("https://"))
    if host := _plain_host(url if path < 0 else url[:path]):
        return host
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _plain_host(start: str) -> str:
    """The host of a plain URL, from the part before its path; empty where that holds more.

    It is interned, so that each host is kept once for a whole report.
    """
    plain = _PLAIN_START.match(start)
    return sys.intern(plain[1]) if plain else ""


def normalise_site(name: str) -> str:
    """A site in small letters and without ``www.`` in front, so that sites can be compared."""
    return name.strip().lower().removeprefix("www.")
