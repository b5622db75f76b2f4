"""Functions that the peer scripts share: arguments, reading, shingling, and the summary line.

The scripts differ only in the library that signs the shingles and finds the pairs, so that a
difference in their figures is a difference between the libraries.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class PeerSettings:
    """The validated arguments of a peer script."""

    corpus: Path
    text_field: str
    id_field: str
    num_perm: int
    shingle_size: int
    threshold: float


def parse_settings(description: str | None) -> PeerSettings:
    """Parse the command line that every peer script takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("corpus", type=Path, metavar="INPUT.jsonl")
    parser.add_argument("--text-field", default="text")
    parser.add_argument("--id-field", default="id")
    parser.add_argument("--num-perm", type=int, default=128)
    parser.add_argument("--shingle-size", type=int, default=5)
    parser.add_argument("--threshold", type=float, default=0.7)
    arguments = parser.parse_args()
    if arguments.num_perm < 1 or arguments.shingle_size < 1:
        parser.error("--num-perm and --shingle-size must be at least 1")
    if not 0 < arguments.threshold <= 1:
        parser.error("--threshold must lie in (0, 1]")
    return PeerSettings(**vars(arguments))


def json_loader() -> Callable[[bytes], Any]:
    """Return msgspec's JSON decoder where it is installed, else the standard library's."""
    try:
        import msgspec  # type: ignore[import, unused-ignore]
    except ImportError:
        return json.loads
    decode: Callable[[bytes], Any] = msgspec.json.Decoder().decode
    return decode


def read_documents(settings: PeerSettings) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of each document, one JSON line at a time."""
    load = json_loader()
    with settings.corpus.open("rb") as lines:
        for line in lines:
            if line.strip():
                document = load(line)
                yield str(document[settings.id_field]), document[settings.text_field]


def shingle(text: str, shingle_size: int) -> list[str]:
    """Return the windows of `shingle_size` lower-cased words, repeats included.

    A text with fewer words is one shingle of them all; a text without words has none.
    """
    words = WORD.findall(text.lower())
    if 0 < len(words) < shingle_size:
        return [" ".join(words)]
    return list(map(" ".join, zip(*(words[start:] for start in range(shingle_size)), strict=False)))


def print_summary(document_count: int, pairs: list[tuple[str, str]]) -> None:
    """Print the one line that `compare.py` reads."""
    print(json.dumps({"documents": document_count, "pairs": len(pairs)}))
