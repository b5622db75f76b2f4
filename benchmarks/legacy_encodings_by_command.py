"""Measure with the command how well files in legacy encodings are read, with unseen sentences.

Usage: ``python benchmarks/legacy_encodings_by_command.py [--mixed] [--short]``

For each encoding, 40 files of 100 bytes to 256 KB are written, with sizes around every block limit
(with ``--short`` of 15 to 200 bytes), of sentences that the detection was not tuned with. Beside
them stand the same texts in UTF-8 as reference documents (``--against``). A file is right if
`dedupe scan` finds its text identical with that of its twin. The files of each encoding stand in a
folder of their own; with ``--mixed`` all stand in one. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from legacy_encodings import CASES, OUTCOMES, SIZES, print_row, split_tones
from unseen_texts import SENTENCES

WESTERN_CASES = [("Spanish", "cp1252"), ("Portuguese", "cp1252")]
SHORT_SIZES = [*range(15, 50, 3), *range(50, 120, 5), *range(120, 200, 6)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    cases = CASES + WESTERN_CASES
    groups = [cases] if options.mixed else [[case] for case in cases]
    print(f"| language | encoding | {' | '.join(OUTCOMES)} |")
    print("|---|---|" + "---|" * len(OUTCOMES))
    total: Counter[str] = Counter()
    for group in groups:
        counts = measure(group, SHORT_SIZES if options.short else SIZES)
        for language, encoding in group:
            print_row(language, encoding, counts[f"{language} {encoding}"])
        total += sum(counts.values(), Counter())
    print_row("all", "", total)


def measure(cases: list[tuple[str, str]], sizes: list[int]) -> dict[str, Counter[str]]:
    """Count the outcomes by case, where the files of all these cases stand in one folder."""
    with tempfile.TemporaryDirectory() as folder:
        names: dict[str, str] = {}
        for language, encoding in cases:
            for size in sizes:
                name = f"{language}-{encoding}-{size}.txt".replace(" ", "")
                if write_twins(Path(folder), name, language, encoding, size):
                    names[name] = f"{language} {encoding}"
        command = [sys.executable, "-m", "dedupe", "scan", "files", "--against", "twins"]
        run = subprocess.run(
            [*command, "--format", "json"], cwd=folder, capture_output=True, check=True
        )
    return judge(names, json.loads(run.stdout))


def write_twins(folder: Path, name: str, language: str, encoding: str, size: int) -> bool:
    """Write a text in both encodings; whether it holds more than ASCII."""
    chosen = random.Random(name)
    text = ""
    while len(text) <= size:
        text += chosen.choice(SENTENCES[language]) + chosen.choice([" ", "\n"])
    if encoding == "cp1258":
        text = "".join(map(split_tones, text))
    text = text.encode(encoding, "ignore").decode(encoding)[:size]
    if len(text.encode(encoding)) > size:
        cut = text.encode(encoding)[:size].decode(encoding, "ignore")
        text = cut if text.startswith(cut) else text
        while len(text.encode(encoding)) > size:  # escapes at the end take room
            text = text[:-1]
    text += "." * (size - len(text.encode(encoding)))
    if text.isascii():
        return False
    for place, codec in (("files", encoding), ("twins", "utf-8")):
        (folder / place).mkdir(exist_ok=True)
        (folder / place / name).write_bytes(text.encode(codec))
    return True


def judge(names: dict[str, str], report: dict[str, Any]) -> dict[str, Counter[str]]:
    hashes = {
        member["id"]: member["content_hash"]
        for cluster in report["clusters"]
        for member in cluster["members"]
    }
    doubted = {each["id"] for each in report["notices"] if each["reason"] == "encoding_doubtful"}
    skipped = {each["id"] for each in report["skipped"]}
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, case in names.items():
        id = f"files/{name}"
        if id in skipped:
            counts[case]["skipped"] += 1
            continue
        is_right = hashes.get(id, "") == hashes.get(f"twins/{name}")
        notice = "notice" if id in doubted else "" if is_right else "no notice"
        counts[case][", ".join(filter(None, ["right" if is_right else "wrong", notice]))] += 1
    return counts


if __name__ == "__main__":
    main()
