"""What is asked of a page, and what came of it: the frames between a scan and its workers."""

from __future__ import annotations

from typing import Literal

import msgspec

from dedupe.model.settings import ReadSettings
from dedupe.sources.pages.doubt import Doubt

Way = Literal["article", "text", "stripped", "unread"]
"""How a text was got: the main text; all visible text; the page without its tags, because it is
beyond a limit; not at all, because not even that could be done."""


class PageLimits(msgspec.Struct, frozen=True):
    """How much of a page is laid out; beyond, it is read in the cheaper way.

    :param max_bytes: length as UTF-8
    :param max_depth: elements inside one another
    :param max_elements: elements in all
    :param max_attributes: attributes of one element
    :param max_seconds: time; a process that needs longer is killed
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
    """A page to be read.

    :param html: UTF-8
    :param way: ``article``, ``text`` or ``stripped``
    """

    html: bytes
    way: Way
    limits: PageLimits


class PageOutcome(msgspec.Struct, frozen=True):
    """The text of a page.

    :param text: UTF-8
    :param way: how it was got
    :param exceeded: the limit for which it was not got as asked, in words; else nothing
    :param doubt: where most of the page is not its article
    """

    text: bytes
    way: Way
    exceeded: str = ""
    doubt: Doubt | None = None
