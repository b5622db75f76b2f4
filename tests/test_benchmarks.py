"""The benchmarks, at sizes that prove no speed: what they generate, and that they can fail."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from dedupe import shingle_text, sketch, tokenize_text
from tests.conftest import clean_environment

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"

needs_speed = pytest.mark.skipif(
    sketch.load_kernels().name != "compiled",
    reason="without the compiled kernels the scans of the benchmarks take minutes",
)


@pytest.fixture(autouse=True)
def benchmarks_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def run_script(name: str, *arguments: object, code: int = 0, **environment: str) -> str:
    """Run a benchmark as a user does."""
    result = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *map(str, arguments)],
        capture_output=True,
        env=clean_environment(**environment),
        timeout=120,
        check=False,
    )
    assert result.returncode == code, result.stderr.decode()
    return result.stdout.decode()


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_same_seed_same_bytes(tmp_path: Path):
    sizes = ("--documents", 300, "--scripts", "latin,han")
    for folder, seed, hash_seed in (("a", 5, "1"), ("b", 5, "2"), ("c", 6, "1")):
        run_script(
            "make_corpus.py", tmp_path / folder, *sizes, "--seed", seed, PYTHONHASHSEED=hash_seed
        )
    for name in ("corpus.jsonl", "truth.jsonl"):
        a, b, c = ((tmp_path / folder / name).read_bytes() for folder in "abc")
        assert a == b
        assert a != c


def test_truth_is_true(tmp_path: Path):
    run_script("make_corpus.py", tmp_path, "--documents", 1500, "--scripts", "latin", "--seed", 3)
    records = read_lines(tmp_path / "corpus.jsonl")
    texts = {record["id"]: record["text"] for record in records}
    assert len(texts) == len(records) == 1500
    assert [*texts] != sorted(texts)
    jaccards: dict[str, list[float]] = {}
    for group in read_lines(tmp_path / "truth.jsonl"):
        pair = [document["id"] for document in group["documents"][:2]]
        left, right = (set(shingle_text(texts[id])) for id in pair)
        found = len(left & right) / len(left | right)
        jaccards.setdefault(group["kind"], []).append(found)
        assert (texts[pair[0]] == texts[pair[1]]) <= (group["kind"] in ("identical", "normalised"))
    assert min(jaccards["identical"] + jaccards["normalised"]) == 1
    assert min(jaccards["template"]) > 0.5
    assert min(jaccards["near"]) < 0.6 < 0.9 < max(jaccards["near"]) < 1
    assert sum(0.69 <= found < 0.73 for found in jaccards["near"]) > len(jaccards["near"]) / 5
    assert max(jaccards["dressed"]) < 1


def test_normalised_copies_have_the_same_tokens_in_every_script():
    for language, text in texts_in_all_scripts(60):
        from generator.groups import NORMALISED_FORMS

        tokens = tokenize_text(text)
        assert len(tokens) >= 60, language
        for form, apply in NORMALISED_FORMS.items():
            assert tokenize_text(apply(text)) == tokens, (language, form)


def texts_in_all_scripts(words: int) -> Iterator[tuple[str, str]]:
    from generator.languages import SCRIPTS, load_language
    from generator.prose import encode_texts, write_prose

    for name in SCRIPTS:
        language = load_language(name)
        entries = write_prose(language, np.random.default_rng(1), np.array([words]))
        yield name, encode_texts(language, entries)[0].decode()


@pytest.mark.parametrize("name", ["latin", "han", "thai"])
def test_edits_bring_a_text_to_the_jaccard_that_is_aimed_at(name: str):
    from generator.edits import EDITS, count_edits, edit_words
    from generator.languages import load_language
    from generator.prose import encode_texts, write_prose

    language, rng = load_language(name), np.random.default_rng(2)
    texts = write_prose(language, rng, np.full(10, 400))
    for edit, aimed in itertools.product(EDITS, (0.6, 0.7, 0.9)):
        found = []
        for text in texts:
            count = count_edits(language, len(text), edit, aimed)
            pair = encode_texts(language, [text, edit_words(language, rng, text, edit, count)])
            left, right = (set(shingle_text(written.decode())) for written in pair)
            found.append(len(left & right) / len(left | right))
        assert abs(np.mean(found) - aimed) < 0.04, (edit, aimed)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with its report."""
    folder = tmp_path_factory.mktemp("planted")
    run_script("make_corpus.py", folder, "--documents", 3000, "--scripts", "latin,thai")
    report = folder / "report.json"
    options = ["--format", "json", "--output", str(report)]
    command = [sys.executable, "-m", "dedupe", "scan", str(folder / "corpus.jsonl"), *options]
    subprocess.run(command, check=True)
    return folder


@needs_speed
def test_a_true_report_passes_and_a_false_one_does_not(planted: Path, tmp_path: Path):
    from corpora import Corpus
    from planted import judge, read_report

    corpus = Corpus(3000, 0, str(planted))
    report = read_report(planted / "report.json")
    verdict = judge(corpus, report)
    assert verdict.faults(report.search.expected_recall) == []
    assert verdict.near.count > 50
    assert verdict.equal.count > 20
    assert verdict.reported_count == sum(1 for _ in report.pairs())

    told = json.loads((planted / "report.json").read_bytes())
    told["clusters"][0]["pairs"][0]["shared_count"] += 1
    told["clusters"][1]["pairs"] = []
    for cluster in told["clusters"][2::5]:
        cluster["pairs"] = []
    false_path = tmp_path / "false.json"
    false_path.write_text(json.dumps(told))
    faults = judge(corpus, read_report(false_path)).faults(report.search.expected_recall)
    assert [fault.partition(":")[0] for fault in faults] == [
        "wrong pair",
        "the recall at the threshold is not what bands and rows promise",
        "the recall at the threshold is below what is stated",
        "the recall of all pairs is below what is stated",
        "documents of equal tokens were not paired",
    ]


@needs_speed
def test_growth_prints_a_table_draws_it_and_compares_the_results(tmp_path: Path):
    options = ("--corpora", tmp_path, "--svg", tmp_path, "--documents", "300,600")
    table = run_script("growth.py", *options, "--scan=--threshold 0.9", "--check", code=1)
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert [(row[0], row[2]) for row in rows] == [
        ("| 300", "default"),
        ("| 300", "`--threshold 0.9`"),
        ("| 600", "default"),
        ("| 600", "`--threshold 0.9`"),
    ]
    assert "600 documents: the results differ" in table
    for name in ("growth-time.svg", "growth-memory.svg"):
        drawn = ElementTree.parse(tmp_path / name).getroot()
        assert len(drawn.findall("{*}circle")) == 4


@needs_speed
def test_hard_corpora_are_hard_and_their_scans_end(tmp_path: Path):
    options = ("--corpora", tmp_path, "--scale", 0.002, "--scan=--max-bucket 50")
    presets = "template,bucket,identical"
    table = run_script("pathological.py", *options, "--presets", presets)
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:2] == "| "][2:]
    capped = {row[0]: int(row[-1]) for row in rows}
    pairs = {row[0]: int(row[-2].replace(",", "")) for row in rows}
    assert list(capped) == presets.split(",")
    assert capped["template"] > 20
    assert capped["bucket"] == 1
    assert pairs["bucket"] == 0
    assert pairs["identical"] == 399
    stopped = run_script(
        "pathological.py", *options, "--presets=template", "--timeout=0.05", "--check", code=1
    )
    assert "stopped: time" in stopped
