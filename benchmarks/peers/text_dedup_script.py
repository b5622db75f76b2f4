"""Near-duplicates with text-dedup's MinHash, run as its documentation says.

It uses two processes, and a new cache for each run, because its library of data sets would
otherwise use the results of an earlier run. Version 0.4.1 verifies its clusters unless that is
switched off; 0.4.0 cannot verify them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

PROCESSES = 2


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, metavar="INPUT.jsonl")
    parser.add_argument("--text-field", default="text")
    parser.add_argument("--num-perm", type=int, default=128)
    parser.add_argument("--shingle-size", type=int, default=5)
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument("--no-verify", action="store_true")
    return parser.parse_args()


def keep_to_folder(folder: Path) -> None:
    """Keep the library from reading from the network or from an earlier run."""
    os.environ["HF_HOME"] = str(folder / "cache")
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def run_by_settings(arguments: argparse.Namespace, folder: Path) -> None:
    """Run version 0.4.1, which takes a file of settings."""
    from text_dedup.config.base import (  # type: ignore[import, unused-ignore]
        load_config_from_toml,
    )
    from text_dedup.minhash import main  # type: ignore[import, unused-ignore]

    settings = folder / "config.toml"
    # a JSON string is also a TOML string
    settings.write_text(
        f"""
[input]
input_type = "local_files"
file_type = "json"

[input.read_arguments]
path = "json"
data_files = {json.dumps(str(arguments.corpus.resolve()))}
split = "train"

[algorithm]
algorithm_name = "minhash"
text_column = {json.dumps(arguments.text_field)}
num_proc = {PROCESSES}
num_perm = {arguments.num_perm}
ngram_size = {arguments.shingle_size}
threshold = {arguments.threshold}
check_false_positive = {json.dumps(not arguments.no_verify)}

[output]
output_dir = {json.dumps(str(folder / "output"))}
clean_cache = false

[debug]
""",
        encoding="utf-8",
    )
    main(load_config_from_toml(settings))


def run_by_options(arguments: argparse.Namespace, folder: Path) -> None:
    """Run version 0.4.0, which takes options on its command line."""
    from text_dedup.minhash import main

    options = {
        "path": "json",
        "data_files": arguments.corpus.resolve(),
        "split": "train",
        "cache_dir": folder / "cache",
        "output": folder / "output",
        "column": arguments.text_field,
        "num_proc": PROCESSES,
        "num_perm": arguments.num_perm,
        "ngram": arguments.shingle_size,
        "threshold": arguments.threshold,
        "hash_func": "xxh3",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    main([*words, "--no-clean_cache"], standalone_mode=False)


def main() -> None:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="text-dedup-") as name:
        folder = Path(name)
        keep_to_folder(folder)
        try:
            import text_dedup.config  # type: ignore[import, unused-ignore]  # noqa: F401
        except ModuleNotFoundError:
            run_by_options(arguments, folder)
        else:
            run_by_settings(arguments, folder)
    # It reports clusters, not pairs.
    print(json.dumps({"pairs": None}), file=sys.stdout)


if __name__ == "__main__":
    main()
