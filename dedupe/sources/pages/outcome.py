"""The messages between a scan and the workers that read pages: requests and outcomes."""

from __future__ import annotations

from typing import Literal

import msgspec

from dedupe.model.settings import ReadSettings
from dedupe.sources.pages.doubt import Doubt

Way = Literal["article", "text", "stripped", "pdf", "unread"]
"""How the text of a page is found.

``article``: the main text. ``text``: all visible text. ``stripped``: the page without its tags,
where it exceeds a limit. ``pdf``: by the reader of PDF. ``unread``: not at all, where even that
failed.
"""


class PageLimits(msgspec.Struct, frozen=True):
    """The limits of pages that are read by their layout; tags are only stripped from others.

    :param max_bytes: length as UTF-8
    :param max_depth: how deep elements may be nested
    :param max_elements: the most elements
    :param max_attributes: the most attributes of one element
    :param max_seconds: the longest time; a process that takes longer is killed
    """

    max_bytes: int
    max_depth: int
    max_elements: int
    max_attributes: int
    max_seconds: float

    @classmethod
    def of_settings(cls, settings: ReadSettings) -> PageLimits:
        return cls(
            settings.html_max_bytes,
            settings.html_max_depth,
            settings.html_max_elements,
            settings.html_max_attributes,
            settings.html_max_seconds,
        )


class PageRequest(msgspec.Struct, frozen=True):
    """A page to be read, or a PDF.

    :param html: UTF-8; the bytes of a PDF
    :param way: ``article``, ``text``, ``stripped`` or ``pdf``
    """

    html: bytes
    way: Way
    limits: PageLimits


class PageOutcome(msgspec.Struct, frozen=True):
    """The text of a page.

    :param text: UTF-8
    :param way: how the text was found
    :param exceeded: why it was not found in the way of the request, such as a limit, in words;
        empty where it was; or what is odd about a PDF
    :param doubt: whether the article may be something else; ``None`` if there is no doubt
    :param hides_text: whether much more text is in its scripts and frames than it shows
    :param reason: the reason for which a PDF is unread, if it is not that its process died
    :param meta: packed metadata that only the process could find
    """

    text: bytes
    way: Way
    exceeded: str = ""
    doubt: Doubt | None = None
    hides_text: bool = False
    reason: str = ""
    meta: bytes = b""
