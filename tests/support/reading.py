"""Reading a corpus in a test, and writing the files of one."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import xxhash

from dedupe.model.documents import Locator, Notice, SkippedDocument, TextBatch
from dedupe.model.settings import ScanSettings
from dedupe.sources import Corpus, ReadLimits, SourceTexts, read_corpus


class Outcome:
    """Everything that reading a corpus yields: batches, skipped documents, notices."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.batches: list[TextBatch] = []
        self.skipped: list[SkippedDocument] = []
        self.notices: list[Notice] = []
        self.texts: dict[str, str] = {}
        self.locators: dict[str, Locator] = {}
        for item in corpus:
            self.take(item)

    def take(self, item: TextBatch | SkippedDocument | Notice) -> None:
        if isinstance(item, SkippedDocument):
            self.skipped.append(item)
        elif isinstance(item, Notice):
            self.notices.append(item)
        else:
            self.batches.append(item)
            self.texts.update(zip(item.ids, texts_of(item), strict=True))
            self.locators.update((id, item.locator(i)) for i, id in enumerate(item.ids))

    @property
    def reasons(self) -> dict[str, str]:
        return {item.id: item.reason for item in self.skipped}

    @property
    def notice_reasons(self) -> dict[str, str]:
        return {item.id: item.reason for item in self.notices}

    def provider(
        self,
        by_name: bool = False,
        texts: dict[str, str] | None = None,
        text_field: tuple[str, ...] = (),
    ) -> SourceTexts:
        sources: Sequence[Any] = self.corpus.source_infos if by_name else self.corpus.sources
        return SourceTexts(
            sources, self.locators, self.hashes(), ScanSettings(text_field=text_field), texts
        )

    def hashes(self) -> dict[str, str]:
        return {id: xxhash.xxh3_128_hexdigest(text.encode()) for id, text in self.texts.items()}


def texts_of(batch: TextBatch) -> list[str]:
    data, offsets = batch.data.tobytes(), batch.offsets.tolist()
    assert offsets[0] == 0 and offsets[-1] == len(data) and len(offsets) == len(batch) + 1
    return [data[start:end].decode() for start, end in pairwise(offsets)]


def read(
    *paths: Any, stdin: bytes = b"", limits: ReadLimits | None = None, **options: Any
) -> Outcome:
    corpus = read_corpus(
        [str(path) for path in paths],
        ScanSettings(**options),
        stdin=io.BytesIO(stdin),
        limits=limits,
    )
    return Outcome(corpus)


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return path


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
