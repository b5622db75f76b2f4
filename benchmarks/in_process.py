"""Functions that benchmarks inside one process share: texts, batches, timing in turn."""

from __future__ import annotations

import gc
import itertools
import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from measuring import MEGABYTE

from dedupe.model.documents import TextBatch
from dedupe.sources import ReadLimits

BATCH_BYTES: Final = ReadLimits().batch_bytes
"""The size of the batches that a scan reads."""


class Record(msgspec.Struct):
    """The text of a record."""

    text: str


def read_texts(corpus: Path, megabytes: float = float("inf")) -> list[bytes]:
    """The texts of a JSON Lines file in UTF-8, up to ``megabytes`` of them."""
    decode = msgspec.json.Decoder(Record).decode
    texts: list[bytes] = []
    size = 0
    with corpus.open("rb") as lines:
        for line in lines:
            if line.strip() and size < megabytes * MEGABYTE:
                texts.append(decode(line).text.encode())
                size += len(texts[-1])
    return texts


def cut(texts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Runs of texts of about the size of a batch."""
    begin = size = 0
    for end, text in enumerate(texts, 1):
        size += len(text)
        if size >= BATCH_BYTES or end == len(texts):
            yield texts[begin:end]
            begin, size = end, 0


def pack(texts: Sequence[bytes]) -> TextBatch:
    """A batch of texts without ids and locators."""
    offsets = np.array([0, *itertools.accumulate(map(len, texts))], np.int64)
    return TextBatch([""] * len(texts), texts, offsets, np.zeros((len(texts), 4), np.int64))


def time_in_turn(jobs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each job in each round, A B C A B C …, after a round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds + 1):
        gc.collect()
        for name, job in jobs.items():
            began = time.perf_counter()
            job()
            taken = time.perf_counter() - began
            if number:
                seconds[name].append(taken)
        print(f"round {number} of {rounds}", file=sys.stderr)
    return seconds


def build_parser(description: str) -> ArgumentParser:
    """The command line that these benchmarks share."""
    parser = ArgumentParser(description=description)
    parser.add_argument("corpus", type=Path, metavar="CORPUS.jsonl")
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument(
        "--megabytes", type=float, default=float("inf"), metavar="MB", help="of text to take"
    )
    parser.add_argument("--output", type=Path, metavar="FILE.md", help="write the table there too")
    parser.add_argument("--json", type=Path, metavar="FILE.json", help="every figure of every run")
    return parser


def parse_arguments(description: str) -> Namespace:
    """Parse and check that command line."""
    parser = build_parser(description)
    arguments = parser.parse_args()
    if arguments.runs < 1:
        parser.error("--runs must be at least 1")
    if not arguments.corpus.is_file():
        parser.error(f"no such file: {arguments.corpus}")
    return arguments


def write_out(arguments: Namespace, table: str, seconds: Mapping[str, Sequence[float]]) -> None:
    """Print the table, and write what the command line asks for."""
    print(table)
    if arguments.output is not None:
        arguments.output.write_text(table + "\n", encoding="utf-8")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(seconds, indent=2) + "\n", encoding="utf-8")
