"""The input of the renderers of an explanation."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dedupe.explain import Explanation
from dedupe.explain.passages import Passage, choose_longest
from dedupe.renderers.view.options import RenderOptions


class ExplanationView(msgspec.Struct, frozen=True):
    """An explanation, and how to show it.

    :param passage_limit: how many passages to show, the longest first; 0 for all
    """

    explanation: Explanation
    options: RenderOptions = msgspec.field(default_factory=RenderOptions)
    passage_limit: int = 0

    @property
    def shown_passages(self) -> Sequence[Passage]:
        """The passages that are shown, in the order of the left text."""
        return choose_longest(self.explanation.passages or (), self.passage_limit)
