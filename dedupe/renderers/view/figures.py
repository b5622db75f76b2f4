"""Figures as they are printed: a value is rounded to 0 or 1 (or 100 %) only if it is exact."""

from __future__ import annotations

from dedupe.renderers.view.terminal import NO_BREAK


def format_count(count: int, noun: str) -> str:
    """A count with its noun, as in ``1,200 words``."""
    return f"{count:,}{NO_BREAK}{noun}{'' if count == 1 else 's'}"


def format_jaccard(value: float) -> str:
    """A Jaccard with two decimals; 1.00 and 0.00 only if it is exactly 1 or 0."""
    if 0 < value < 1:
        value = min(max(value, 0.01), 0.99)
    return f"{value:.2f}"


def format_percent(share: float, decimals: int = 0) -> str:
    """A share (0 to 1) in per cent; 100 and 0 only if it is exactly 1 or 0."""
    step = 10.0**-decimals
    percent = 100 * share
    if 0 < share < 1:
        percent = min(max(percent, step), 100 - step)
    return f"{percent:.{decimals}f}{NO_BREAK}%"


def format_seconds(seconds: float) -> str:
    """A duration in seconds, or in minutes and seconds from one minute on."""
    if seconds >= 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes:,}{NO_BREAK}min {rest}{NO_BREAK}s"
    return f"{seconds:.1f}{NO_BREAK}s" if seconds >= 0.1 else f"{seconds:.2f}{NO_BREAK}s"
