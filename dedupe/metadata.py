"""The metadata of a document: as the report tells it, and as keep rules compare it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from dedupe.dates import parse_date

_decode = msgspec.msgpack.Decoder(dict[str, str]).decode


def read_meta(packed: bytes | memoryview) -> dict[str, str]:
    """Names and values, ordered by name; the site is the host of the url where none is told.

    :param packed: as a :class:`dedupe.model.TextBatch` carries it
    """
    if not packed:
        return {}
    values = _decode(packed)
    if "site" not in values and (host := host_of(values.get("url", ""))):
        values["site"] = host
    return dict(sorted(values.items()))


def date_of(meta: Mapping[str, str]) -> float:
    """The date in seconds since 1970; not a number where none can be told."""
    found = parse_date(meta.get("date", ""))
    return float("nan") if found is None else found


def host_of(url: str) -> str:
    """The host that a URL names, in small letters; nothing where it names none."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def plain_site(name: str) -> str:
    """A site without what does not tell it apart: case, and ``www.`` in front."""
    return name.strip().lower().removeprefix("www.")
