"""Results that show themselves: as text at a prompt, as HTML in a notebook."""

from __future__ import annotations

from typing import Any

from dedupe.renderers.notebook import render_plain, wrap_html


class Shown:
    """A result with its text for people; the fields of the result are attributes.

    :ivar value: the result itself
    """

    def __init__(self, value: Any, text: str, html: str = "") -> None:
        self.value = value
        self._text = text.rstrip("\n")
        self._html = html

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "value":
            raise AttributeError(name)
        return getattr(self.value, name)

    def __dir__(self) -> list[str]:
        return sorted({"value", *dir(self.value)})

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return wrap_html(self._html) if self._html else render_plain(self._text)
