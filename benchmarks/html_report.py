"""Measure the size of the HTML report, and how quickly a browser opens and searches it.

Usage: ``python benchmarks/html_report.py CORPUS... [--clusters N] [--runs N] [--save FILE]``

Scans the corpora, or with ``--clusters`` a generated corpus of so many clusters, renders the
report with all clusters, and opens it in headless Chromium (``pip install playwright``, and a
Chromium on the PATH). Prints a table in Markdown: the time from the start of the navigation until
the list is painted and can be used, and, half a second later, from a key press in the search
field until its result is painted, of which the slowest of a dozen is taken; each the median and the
slowest of the runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dedupe.api import scan_with_texts
from dedupe.model.documents import TextProvider
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.renderers.html import HtmlOptions, render_html

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
IDLE_MS = 500  # nobody types sooner, and the page prepares its search in this time
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
SEARCH = """async (words) => {
  const field = document.getElementById("q");
  const times = [];
  for (const word of [...words, ""]) {
    const start = performance.now();
    field.value = word;
    field.dispatchEvent(new Event("input"));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
  }
  return times;
}"""


def generate_corpus(path: Path, cluster_count: int, seed: int = 1) -> None:
    """Write that many clusters of two to six documents of about 250 words, as JSON Lines."""
    rng = random.Random(seed)
    vocabulary = [
        "".join(rng.choices("abcdefghilmnoprstuv", k=rng.randint(2, 9))) for _ in range(20_000)
    ]
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]

    def sentences(count: int) -> list[str]:
        return [
            " ".join(rng.choices(vocabulary, weights, k=rng.randint(8, 22))).capitalize() + "."
            for _ in range(count)
        ]

    with path.open("w", encoding="utf-8") as file:
        for number in range(cluster_count):
            original = sentences(17)
            for copy in range(rng.choice([2, 2, 2, 2, 2, 3, 3, 4, 6])):
                text = list(original)
                for _ in range(copy and rng.randint(0, 3)):
                    text.insert(rng.randrange(len(text)), sentences(1)[0])
                host = f"site{rng.randrange(300)}.example"
                record = {
                    "id": f"{host}/{number}-{copy}",
                    "url": f"https://{host}/news/{number}",
                    "date": f"20{rng.randrange(10, 26)}-{rng.randrange(1, 13):02}-11",
                    "text": "\n".join(" ".join(text[i : i + 4]) for i in range(0, len(text), 4)),
                }
                file.write(json.dumps(record) + "\n")


def shown_bytes(report: Report, texts: TextProvider) -> int:
    """UTF-8 bytes of the texts of all clustered documents."""
    ids = [member.id for cluster in report.clusters for member in cluster.members]
    return sum(len(text.encode()) for text in texts.read_texts(ids).values())


def measure(browser: Any, path: Path, words: list[str], runs: int) -> Iterator[tuple[float, float]]:
    """Milliseconds until the report is open, and of the slowest search."""
    for _ in range(runs):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri(), wait_until="load")
        page.evaluate(PAINTED)
        opened = page.evaluate("performance.now()")
        page.wait_for_timeout(IDLE_MS)
        yield opened, max(page.evaluate(SEARCH, words))
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS")
    parser.add_argument("--clusters", type=int, default=0, help="generate a corpus of so many")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--save", type=Path, help="keep the report in this file")
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    save = arguments.save and arguments.save.resolve()
    with tempfile.TemporaryDirectory() as folder:
        corpora = [str(Path(corpus).resolve()) for corpus in arguments.corpora]
        if arguments.clusters:
            os.chdir(folder)
            corpora.append("generated.jsonl")
            generate_corpus(Path(corpora[-1]), arguments.clusters)
        if not corpora:
            parser.error("name a corpus, or --clusters N")
        report, texts = scan_with_texts(corpora, Config())
        path = save or Path(folder) / "report.html"
        begin = time.perf_counter()
        path.write_bytes(b"".join(render_html(report, texts, HtmlOptions())))
        seconds = time.perf_counter() - begin
        executable = next(filter(None, map(shutil.which, BROWSERS)), None)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
            some = [cluster.representative for cluster in report.clusters[::100]][:5]
            words = ["a", *(id[-6:] for id in some)]
            words += [text.split()[-1] for text in texts.read_texts(some).values() if text.split()]
            times = [*measure(browser, path.resolve(), words, arguments.runs)]
            version = browser.version
            browser.close()
        page, text_size = path.read_bytes(), shown_bytes(report, texts)
        os.chdir("/")
    opened, searched = zip(*times, strict=True)
    members = sum(len(cluster.members) for cluster in report.clusters)
    cells = {
        "clusters": f"{len(report.clusters):,}",
        "listed": f"{page.count(b'<noscript'):,}",
        "documents in them": f"{members:,}",
        "texts MB": f"{text_size / 1e6:.1f}",
        "differences": f"{page.count(b'class=diff'):,}",
        "report MB": f"{len(page) / 1e6:.1f}",
        "ratio": f"{len(page) / text_size:.2f}",
        "rendered s": f"{seconds:.1f}",
        "opened ms": f"{statistics.median(opened):.0f} ({max(opened):.0f})",
        "searched ms": f"{statistics.median(searched):.0f} ({max(searched):.0f})",
    }
    print(f"Chromium {version}, {arguments.runs} runs\n")
    for line in (cells, ["---"] * len(cells), cells.values()):
        print(f"| {' | '.join(line)} |")


if __name__ == "__main__":
    main()
