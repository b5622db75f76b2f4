"""Saved reports as the commands use them: read from a file, with texts that may be gone."""

from __future__ import annotations

from collections.abc import Iterable

from dedupe.model.documents import TextProvider
from dedupe.report.saved import load_report

__all__ = ["WatchedTexts", "load_report"]


class WatchedTexts:
    """A provider of texts that remembers which texts could not be read, and why.

    :ivar problems: reasons by id
    """

    def __init__(self, texts: TextProvider) -> None:
        self._texts = texts
        self.problems: dict[str, str] = {}

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts by id, as far as they can be read; reasons for missing ones are remembered."""
        wanted = list(ids)
        found = self._texts.read_texts(wanted)
        self.problems.update((id, self._texts.problem(id)) for id in wanted if id not in found)
        return found

    def problem(self, id: str) -> str:
        """Why a text cannot be read; empty if it can."""
        return self._texts.problem(id)
