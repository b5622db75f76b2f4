"""Front matter is metadata, and text behind it is read again; what only looks like it is text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dedupe.model.metadata import read_meta
from dedupe.sources.formats.front_matter import split_front_matter
from tests.support.every_format import page
from tests.support.reading import Outcome, put, read

BODY = "\n# Storm\n\nThe ferry stays in the harbour today.\n"
YAML = """---
layout: post
title: "The ferry: a story"
date: 2024-03-01 08:00:00 +0100  # local
tags:
  - storm
  - "sea"
link: https://a.example/ferry
summary: >
  It stays
  where it is.

lang: en
---
"""
TOML = """+++
title = "The ferry"
date = 2024-03-02T10:00:00Z
tags = [
  "a",
]
[params]
note = \"\"\"
several = lines
\"\"\"
+++
"""


def meta_of(found: Outcome) -> dict[str, dict[str, str]]:
    pairs = ((batch.ids, batch.metas) for batch in found.batches)
    return {
        id: read_meta(meta) for ids, metas in pairs for id, meta in zip(ids, metas, strict=True)
    }


@pytest.mark.parametrize("ending", ["md", "markdown", "txt", "rst"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_is_metadata(tmp_path: Path, ending: str, newline: str) -> None:
    put(tmp_path / f"y.{ending}", (YAML + BODY).replace("\n", newline).encode())
    put(tmp_path / f"t.{ending}", (TOML + BODY).replace("\n", newline).encode())
    put(tmp_path / f"utf16.{ending}", (YAML + BODY).encode("utf-16"))
    put(tmp_path / f"mark.{ending}", b"\xef\xbb\xbf" + (YAML + BODY).encode())
    found = read(tmp_path, meta_field=("url", "date", "site", "lang"))
    texts = {name: text.replace("\r\n", "\n") for name, text in found.texts.items()}
    assert {name: text.strip() for name, text in texts.items()} == dict.fromkeys(
        [f"{name}.{ending}" for name in ("y", "t", "utf16", "mark")], BODY.strip()
    )
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    metas = meta_of(found)
    assert (
        metas[f"y.{ending}"]
        == metas[f"utf16.{ending}"]
        == {
            "title": "The ferry: a story",
            "date": "2024-03-01 08:00:00 +0100",
            "lang": "en",
            "url": "https://a.example/ferry",
            "site": "a.example",
        }
    )
    assert metas[f"t.{ending}"] == {"title": "The ferry", "date": "2024-03-02T10:00:00Z"}


@pytest.mark.parametrize(
    "block",
    [
        "---\n标题: 渡船\ntitle: x\n---\n",
        "---\ntitle:\tx\ndate:\t2024-01-02\n---\n",
        "---\ntitle: x\nblog/section: news\n---\n",
        '+++\ntitle = "x"\nÜberschrift = "y"\n+++\n',
    ],
)
def test_names_of_any_alphabet(tmp_path: Path, block: str) -> None:
    put(tmp_path / "a.md", block + BODY)
    found = read(tmp_path)
    assert found.texts == {"a.md": BODY} and meta_of(found)["a.md"]["title"] == "x"


def test_pages_with_front_matter(tmp_path: Path) -> None:
    text = "A headline\n\n" + "The ferry stays in the harbour today, said the master. " * 9
    link = '<link rel="canonical" href="https://page.example/x">'
    data = page(text, meta=link)
    put(tmp_path / "a.html", b"---\nlayout: post\ntitle: Given\ndate: 2024-01-02\n---\n" + data)
    put(tmp_path / "b.html", data)
    found = read(tmp_path)
    assert found.texts["a.html"] == found.texts["b.html"]
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    meta = meta_of(found)["a.html"]
    assert meta["title"] == "Given" and meta["date"] == "2024-01-02"
    assert meta["url"] == "https://page.example/x" and meta["site"] == "page.example"


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA paragraph between two breaks: it stays.\n\n---\n\nMore.",
        "---\nALICE: Good morning to you.\nBOB: And to you.\n---\nThey leave.",
        "---\ntitle: no end\n\nThe text: goes on.\n",
        "---\ntitle: x\nThis is no line of that kind.\n---\nText.",
        "--- \ntitle: x\n--\nText.",
        "----\ntitle: x\n---\nText.",
        " ---\ntitle: x\n---\nText.",
        "+++\ntitle: wrong kind\n+++\nText.",
        "---\n- a list\n- title: x\n---\nText.",
        "---\ntitle: x\n" + "more: words\n" * 9000 + "---\nText.",
        "---\n---\nText.",
        "---",
        "+++",
    ],
)
def test_what_only_looks_like_it_is_text(tmp_path: Path, text: str) -> None:
    assert split_front_matter(text.encode()) is None
    put(tmp_path / "a.md", text)
    if any(map(str.isalpha, text)):
        assert read(tmp_path).texts == {"a.md": text}


def test_nothing_is_evaluated_and_nothing_takes_long() -> None:
    hostile = "---\ntitle: !!python/object/apply:os.system ['true']\nid: &a [*a, *a]\n---\nText"
    found = split_front_matter(hostile.encode())
    assert found is not None and found.text == b"Text"
    assert found.values["title"].startswith("!!python") and found.values["id"] == ""
    began = time.process_time()
    for piece in ("a: b\n", "a:\n", "\n", "a" * 60 + "\n", "- \n", " \n", "a b " * 20 + ":\n"):
        for sign in ("---\n", "+++\n"):
            split_front_matter((sign + piece * (70_000 // len(piece))).encode())
    assert time.process_time() - began < 1
