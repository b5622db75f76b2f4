"""Scans whose every store lies in files of the work folder, as with millions of documents."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import numpy as np
import pytest

from dedupe import Config
from dedupe.api import scan_with_texts
from dedupe.report.json import render_json
from dedupe.store.columns import Store
from dedupe.store.work_folder import WorkFolder
from tests.furniture.test_forms import copies, letters, write
from tests.passages.test_scans import plant_excerpts

SETTINGS = {
    "near": Config(),
    "single": Config(linkage="single", keep=("content", "longest", "latest")),
    "inside": Config(find=("near", "contained", "passages")),
    "furniture told": Config(furniture="report"),
    "furniture ignored": Config(furniture="ignore"),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> tuple[Path, Path]:
    """Forms, edited copies, excerpts, repeated ids, dates; and reference documents."""
    folder = tmp_path_factory.mktemp("corpus")
    rng = random.Random(3)
    excerpts, _ = plant_excerpts(rng, 8)
    footer = " ".join(write(rng, 40))
    texts = [*(letters(9) | copies(9) | excerpts).items()]
    texts += [("same", " ".join(write(rng, 60))) for _ in range(3)]
    texts += [(f"page/{i}", f"{' '.join(write(rng, 80))}\n{footer}") for i in range(20)]
    lines = [{"id": id, "text": text, "date": f"2024-03-{i % 28 + 1:02}"}
             for i, (id, text) in enumerate(texts)]  # fmt: skip
    new, references = folder / "new.jsonl", folder / "references.jsonl"
    new.write_text("\n".join(map(json.dumps, lines)))
    references.write_text("\n".join(map(json.dumps, lines[::3])))
    return new, references


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("is_against", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_it_is_the_scan_in_memory(corpus, monkeypatch, name, is_against, streamed):
    new, references = map(str, corpus)
    config = msgspec.structs.replace(SETTINGS[name], workers=2)
    against = [references] if is_against else []

    def scan() -> bytes:
        report, _ = scan_with_texts([new], config, against=against, streamed=streamed)
        run = msgspec.structs.replace(report.run, seconds=0.0, stages=())
        return render_json(msgspec.structs.replace(report, run=run))

    expected = scan()
    report = json.loads(expected)
    if name != "furniture ignored" and not is_against:
        assert report["forms"]  # which are named last of all
    made: list[int] = []
    create_file = WorkFolder.create_file
    monkeypatch.setattr(WorkFolder, "share", lambda *_: 1)
    monkeypatch.setattr(
        WorkFolder, "create_file", lambda self: made.append(create_file(self)) or made[-1]
    )
    assert scan() == expected
    assert len(made) >= 6  # ids, metadata, locators, shingles, keys, low bytes, bitmaps


def test_a_store_is_not_read_once_its_folder_is_closed():
    with WorkFolder() as work:
        store = Store(work, np.int64, limit=1)
        store.append(np.arange(3))
    for use in (lambda: store.take(np.array([1])), lambda: store.append(np.arange(2))):
        with pytest.raises(ValueError, match="after it was closed"):
            use()
