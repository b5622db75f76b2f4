"""The site of each group of documents, as far as metadata or ids tell it."""

from __future__ import annotations

from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.matching.collapse import Collapsed
from dedupe.model.metadata import host_of, normalise_site
from dedupe.store.documents import Documents

_DOCUMENTS_AT_ONCE: Final = 1 << 14


def site_keys(collapsed: Collapsed) -> NDArray[np.uint64]:
    """A key for the site of each group; 0 where it is unknown, or its documents have several."""
    of_documents = _keys_of_documents(collapsed.documents)[collapsed.members]
    begins = collapsed.begins[:-1]
    if not len(begins):
        return np.empty(0, np.uint64)
    lowest = np.minimum.reduceat(of_documents, begins)
    return np.where(lowest == np.maximum.reduceat(of_documents, begins), lowest, np.uint64(0))


def site_of(id: str, meta: dict[str, str]) -> str:
    """The site of a document: of its metadata, else the host or the first folder of its id."""
    if site := normalise_site(meta.get("site", "")):
        return site
    if "://" in id:
        return normalise_site(host_of(id))
    folder, slash, _ = id.removeprefix("./").partition("/")
    return folder if slash and folder != ".." else ""


def _keys_of_documents(documents: Documents) -> NDArray[np.uint64]:
    keys = np.zeros(len(documents), np.uint64)
    known = {"": 0}
    for begin in range(0, len(documents), _DOCUMENTS_AT_ONCE):
        chosen = np.arange(begin, min(begin + _DOCUMENTS_AT_ONCE, len(documents)))
        identities = documents.identities
        for i, id, meta in zip(
            chosen.tolist(), identities.ids(chosen), identities.metas(chosen), strict=True
        ):
            site = site_of(id, meta)
            key = known.get(site)
            if key is None:
                key = known[site] = xxhash.xxh3_64_intdigest(site.encode("utf-8", "surrogatepass"))
            keys[i] = key
    return keys
