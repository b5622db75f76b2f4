"""Reads the tasks of a corpus, inside the executors, with the readers of a local scan."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from dedupe.engines.spark.tasks import MEMBERS, ReadCounts, ReadTask
from dedupe.model.documents import Item, Locator, TextBatch
from dedupe.model.settings import ReadSettings
from dedupe.sources.corpus import read_sources
from dedupe.sources.files.source import Source


def read_task(task: ReadTask, settings: ReadSettings) -> Iterator[Item | ReadCounts]:
    """What a task holds, as a corpus yields it, and at the end one :class:`ReadCounts`."""
    id, path, format = msgspec.msgpack.decode(task.payload)
    corpus = read_sources([Source(id, path, format)], settings)
    base = task.number * MEMBERS
    for item in corpus:
        if isinstance(item, TextBatch):
            locators = item.locators + np.array([base, 0, 0, 0])
            item = msgspec.structs.replace(item, locators=locators)
        yield item
    yield ReadCounts(
        is_reference=task.is_reference,
        sources={task.number: corpus.source_infos},
        encodings=dict(corpus.encoding_counts),
        pages=dict(corpus.html_counts),
        formats=dict(corpus.format_counts),
        text_fields=dict(corpus.text_field_counts),
        skipped=tuple(
            (id, reason, Locator(base + each.source, each.offset, each.length, each.line))
            for (id, reason), locators in corpus.skipped_locators.items()
            for each in locators
        ),
    )
