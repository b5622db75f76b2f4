"""The texts of the passages that a report lists, read from a document that has each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Final

import msgspec

from dedupe.model.furniture import FurniturePassage
from dedupe.model.report import Report
from dedupe.sketch import tokenize_text

LocateTokens = Callable[[str], list[tuple[int, int]]]
"""Gives the span of each token of a text."""

ReadTexts = Callable[[Iterable[str]], Mapping[str, str]]

MOST_BYTES: Final = 64 << 20
"""The most bytes of documents that are read for their passages; those beyond it have no text."""


def with_passage_texts(report: Report, read_texts: ReadTexts) -> Report:
    """The report with the texts of its passages; empty for documents that cannot be read."""
    furniture = report.furniture
    if furniture is None or not furniture.passages:
        return report
    from dedupe.diff import Vocabulary  # late, because few scans look for furniture

    locate = Vocabulary(tokenize_text).locate_tokens
    texts = read_texts(_ids_within(report, {passage.id for passage in furniture.passages}))
    told = tuple(
        msgspec.structs.replace(each, text=_cut(each, texts.get(each.id, ""), locate))
        for each in furniture.passages
    )
    return msgspec.structs.replace(
        report, furniture=msgspec.structs.replace(furniture, passages=told)
    )


def _ids_within(report: Report, ids: set[str]) -> list[str]:
    """The ids of documents that are together not too long, the shortest first."""
    located = ((report.run.locators.get(id), id) for id in ids)
    lengths = sorted((locator.length if locator else 0, id) for locator, id in located)
    total = list(accumulate(length for length, _ in lengths))
    return [id for (_, id), end in zip(lengths, total, strict=True) if end <= MOST_BYTES]


def _cut(passage: FurniturePassage, text: str, locate: LocateTokens) -> str:
    """The passage in a text, with all white space as single spaces."""
    spans = locate(text)
    last = min(passage.first_token + passage.token_count, len(spans)) - 1
    if last < passage.first_token:
        return ""
    return " ".join(text[spans[passage.first_token][0] : spans[last][1]].split())
