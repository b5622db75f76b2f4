"""The metadata of a document: as the report tells it, and as keep rules compare it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from dedupe.dates import parse_date

_decode = msgspec.msgpack.Decoder(dict[str, str]).decode


def read_meta(packed: bytes | memoryview) -> dict[str, str]:
    """Names and values, ordered by name; the site is the host of the url where none is told.

    :param packed: as a :class:`dedupe.model.TextBatch` carries it, in the order of names
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
