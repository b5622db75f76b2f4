"""What the renderers of an explanation are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dedupe.explain import Explanation
from dedupe.explain.passages import Passage, choose_longest
from dedupe.renderers.registry import RenderOptions


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """An explanation, and how to show it.

    :param passage_limit: passages to show, the longest; 0 for all
    """

    explanation: Explanation
    options: RenderOptions = field(default_factory=RenderOptions)
    passage_limit: int = 0

    @property
    def shown_passages(self) -> Sequence[Passage]:
        """Those that are shown, in the order of the left text."""
        return choose_longest(self.explanation.passages or (), self.passage_limit)
