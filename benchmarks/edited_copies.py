"""A corpus several times over, each copy with a tenth of its words replaced at random."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

REPLACED_SHARE: Final = 0.1
SEED: Final = 1
WORDS_BYTES: Final = 5_000_000
"""Bytes of the corpus from which replacement words are taken."""

# In scripts without spaces between words, each character is a word.
WORD: Final = re.compile(r"([぀-ヿ㐀-鿿]|[^\W぀-ヿ㐀-鿿]+)")


def write_edited_copies(corpus: Path, times: int, target: Path) -> None:
    """Write the lines of a corpus ``times`` times; ids get the number of the copy."""
    words = _collect_words(corpus)
    rng = np.random.default_rng(SEED)
    encoder = msgspec.json.Encoder()
    with target.open("wb") as file:
        for copy in range(1, times + 1):
            for record in _read_records(corpus):
                record["id"] = f"{record.get('id', '')}~{copy}"
                record["text"] = replace_words(record["text"], words, rng)
                file.write(encoder.encode(record) + b"\n")


def replace_words(text: str, words: list[str], rng: np.random.Generator) -> str:
    """A text with a tenth of its words replaced by others."""
    parts = WORD.split(text)
    count = len(parts) // 2
    replaced = round(count * REPLACED_SHARE)
    places = rng.permutation(count)[:replaced].tolist()
    for place, word in zip(places, rng.integers(len(words), size=replaced).tolist(), strict=True):
        parts[2 * place + 1] = words[word]
    return "".join(parts)


def _read_records(corpus: Path) -> Iterator[dict[str, Any]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with corpus.open("rb") as lines:
        for line in lines:
            if line.strip():
                yield decode(line)


def _collect_words(corpus: Path) -> list[str]:
    words: list[str] = []
    left = WORDS_BYTES
    for record in _read_records(corpus):
        words += WORD.findall(record["text"])
        left -= len(record["text"])
        if left < 0:
            break
    return words or ["word"]
