"""Measure how well text in legacy encodings is read when nothing says which encoding it is in.

Usage: ``python benchmarks/legacy_encodings.py [--format csv] [--together] [--unseen]``

For each encoding, 40 files of own sentences are written, of 100 bytes to 256 KB, with sizes around
every block limit, so that many end within a character. Each file is read by itself, as one text or
as CSV; with ``--together`` all files of an encoding stand in one folder; with ``--unseen`` the
sentences are others, which the detection was not tuned with. Prints a table in Markdown: files read
right, without and with a notice of doubt, files guessed wrong, with a notice and without, and files
skipped.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

from encoding_texts import SENTENCES
from unseen_texts import SENTENCES as UNSEEN

from dedupe.model.documents import Notice, SkippedDocument, TextBatch
from dedupe.model.settings import ReadSettings
from dedupe.sources import read_corpus

CASES = [
    ("Japanese", "cp932"),
    ("Japanese", "euc_jp"),
    ("Japanese", "iso2022_jp"),
    ("Simplified Chinese", "gb18030"),
    ("Simplified Chinese", "hz"),
    ("Traditional Chinese", "big5hkscs"),
    ("Korean", "cp949"),
    ("Korean", "iso2022_kr"),
    ("Russian", "cp1251"),
    ("Russian", "koi8-r"),
    ("Russian", "iso8859-5"),
    ("Russian", "cp866"),
    ("Russian", "mac-cyrillic"),
    ("Ukrainian", "cp1251"),
    ("Ukrainian", "koi8-u"),
    ("Polish", "cp1250"),
    ("Polish", "iso8859-2"),
    ("Czech", "cp1250"),
    ("Czech", "iso8859-2"),
    ("Czech", "cp852"),
    ("Greek", "cp1253"),
    ("Turkish", "cp1254"),
    ("French", "cp1252"),
    ("French", "cp850"),
    ("German", "cp1252"),
    ("German", "mac-roman"),
    ("Hebrew", "cp1255"),
    ("Arabic", "cp1256"),
    ("Thai", "cp874"),
    ("Vietnamese", "cp1258"),
]
_AROUND = [8192, 16384, 65536, 131072, 262144]
SIZES = [
    *(100, 101, 130, 160, 200, 201, 250, 300, 301, 400, 500, 501, 700, 1000, 1001, 2000, 3001),
    *(4000, 4001, 5000, 7001, 10_000, 20_001, 40_000, 70_001),
    *(limit + step for limit in _AROUND for step in (-1, 0, 1)),
]
OUTCOMES = ["right", "right, notice", "wrong, notice", "wrong, no notice", "skipped"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--format", choices=["txt", "csv"], default="txt")
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--unseen", action="store_true")
    options = parser.parse_args()
    if options.unseen:
        SENTENCES.update(UNSEEN)
    print(f"| language | encoding | {' | '.join(OUTCOMES)} |")
    print("|---|---|" + "---|" * len(OUTCOMES))
    total: Counter[str] = Counter()
    for language, encoding in CASES:
        counts = measure(language, encoding, options.format, options.together)
        total += counts
        print_row(language, encoding, counts)
    print_row("all", "", total)


def print_row(language: str, encoding: str, counts: Counter[str]) -> None:
    print(f"| {language} | {encoding} | {' | '.join(str(counts[each]) for each in OUTCOMES)} |")


def measure(language: str, encoding: str, ending: str, together: bool) -> Counter[str]:
    """Count the outcomes of reading 40 files of a language in an encoding."""
    expected: dict[Path, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, size in enumerate(SIZES):
            data = make_content(language, encoding, size, ending)
            path = Path(folder, f"{number}.{ending}")
            path.write_bytes(data)
            text = data.decode(encoding, "ignore")
            expected[path] = letters_of(text.removeprefix("text\n"))
        groups = [list(expected)] if together else [[path] for path in expected]
        return sum((judge(paths, expected) for paths in groups), Counter())


def judge(paths: list[Path], expected: dict[Path, str]) -> Counter[str]:
    """Read some files together and compare their letters with those that were written."""
    texts: dict[Path, str] = dict.fromkeys(paths, "")
    noticed: set[str] = set()
    skipped: set[str] = set()
    corpus = read_corpus([*map(str, paths)], ReadSettings())
    for item in corpus:
        if isinstance(item, TextBatch):
            for number, (begin, end) in enumerate(pairwise(item.offsets.tolist())):
                path = Path(corpus.sources[item.locator(number).source].path)
                texts[path] += item.data[begin:end].tobytes().decode()
        elif isinstance(item, Notice) and item.reason == "encoding_doubtful":
            noticed.add(item.id)
        elif isinstance(item, SkippedDocument):
            skipped.add(item.id.partition("#")[0])
    counts: Counter[str] = Counter()
    for path in paths:
        is_noticed = bool(noticed & {str(path), path.name})
        found = letters_of(texts[path]).replace("\ufffd", "")
        if not found and skipped & {str(path), path.name}:
            counts["skipped"] += 1
        # The last row or character may be cut, and counts for nothing.
        elif found and found[:-1] == expected[path][: len(found) - 1]:
            counts["right, notice" if is_noticed else "right"] += 1
        else:
            counts["wrong, notice" if is_noticed else "wrong, no notice"] += 1
    return counts


def make_content(language: str, encoding: str, size: int, ending: str) -> bytes:
    """Sentences in random order in an encoding, cut at this many bytes."""
    chosen = random.Random(f"{language} {encoding} {size}")
    text = "text\n" if ending == "csv" else ""
    while len(text) <= size:
        sentence = chosen.choice(SENTENCES[language]).replace('"', "'")
        end = chosen.choice([" ", "\n"])
        text += f'"{sentence}"\n' if ending == "csv" else sentence + end
    if encoding == "cp1258":
        text = "".join(map(split_tones, text))
    return text.encode(encoding, "ignore")[:size]


def split_tones(character: str) -> str:
    """A Vietnamese letter as cp1258 writes it, with its tone as a mark behind it."""
    marks = unicodedata.normalize("NFD", character)
    tone = "".join(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
    base = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in tone))
    return base + tone


def letters_of(text: str) -> str:
    return "".join(filter(str.isalnum, text))


if __name__ == "__main__":
    main()
