"""How many bytes an S3 server sends for a scan, beside the size of the objects."""

from __future__ import annotations

import gzip
import os
import random
import time

import dedupe
from tests.support.every_format import json_lines, parquet, warc_record
from tests.support.servers import s3_server

COUNT = 20_000


def documents() -> list[dict[str, str]]:
    rng = random.Random(1)
    words = [f"{rng.randrange(36**4):x}" for _ in range(30_000)]
    rows = [
        {"id": f"d{number}", "text": " ".join(rng.choices(words, k=400))} for number in range(COUNT)
    ]
    for number in range(0, COUNT, 10):
        rows[number]["text"] = rows[number - 1]["text"] + " and more"
    return rows


def main() -> None:
    rows, quarter = documents(), COUNT // 4
    tables = {
        f"train-{part:05}.parquet": parquet(
            rows[part * quarter : (part + 1) * quarter], row_group_size=1000
        )
        for part in range(4)
    }
    crawl = b"".join(
        warc_record("conversion", f"https://w.example/{id}", text.encode(), "text/plain")
        for id, text in (row.values() for row in rows)
    )
    corpora = {
        "4 Parquet files": tables,
        "a WARC": {"crawl.warc": crawl},
        "JSON Lines in gzip": {"a.jsonl.gz": gzip.compress(json_lines(rows))},
    }
    with s3_server() as server:
        os.environ.update(server.env)
        for number, (name, files) in enumerate(corpora.items()):
            server.put(f"corpus-{number}", files)
            size, server.proxy.byte_count = sum(map(len, files.values())), 0
            began = time.perf_counter()
            report = dedupe.scan(f"s3://corpus-{number}/")
            seconds = time.perf_counter() - began
            assert report.corpus.document_count == COUNT and report.clusters
            sent = server.proxy.byte_count
            print(f"| {name} | {size:,} | {sent:,} ({sent / size:.4f}) | {seconds:.1f} s")


if __name__ == "__main__":
    main()
