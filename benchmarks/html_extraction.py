"""Measure how well the extracted text of pages matches articles that people copied from them.

Usage: ``python benchmarks/html_extraction.py PAGES.jsonl[.gz] TEXTS.jsonl[.gz]``

The first file holds pages (its field ``text`` is HTML). The second holds texts; a text counts if
its id is that of a page followed by ``/ground-truth``. For each ``--html`` mode the pages are read
as a scan reads them and compared with these texts at the default threshold. Prints a table in
Markdown: the share of pages that are paired with their own text, and the notices about pages.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dedupe import Report, find_duplicates
from dedupe.model.documents import Notice, TextBatch
from dedupe.model.settings import Config, HtmlMode
from dedupe.sources import read_corpus

_SUFFIX = "/ground-truth"
_MODES: tuple[HtmlMode, ...] = ("article", "text", "raw")


def read_truth(path: Path) -> dict[str, str]:
    """The texts that people copied, by id."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        records = map(json.loads, file)
        return {each["id"]: each["text"] for each in records if each["id"].endswith(_SUFFIX)}


def read_pages(path: Path, config: Config, reasons: Counter[str]) -> Iterator[tuple[str, str]]:
    """Ids and texts of the pages, as a scan reads them.

    :param reasons: counts the notices
    """
    corpus = read_corpus([path], config.settings, workers=config.worker_count)
    for batch in corpus:
        if isinstance(batch, Notice):
            reasons[batch.reason] += 1
        elif isinstance(batch, TextBatch):
            for i, page_id in enumerate(batch.ids):
                text = batch.data[batch.offsets[i] : batch.offsets[i + 1]].tobytes()
                yield page_id, text.decode()


def paired_count(report: Report, page_ids: Iterator[str]) -> int:
    """The number of pages that are a duplicate of their own text."""
    inside = (pair for cluster in report.clusters for pair in cluster.pairs)
    pairs = {(pair.left, pair.right) for pair in (*inside, *report.bridges)}
    return sum((page_id, page_id + _SUFFIX) in pairs for page_id in page_ids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("texts", type=Path)
    arguments = parser.parse_args()
    truth = read_truth(arguments.texts)
    print("| --html | pages | paired | share | seconds | notices |\n|---|---|---|---|---|---|")
    for mode in _MODES:
        config = Config(text_format="html", html=mode)
        began = time.perf_counter()
        reasons: Counter[str] = Counter()
        pages = dict(read_pages(arguments.pages, config, reasons))
        seconds = time.perf_counter() - began
        paired = paired_count(find_duplicates({**pages, **truth}), iter(pages))
        share = paired / len(pages)
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        figures = f"{len(pages)} | {paired} | {share:.1%} | {seconds:.1f} | {told or 'none'}"
        print(f"| {mode} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
