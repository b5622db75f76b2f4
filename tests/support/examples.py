"""The example files of the documentation."""

from __future__ import annotations

from pathlib import Path

from tests.support.every_format import (
    ARTICLES,
    COMPRESSORS,
    FORMATS,
    article,
    as_arc,
    as_crawl,
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
        "play.tei": FORMATS["a.tei"](texts, ""),
        "crawl.warc.gz": COMPRESSORS[".gz"](as_crawl(texts, "news")),
        "crawl.arc.gz": COMPRESSORS[".gz"](as_arc(texts, "news")),
        **{f"reports/{name}.pdf": pdf(text) for name, text in zip(names, texts, strict=True)},
        "collection.zip": zip_of(members),
        "collection.tar.gz": COMPRESSORS[".gz"](tar_of(members)),
        "collection.tar.zst": COMPRESSORS[".zst"](tar_of(members)),
        "list.txt": "".join(f"articles/{name}.txt\r\n" for name in names).encode(),
    }


def write_examples(folder: Path) -> None:
    for path, data in example_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
