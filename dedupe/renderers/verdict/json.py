"""The verdict as JSON, or as JSON Lines with one new duplicate a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from dedupe.renderers.verdict.view import VerdictView
from dedupe.report.json import escape_json

VERDICT_VERSION: Final = 2


def render_json_verdict(view: VerdictView) -> Iterator[bytes]:
    """The whole verdict, indented, ending with a newline."""
    verdict = view.verdict
    whole = {
        "verdict_version": VERDICT_VERSION,
        **{name: getattr(verdict, name) for name in verdict.__struct_fields__},
        "baseline": _describe_baseline(view),
        "since": view.since or None,
        "warnings": view.report.warnings,
    }
    yield escape_json(msgspec.json.format(msgspec.json.encode(whole), indent=2)) + b"\n"


def render_jsonl_verdict(view: VerdictView) -> Iterator[bytes]:
    """One new duplicate that counts a line, the most alike first."""
    for new in view.verdict.new:
        yield escape_json(msgspec.json.encode(new)) + b"\n"


def _describe_baseline(view: VerdictView) -> dict[str, Any] | None:
    if not view.has_baseline:
        return None
    added, removed = view.updated or (0, 0)
    return {
        "file": view.baseline,
        "is_updated": view.updated is not None,
        "added_count": added,
        "removed_count": removed,
    }
