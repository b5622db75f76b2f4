"""The benchmarks, at sizes that prove no speed: what they generate, and that they can fail."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

from dedupe import shingle_text, sketch, tokenize_text
from tests.support.command import clean_environment
from tests.support.corpora import make_article

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"

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
    sizes = ("--documents", 60, "--scripts", "latin,han")
    for folder, hash_seed in (("a", "1"), ("b", "2")):
        run_script(
            "make_corpus.py", tmp_path / folder, *sizes, "--seed=5", PYTHONHASHSEED=hash_seed
        )
    import make_corpus

    other_seed = [str(word) for word in (tmp_path / "c", *sizes, "--seed=6")]
    make_corpus.make_corpus(make_corpus.build_parser().parse_args(other_seed), ["latin", "han"])
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


def test_repeated_rows_crowd_texts_around_each_size_and_have_near_copies(tmp_path: Path):
    from generator.presets import SHINGLE_COUNTS

    options = ("--preset", "repeats", "--documents", 400, "--scripts", "latin,greek")
    run_script("make_corpus.py", tmp_path, *options)
    shingles = {
        record["id"]: Counter(shingle_text(record["text"]))
        for record in read_lines(tmp_path / "corpus.jsonl")
    }
    sizes = Counter(counts.total() for counts in shingles.values())
    for size in SHINGLE_COUNTS:
        assert min(sizes[size - 1], sizes[size], sizes[size + 1]) > 0
    crowded = [id for id, counts in shingles.items() if max(counts.values()) > 64]
    assert len(crowded) > 200
    jaccards = []
    for group in read_lines(tmp_path / "truth.jsonl")[:-1]:  # (the last may be cut off)
        left, right = ({*shingles[document["id"]]} for document in group["documents"][:2])
        jaccards.append(len(left & right) / len(left | right))
    assert sum(0.7 <= jaccard < 1 for jaccard in jaccards) > len(jaccards) / 4


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
    options = ("--corpora", tmp_path, "--svg", tmp_path, "--documents", "200")
    table = run_script("growth.py", *options, "--scan=--threshold 0.9", "--check", code=1)
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert [(row[0], row[2]) for row in rows] == [
        ("| 200", "default"),
        ("| 200", "`--threshold 0.9`"),
    ]
    assert "200 documents: the results differ" in table
    for name in ("growth-time.svg", "growth-memory.svg"):
        drawn = ElementTree.parse(tmp_path / name).getroot()
        assert len(drawn.findall("{*}circle")) == 2


@needs_speed
def test_hard_corpora_are_hard_and_their_scans_end(tmp_path: Path):
    options = ("--corpora", tmp_path, "--scale", 0.001, "--scan=--max-bucket 50")
    table = run_script("pathological.py", *options, "--presets=bucket")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:2] == "| "][2:]
    assert [(row[0], row[-2], row[-1]) for row in rows] == [("bucket", "0", "1")]
    stopped = run_script(
        "pathological.py", *options, "--presets=bucket", "--timeout=0.05", "--check", code=1
    )
    assert "stopped: time" in stopped


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Forty documents of ASCII words and two that are not, some of them near one another."""
    rng = np.random.default_rng(4)
    words = [f"word{number}" for number in range(500)]
    texts = [[words[i] for i in rng.integers(500, size=120)] for _ in range(20)]
    texts += [[*text[:-2], "new", "ending"] for text in texts]
    lines = [" ".join(text) for text in texts] + ["naïve “quotes” " * 9, "今天是星期日 " * 9]
    path = tmp_path / "small.jsonl"
    records = [{"id": f"d{i}", "text": line} for i, line in enumerate(lines)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_copies_have_a_tenth_of_their_words_replaced(small_corpus: Path, tmp_path: Path):
    from edited_copies import WORD, write_edited_copies

    written = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path in written:
        write_edited_copies(small_corpus, 3, path)
    assert written[0].read_bytes() == written[1].read_bytes()
    copies = read_lines(written[0])
    originals = read_lines(small_corpus)
    assert len({copy["id"] for copy in copies}) == len(copies) == 3 * len(originals)
    shares = []
    for copy, original in zip(copies[:40], originals[:40], strict=True):
        pair = [WORD.findall(record["text"]) for record in (copy, original)]
        shares.append(np.mean([a != b for a, b in zip(*pair, strict=True)]))
    assert 0.08 < np.mean(shares) <= max(shares) <= 0.1
    assert copies[0]["text"] != copies[len(originals)]["text"]


def test_a_comparison_goes_on_without_a_peer_that_fails(small_corpus: Path, tmp_path: Path):
    import compare
    from measuring import Limits

    def python(code: str) -> list[str]:
        return [sys.executable, "-I", "-S", "-c", code, "output"]

    good = compare.Program("good", lambda _: python("""print('x\\n{"pairs": 7}')"""), "no")
    bad = compare.Program("bad", lambda _: python("raise SystemExit('no luck')"), "no")
    slow = compare.Program("slow", lambda _: python("import time; time.sleep(60)"))
    dedupe = compare.dedupe_program(["--threshold", "0.8"])
    subject = compare.prepare(small_corpus, 1, tmp_path)
    assert len(subject.head.read_bytes().splitlines()) == 10
    programs = [dedupe, good, bad]
    found = compare.compare(subject, dedupe, programs[1:], 1, Limits(), tmp_path)
    assert found.remarks == ["bad left out: no luck"]
    assert found.pairs == {"dedupe": 20, "good": 7}
    table = compare.format_all([found], [*programs, compare.parsing_program()], 1, ["a fact"])
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:2] == "| "]
    assert [row[0] for row in rows if row[0][0] != "-"] == [
        *("program", "dedupe", "good", "parsing alone"),
        *("marginal time", "dedupe", "parsing alone"),
        *("whole scans", "small.jsonl"),
    ]
    assert rows[2][4:] == ["1.00", "yes", "20"]
    assert float(rows[3][4]) < 1
    with pytest.raises(compare.BenchmarkError, match="over the limits"):
        compare.compare(subject, slow, [], 1, Limits(seconds=0.1), tmp_path)


