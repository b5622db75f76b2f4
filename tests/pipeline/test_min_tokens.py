"""``--min-tokens``: short documents are counted and kept, but not compared."""

from __future__ import annotations

import json

import pytest

LONG = "The council of the old harbour town met on Monday to talk about the ferry and its price. "


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    texts = {
        "short1": "Photo: archive",
        "short2": "Photo: archive",
        "long1": LONG * 2,
        "long2": LONG * 2,
        "empty": "---",
        "cr": "Another story,\r\nwhich stands alone, is here.",
    }
    for name, text in texts.items():
        (folder / f"{name}.txt").write_bytes(text.encode())
    return folder


def report_of(dedupe_here, *arguments):
    return json.loads(dedupe_here("scan", "corpus", "--format", "json", *arguments).stdout)


@pytest.mark.parametrize("kernels", ["plain", "auto"])
def test_short_documents_are_counted_and_in_no_pair(dedupe_here, corpus, kernels):
    report = report_of(dedupe_here, "--min-tokens", "3", "--kernels", kernels)
    assert [each["representative"] for each in report["clusters"]] in (["long1.txt"], ["long2.txt"])
    figures = report["corpus"]
    assert (figures["document_count"], figures["too_short_count"]) == (3, 2)
    assert figures["skipped_counts"] == {"no_tokens": 1}
    without = report_of(dedupe_here, "--min-tokens", "2")
    assert without["corpus"]["cluster_count"] == 2 and not without["corpus"]["too_short_count"]


def test_the_rest_is_compared_as_without_short_documents(dedupe_here, corpus):
    """Their shingles, which stand between those of others, go with them."""
    for number in range(40):
        corpus.joinpath(f"b{number:02}.txt").write_text(f"caption {number}")
        corpus.joinpath(f"c{number:02}.txt").write_text(f"{LONG} number {number // 2} {number}")
    with_short = report_of(dedupe_here, "--min-tokens", "3")
    for path in [*corpus.glob("b*.txt"), *corpus.glob("short*.txt")]:
        path.unlink()
    assert with_short["clusters"] == report_of(dedupe_here)["clusters"]


def test_apply_keeps_short_documents(dedupe_here, corpus, tmp_path):
    dedupe_here("scan", "corpus", "--min-tokens", "3", "--output", "saved.json")
    dedupe_here("apply", "saved.json", "--output", "kept", "--yes")
    kept = {path.name for path in (tmp_path / "kept").rglob("*.txt")}
    assert {"short1.txt", "short2.txt", "cr.txt"} <= kept and len(kept) == 5


def test_explain_says_that_they_are_not_compared(dedupe_here, corpus):
    pair = ("explain", "corpus/short1.txt", "corpus/short2.txt", "--format", "json")
    told = json.loads(dedupe_here(*pair, "--min-tokens", "3").stdout)
    assert "below_min_tokens" in {each["reason"] for each in told["reasons"]}
    assert told["relation"] is None
    assert json.loads(dedupe_here(*pair).stdout)["relation"] == "identical"


def test_check_does_not_judge_them(dedupe_here, corpus):
    (corpus / "long2.txt").unlink()
    dedupe_here("check", "corpus", code=1)
    dedupe_here("check", "corpus", "--min-tokens", "3")


def test_a_baseline_remembers_the_setting(dedupe_here, corpus):
    known = ("check", "corpus", "--baseline", "known.baseline")
    dedupe_here(*known, "--update-baseline")
    dedupe_here(*known)
    assert b"min_tokens" in dedupe_here(*known, "--min-tokens", "3", code=2).stderr
    dedupe_here(*known, "--min-tokens", "3", "--update-baseline")
    dedupe_here(*known, "--min-tokens", "3")
    assert b"min_tokens" in dedupe_here(*known, code=2).stderr


def test_nothing_but_short_documents_is_said(dedupe_here, corpus):
    refused = dedupe_here("scan", "corpus", "--min-tokens", "100", code=2)
    assert b"fewer than 100 words (--min-tokens): 5" in refused.stderr


def test_the_summary_counts_them(dedupe_here, corpus):
    shown = dedupe_here("scan", "corpus", "--min-tokens", "3").stdout.decode().replace("\xa0", " ")
    assert "2 documents of fewer than 3 words not compared" in " ".join(shown.split())
