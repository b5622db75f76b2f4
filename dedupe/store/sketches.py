"""A corpus as it is compared: the sketches of its documents, and what reading it told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, Notice, SkippedDocument
from dedupe.model.sketches import Banding
from dedupe.store.documents import Documents


class Remarks(msgspec.Struct, frozen=True):
    """What a user should know of how a corpus was read.

    :param skipped: documents that could not be read, by id, reason and detail
    :param skipped_locators: by id and reason, where those stand whose ids do not tell it
    :param notices: what is worth knowing of documents that were read, in the same order
    :param byte_count: bytes of the texts that were sketched
    """

    skipped: Sequence[SkippedDocument]
    skipped_locators: Mapping[tuple[str, str], Sequence[Locator]]
    notices: Sequence[Notice]
    byte_count: int


class Sketches(msgspec.Struct, frozen=True):
    """The sketches of a corpus. Pairs at any threshold can be found among them.

    Unless ``banding`` is set: then the keys of that one banding were kept in place of the
    signatures, which take two to three times the memory.

    :param documents: reference documents first
    :param fingerprint: how they were made (see ``sketch.fingerprint``)
    :param banding: none where whole signatures were kept
    :param repeated: documents whose ids occurred more than once, by id: ``int64``, ascending
    """

    documents: Documents
    fingerprint: str
    banding: Banding | None
    remarks: Remarks
    repeated: Sequence[NDArray[np.int64]]