def test_a_peer_that_cannot_be_installed_is_told(tmp_path: Path):
    from environments import Environment, Peer, PeerMissing, Recipe, make_environment

    old, new = Recipe(("peer==1.0", "other")), Recipe(("peer==2.0",), minor=99)
    made = tmp_path / "peer-1.0" / "made.json"
    made.parent.mkdir()
    asked = {"packages": ["peer==1.0", "other"], "bare": []}
    made.write_text(json.dumps({"asked": asked, "told": "peer 1.0"}))
    found = make_environment(Peer("peer", "peer.py", (new, old), "no"), tmp_path)
    python = str(made.parent / "bin" / "python")
    assert found == Environment(python, "peer 1.0 (peer-2.0 needs Python 3.99)")
    with pytest.raises(PeerMissing, match=r"^peer skipped: peer-2.0 needs Python 3.99$"):
        make_environment(Peer("peer", "peer.py", (new,), "no"), tmp_path)


def test_signing_is_compared_and_checked(
    small_corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    import signing

    monkeypatch.setattr(sys, "argv", ["signing.py", str(small_corpus), "--runs=1"])
    assert signing.main() == 0
    table = capsys.readouterr().out
    assert "of the script: 40 of 42 documents" in table or "of the script: 41 of 42" in table
    assert "all 42 documents tried" in table
    assert [line for line in table.splitlines() if line.startswith("| datasketch |")]
    texts = signing.read_texts(small_corpus)
    signatures = signing.sign_on_threads(texts, 2)
    signatures[7, 3] += 1
    with pytest.raises(signing.BenchmarkError, match="document 7:"):
        signing.check(texts, signatures, signing.sign_with_datasketch(texts))


@needs_speed
def test_thresholds_are_swept_with_equal_reports(small_corpus: Path):
    told = run_script("thresholds.py", small_corpus, "--thresholds", "0.6,0.9", "--runs", 1)
    assert "| one set of sketches |" in told


def test_every_stage_stands_beside_its_floor(
    small_corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    import stages

    figures = small_corpus.with_suffix(".figures")
    options = ["--runs=1", "--json", str(figures)]
    monkeypatch.setattr(sys, "argv", ["stages.py", str(small_corpus), *options])
    assert stages.main() == 0
    table = capsys.readouterr().out
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:2] == "| "]
    expected = [(stage.name, floor) for stage in stages.STAGES for floor in stage.floors]
    assert [(row[0], row[4]) for row in rows[2:-1]] == expected
    measured = json.loads(figures.read_text())
    assert set(measured) == {name for stage in stages.STAGES for name in (stage.job, *stage.floors)}
    assert all(len(taken) == 1 and taken[0] > 0 for taken in measured.values())
    assert "42 documents" in table


@pytest.mark.slow
def test_the_default_keep_rule_is_the_best_of_the_table(tmp_path: Path):
    articles = tmp_path / "articles.jsonl"
    records = []
    for page in range(8):
        text = make_article(page)
        taken = {
            "ground-truth": text,
            "all": f"{make_article(100 + page, 12)} {text} {make_article(200 + page, 12)}",
            "tail": f"{text} {make_article(99, 14)}",
            "head": " ".join(text.split()[:100]),
        }
        records += [{"id": f"{page}/{name}", "text": found} for name, found in taken.items()]
    articles.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    told = run_script("keep_rules.py", articles, "--documents", 1000)
    lines = (line.strip("| ").split(" | ") for line in told.splitlines() if line[:2] == "| ")
    _, _, *rows = lines
    assert [row[0] for row in rows[:2]] == ["articles, in pairs", "articles, whole clusters"]
    shares = {row[0]: list(map(float, row[2:])) for row in rows}
    assert shares["articles, in pairs"][0] == 100
    of_rules = [sum(column) for column in zip(*shares.values(), strict=True)]
    # (The second is content before degree, which is better where two copies of a text are cut.)
    assert max(of_rules[:1] + of_rules[2:]) == of_rules[0]
