"""Results that show themselves: as text at a prompt, as HTML in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dedupe.renderers.notebook import render_plain, wrap_html


class Shown:
    """A result with its text for people; the fields of the result are attributes.

    :ivar value: the result itself
    :param write: makes the text, when somebody looks at it
    :param html: the same for a notebook, if it is more than that text
    """

    def __init__(self, value: Any, write: Callable[[], str], html: str = "") -> None:
        self.value = value
        self._write = write
        self._html = html

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "value":
            raise AttributeError(name)
        return getattr(self.value, name)

    def __dir__(self) -> list[str]:
        return sorted({"value", *dir(self.value)})

    def __str__(self) -> str:
        return self._write().rstrip("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return wrap_html(self._html) if self._html else render_plain(str(self))
