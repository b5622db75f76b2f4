"""An independent check that ``dedupe apply`` drops nothing but duplicates of kept documents.

``python -m tests.support.prove_apply CORPUS.jsonl[.gz] [OPTION OF SCAN...]`` scans a file of
records with the installed command, applies the report, and compares the output with the corpus
line by line. The only function of dedupe that it uses makes the shingles of a text.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dedupe
from tests.support.command import clean_environment, dedupe_command, sure


def run(folder: Path, *arguments: object) -> bytes:
    """Run the command; returns its standard output.

    :raises subprocess.CalledProcessError: if its exit code is not 0
    """
    command = [*dedupe_command(), *sure(*arguments)]
    environment = clean_environment()
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True
    ).stdout


def read_lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines(keepends=True)


def prove(corpus: Path, folder: Path, options: Sequence[str] = ()) -> dict[str, Any]:
    """Scan, apply, and check the output; returns figures.

    :param folder: an empty one to work in
    """
    out = folder / f"clean-{corpus.name}"
    run(folder, "scan", corpus.resolve(), *options, "--output", "report.json", "--quiet")
    outcome = json.loads(run(folder, "apply", "report.json", "--output", out, "--format", "json"))
    report = json.loads((folder / "report.json").read_bytes())
    lines, kept_lines = read_lines(corpus), read_lines(out)
    places = places_of(report)
    dropped = {places[each["id"]]: each for each in outcome["dropped"]}
    stays = [line for number, line in enumerate(lines, 1) if number not in dropped]
    assert kept_lines == stays, "kept and dropped are not the input, line for line"
    jaccards = []
    for number, each in dropped.items():
        keeper = places[each["keeper"]]
        assert keeper not in dropped, f"{each['keeper']} is a keeper, and is gone"
        jaccard = jaccard_of(lines[number - 1], lines[keeper - 1], report["config"])
        assert jaccard >= report["config"]["threshold"], f"{each['id']} is no duplicate"
        assert abs(jaccard - each["jaccard"]) < 1e-12
        jaccards.append(jaccard)
    again = json.loads(run(folder, "scan", out, *options, "--format", "json", "--quiet"))
    return {
        "lines": len(lines),
        "kept": len(kept_lines),
        "dropped": len(dropped),
        "lowest_jaccard": min(jaccards, default=None),
        "capped_buckets": report["search"]["capped_bucket_count"],
        "clusters": len(report["clusters"]),
        "clusters_after": len(again["clusters"]),
    }


def places_of(report: dict[str, Any]) -> dict[str, int]:
    """The lines of the clustered documents, from 1."""
    return {id: locator["line"] for id, locator in report["run"]["locators"].items()}


def jaccard_of(left: bytes, right: bytes, config: dict[str, Any]) -> float:
    """The Jaccard of two records, by brute force."""
    one, other = (
        set(dedupe.shingle_text(json.loads(line)["text"], config["shingle_size"]))
        for line in (left, right)
    )
    return len(one & other) / len(one | other)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        print(json.dumps(prove(Path(sys.argv[1]), Path(work), sys.argv[2:]), indent=2))
