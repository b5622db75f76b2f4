"""What can be chosen about the text report."""

from __future__ import annotations

from typing import Literal

import msgspec

DiffMode = Literal["none", "summary", "hunks", "full"]


class TextOptions(msgspec.Struct, frozen=True):
    """How a report is written.

    :param width: cells of a line
    :param color: whether to write colours; without, no escape sequence is written for them
    :param links: whether ids are links to their files (OSC 8)
    :param diff: how much of each difference is shown
    :param top: clusters shown, the largest first (none: all)
    :param hints: whether to say what can be done next
    """

    width: int = 80
    color: bool = False
    links: bool = False
    diff: DiffMode = "hunks"
    top: int | None = None
    hints: bool = False
