"""``dedupe review`` with a report of many clusters: the time to its page, of a page, and memory.

    python benchmarks/review.py /tmp/review          makes a corpus, scans it, measures

The corpus is made up: documents of 120 words, of which each has one or two copies with a few other
words. It is scanned once, and kept for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

WORDS = 120


def write_corpus(path: Path, clusters: int) -> None:
    """Documents in clusters of two or three, as JSON Lines."""
    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("abcdefghiklmnoprstuvw", k=7)) for _ in range(50_000)]
    with path.open("w", encoding="utf-8") as file:
        for number in range(clusters):
            words = chance.choices(vocabulary, k=WORDS)
            for copy in range(2 + number % 2):
                words = [*words]
                words[chance.randrange(WORDS)] = chance.choice(vocabulary)
                record = {
                    "id": f"{number:06d}-{copy}",
                    "title": " ".join(words[:6]),
                    "url": f"https://site{number % 97}.example/{number}/{copy}",
                    "text": " ".join(words),
                }
                file.write(json.dumps(record) + "\n")


def read_peak(process: int) -> str:
    status = Path(f"/proc/{process}/status").read_text()
    return ", ".join(re.findall(r"(?:VmHWM|RssAnon|RssFile):\s+\d+ kB", status))


def read_cpu(process: int) -> float:
    """The seconds of processor time that a process took; other programs make these no longer."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(address: str) -> tuple[float, int]:
    began = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        size = len(answer.read())
    return 1000 * (time.perf_counter() - began), size


def measure(command: list[str], report: Path) -> None:
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "review", report.name, "--no-open"], cwd=report.parent, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    address = ""
    while not address:
        found = re.search(rb"http://\S+", process.stderr.readline())
        address = found[0].decode() if found else ""
    told = [f"address after {time.perf_counter() - began:.2f} s, CPU {read_cpu(process.pid):.2f} s"]
    timed(address)
    told += [f"first page after {time.perf_counter() - began:.2f} s"]
    before = read_cpu(process.pid)
    print("; ".join(told) + f", CPU {before:.2f} s")
    pages = sorted(timed(f"{address}?page={number}") for number in range(2, 1000, 20))
    median, slowest = pages[len(pages) // 2], pages[-1]
    print(f"a page: median {median[0]:.0f} ms of {median[1]:,} bytes; slowest {slowest[0]:.0f} ms")
    print(f"CPU of a page: {1000 * (read_cpu(process.pid) - before) / len(pages):.0f} ms")
    for _ in range(2):
        print(f"a search: {timed(f'{address}?q=0777')[0]:.0f} ms")
    print(f"memory: {read_peak(process.pid)}")
    process.send_signal(signal.SIGINT)
    print(f"exit code {process.wait()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clusters", type=int, default=100_000)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).with_name("dedupe"))]
    report = folder / "report.json"
    if not report.exists():
        write_corpus(folder / "corpus.jsonl", arguments.clusters)
        subprocess.run(
            [*command, "scan", "corpus.jsonl", "--output", report.name], cwd=folder, check=True
        )
    print(f"{report.name}: {report.stat().st_size:,} bytes")
    measure(command, report)


if __name__ == "__main__":
    main()
