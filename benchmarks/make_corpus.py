"""Make a corpus with planted truth: the same bytes for the same seed and size.

    python benchmarks/make_corpus.py FOLDER [--documents 1000000] [--seed 1]
    python benchmarks/make_corpus.py FOLDER --preset template --megabytes 100

Writes ``corpus.jsonl``, ``truth.jsonl`` and, last, ``made.json`` (with counts) into FOLDER.
``planted.py`` checks a scan of them.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from generator.languages import SCRIPTS
from generator.presets import PRESETS, Recipe
from generator.writing import Size, Written, write_corpus

MEGABYTE = 1_000_000
DOCUMENT_COUNT = 100_000


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this script's command line."""
    parser = argparse.ArgumentParser(description="Make a corpus with planted truth.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--preset", choices=PRESETS, default="normal")
    parser.add_argument("--documents", type=int, metavar="N", help="default: 100000")
    parser.add_argument("--megabytes", type=float, metavar="MB", help="end at this size instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--median-words", type=float, default=200, help="of a text (default: 200)")
    parser.add_argument(
        "--near", type=float, default=0.7, help="Jaccard at which near copies are dense"
    )
    parser.add_argument(
        "--giant-megabytes", type=float, default=60, help="of the one document of giant"
    )
    parser.add_argument(
        "--scripts", default=",".join(SCRIPTS), help="of the normal corpus (default: %(default)s)"
    )
    return parser


def make_corpus(arguments: argparse.Namespace, scripts: list[str]) -> Written:
    """Make the corpus that the command line asks for."""
    # Texts and their order use separate random generators, so that texts do not depend on the pool.
    text_rng, order_rng = np.random.default_rng(arguments.seed).spawn(2)
    recipe = Recipe(
        rng=text_rng,
        median_words=arguments.median_words,
        near=arguments.near,
        giant_bytes=int(arguments.giant_megabytes * MEGABYTE),
        scripts=scripts,
    )
    size = Size(arguments.documents or DOCUMENT_COUNT)
    if arguments.megabytes is not None:
        size = Size(arguments.documents, int(arguments.megabytes * MEGABYTE))
    lots = PRESETS[arguments.preset](recipe)
    written = write_corpus(arguments.folder, lots, order_rng, size)
    (arguments.folder / "made.json").write_text(json.dumps(asdict(written)) + "\n")
    return written


def main() -> None:
    parser = build_parser()
    arguments = parser.parse_args()
    scripts = arguments.scripts.split(",")
    unknown = [name for name in scripts if name not in SCRIPTS]
    if unknown:
        parser.error(f"unknown script {unknown[0]!r}; the known ones are {', '.join(SCRIPTS)}")
    began = time.perf_counter()
    written = make_corpus(arguments, scripts)
    seconds = time.perf_counter() - began
    megabytes = written.byte_count / MEGABYTE
    print(
        f"{written.document_count:,} documents in {written.group_count:,} groups, "
        f"{megabytes:,.1f} MB in {seconds:.1f} s ({megabytes / seconds:.0f} MB/s)"
    )


if __name__ == "__main__":
    main()
