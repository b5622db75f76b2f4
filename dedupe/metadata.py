"""Metadata of all documents, packed: in memory it is a few bytes a document, not a dict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.dates import parse_date

_decode = msgspec.msgpack.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class PackedMeta:
    """Metadata of *n* documents, end to end.

    :param offsets: ``int64``, ``(n + 1,)``; of no documents' metadata, ``(1,)``
    """

    data: bytes
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, metas: Sequence[bytes], count: int) -> PackedMeta:
        """Pack what a batch of ``count`` documents has; ``metas`` may be empty."""
        offsets = np.zeros(count + 1, np.int64)
        if metas:
            np.cumsum(np.fromiter(map(len, metas), np.int64, count), out=offsets[1:])
        return cls(b"".join(metas), offsets)

    @classmethod
    def join(cls, parts: Sequence[PackedMeta]) -> PackedMeta:
        """The documents of all parts, in order."""
        begins = np.cumsum([0] + [len(part.data) for part in parts])
        offsets = [
            part.offsets[:-1] + begin for part, begin in zip(parts, begins.tolist(), strict=False)
        ]
        ends = np.array([begins[-1]], np.int64)
        return cls(b"".join(part.data for part in parts), np.concatenate([*offsets, ends]))

    def values(self, document: int) -> dict[str, str]:
        """Names and values, ordered by name; the site is the host of the url where none is told."""
        begin, end = self.offsets[document : document + 2].tolist()
        if begin == end:
            return {}
        values = _decode(self.data[begin:end])
        if "site" not in values and (host := host_of(values.get("url", ""))):
            values["site"] = host
        return dict(sorted(values.items()))

    def date(self, document: int) -> float:
        """Its date in seconds since 1970; not a number where none can be told."""
        found = parse_date(self.values(document).get("date", ""))
        return float("nan") if found is None else found

    def site(self, document: int) -> str:
        """Its site, as sites are compared (see :func:`plain_site`)."""
        return plain_site(self.values(document).get("site", ""))


def host_of(url: str) -> str:
    """The host that a URL names, in small letters; nothing where it names none."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def plain_site(name: str) -> str:
    """A site without what does not tell it apart: case, and ``www.`` in front."""
    return name.strip().lower().removeprefix("www.")
