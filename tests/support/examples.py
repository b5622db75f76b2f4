"""The example files of the documentation."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.every_format import (
    ARTICLES,
    COMPRESSORS,
    FORMATS,
    article,
    as_arc,
    as_crawl,
    csv_rows,
    database,
    json_array,
    json_lines,
    mail,
    page,
    parquet,
    pdf,
    records_of,
    tar_of,
    zip_of,
)


def example_files() -> dict[str, bytes]:
    """The example files that the documentation names, by path; each has near-duplicates."""
    names = ("harbour-bridge_citydesk", "harbour-bridge_newswire")
    texts = [article(name) for name in names]
    records = [{**each, "lang": "en"} for each in records_of(texts)]
    lines = json_lines(records)
    pages = [{"text": page(text).decode()} for text in texts]
    split = [text.partition("\n\n")[::2] for text in texts]
    nested = [{"data": {"article": {"title": title, "body": body}}} for title, body in split]
    rows = [{"id": name, "text": text} for name, text in zip(names, texts, strict=True)]
    members = {f"a/{name}.txt": text.encode() for name, text in zip(names, texts, strict=True)}
    table = FORMATS["a.csv"](texts, "")
    rows_of = [*zip(names, texts, strict=True)]
    answer = {
        "response": {"docs": rows},
        "data": [{"attributes": {"body": text}} for text in texts],
    }
    cache = ".cache/huggingface/hub/datasets--name"
    return {
        **{f"articles/{path.name}": path.read_bytes() for path in ARTICLES.iterdir()},
        **{f"pages/{name}.html": page(text) for name, text in zip(names, texts, strict=True)},
        "articles.txt.xz": COMPRESSORS[".xz"](texts[0].encode()),
        "articles.lines": FORMATS["a.lines"](texts, ""),
        "sentences.txt.gz": COMPRESSORS[".gz"](FORMATS["a.lines"](texts, "")),
        "dump.jsonl": lines,
        "dump.jsonl.gz": COMPRESSORS[".gz"](lines),
        "pages.jsonl": json_lines(pages),
        "export.json": FORMATS["array.json"](texts, ""),
        "nested.json": json_array(nested),
        "answer.json": json.dumps(answer).encode(),
        "by-id.json": json.dumps({each["id"]: each for each in rows}).encode(),
        "rows.csv": csv_rows([name, "2024-03-01", text] for name, text in rows_of),
        f"{cache}/blobs/0a1b": lines,
        "table.csv": table,
        "table.csv.zst": COMPRESSORS[".zst"](table),
        "table.tsv": FORMATS["a.tsv"](texts, "").replace(b"\ttext\t", b"\tbody\t"),
        "dataset/README.md": b"---\nconfigs:\n- config_name: default\n---\n",
        "dataset/data/train-00000-of-00002.parquet": parquet(rows[:1]),
        "dataset/data/train-00001-of-00002.parquet": parquet(rows[1:]),
        "table.parquet": parquet([{"text": text, "lang": "en"} for text in texts]),
        "table.arrow": FORMATS["a.arrow"](texts, ""),
        "books/one.epub": FORMATS["a.epub"](texts[:1], ""),
        "books/two.epub": FORMATS["a.epub"](texts[1:], ""),
        "maildir/cur/1:2,S": mail(texts[0], "1@mail.example"),
        "maildir/cur/2:2,S": mail(texts[1], "2@mail.example"),
        "archive.mbox.gz": COMPRESSORS[".gz"](FORMATS["a.mbox"](texts, "")),
        "articles.db": database({"text": text} for text in texts),
        "articles.sqlite": database(
            {"headline": title, "html_body": page(body).decode()} for title, body in split
        ),
        "table.feather": FORMATS["a.feather"](texts, ""),
        "feed.xml": FORMATS["a.rss"](texts, ""),
        "dump.xml.bz2": COMPRESSORS[".bz2"](FORMATS["wiki.xml"](texts, "")),
        "export.wxr": FORMATS["a.wxr"](texts, ""),
        **{f"plays/{name}.tei": FORMATS["a.tei"]([text], "") for name, text in rows_of},
        "crawl.warc.gz": COMPRESSORS[".gz"](as_crawl(texts, "news")),
        "crawl.arc.gz": COMPRESSORS[".gz"](as_arc(texts, "news")),
        **{f"reports/{name}.pdf": pdf(text) for name, text in zip(names, texts, strict=True)},
        "collection.zip": zip_of(members),
        "collection.tar.gz": COMPRESSORS[".gz"](tar_of(members)),
        "collection.tar.zst": COMPRESSORS[".zst"](tar_of(members)),
        "list.txt": "".join(f"articles/{name}.txt\r\n" for name in names).encode(),
    }


def write_examples(folder: Path) -> None:
    """Write the examples, and as a link what a cache has so: the folder is also a home."""
    for path, data in example_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    snapshot = folder / ".cache/huggingface/hub/datasets--name/snapshots/main"
    snapshot.mkdir(parents=True, exist_ok=True)
    link = snapshot / "train.jsonl"
    link.unlink(missing_ok=True)
    link.symlink_to("../../blobs/0a1b")
