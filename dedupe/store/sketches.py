"""The sketches of a corpus, with the remarks on how it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, Notice, SkippedDocument
from dedupe.model.errors import ConfigError
from dedupe.model.settings import SketchSettings
from dedupe.model.sketches import Banding
from dedupe.store.documents import Documents


class Remarks(msgspec.Struct, frozen=True):
    """What a user should know of how a corpus was read.

    :param skipped: documents that could not be read, ordered by id, reason and detail
    :param skipped_locators: by id and reason, the locators of skipped documents whose ids name no
        file and line
    :param notices: facts about documents that were read, ordered by id, reason and detail
    :param byte_count: bytes of the texts that were sketched
    :param too_short_count: documents that were left out for having fewer tokens than ``min_tokens``
    """

    skipped: Sequence[SkippedDocument]
    skipped_locators: Mapping[tuple[str, str], Sequence[Locator]]
    notices: Sequence[Notice]
    byte_count: int
    too_short_count: int = 0


class Sketches(msgspec.Struct, frozen=True):
    """The sketches of a corpus, with whole signatures or with the keys of one banding.

    Among sketches with whole signatures pairs can be found at any threshold. Keys take a third to
    half the memory of signatures, but serve only the banding that they were made for.

    :param documents: reference documents first
    :param settings: the settings that the corpus was read and sketched with
    :param fingerprint: the rules and settings they were made with (see ``sketch.fingerprint``)
    :param banding: the banding of the keys; none where whole signatures were kept
    :param repeated: for each id that occurred more than once, its documents (``int64``); see
        :meth:`dedupe.store.identities.Identities.separate_ids`
    """

    documents: Documents
    settings: SketchSettings
    fingerprint: str
    banding: Banding | None
    remarks: Remarks
    repeated: Sequence[NDArray[np.int64]]

    def check_settings(self, settings: SketchSettings) -> None:
        """Refuse settings with which the corpus would be read or sketched in another way.

        :raises ConfigError: if so; it names the first of them
        """
        for name in SketchSettings.__struct_fields__:
            made_with, asked = getattr(self.settings, name), getattr(settings, name)
            if made_with != asked:
                raise ConfigError(
                    f"{name} is {asked!r}, but these sketches were made with {made_with!r}"
                )
