"""Warnings where a result looks like a misreading, and none where it does not."""

from __future__ import annotations

import json
import random

import pytest

from dedupe.report.misreadings import (
    ONE_TEXT,
    RARE_TEXT_FIELD,
    SHARED_PASSAGE,
    SHORT_DUPLICATES,
)


def prose(seed: object, count: int = 120) -> str:
    chosen = random.Random(str(seed))
    return " ".join(f"w{chosen.randrange(5000)}" for _ in range(count))


@pytest.fixture
def scan_records(dedupe_here, tmp_path):
    """Scan records as JSON Lines; gives the report."""

    def scan(records, *arguments):
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (tmp_path / "corpus.jsonl").write_text(lines)
        found = dedupe_here("scan", "corpus.jsonl", "--format", "json", *arguments)
        return json.loads(found.stdout)

    return scan


def warned(report) -> dict[str, tuple[int, int]]:
    return {each["reason"]: (each["count"], each["total"]) for each in report["warnings"]}


def test_short_duplicates_are_told_and_can_be_left_out(scan_records):
    captions = [{"text": f"Photo {i % 4} by the archive"} for i in range(30)]
    articles = [{"text": prose(i // 2)} for i in range(8)]
    report = scan_records(captions + articles)
    assert warned(report) == {SHORT_DUPLICATES: (26, 30)}
    assert (report["corpus"]["short_count"], report["corpus"]["short_duplicate_count"]) == (30, 26)
    again = scan_records(captions + articles, "--min-tokens", "20")
    assert not again["warnings"] and again["corpus"]["duplicate_count"] == 4
    assert again["corpus"]["too_short_count"] == 30


def test_few_short_duplicates_are_not_told(scan_records):
    captions = [{"text": "Photo by the archive"}] * 10
    assert not warned(scan_records(captions + [{"text": prose(i // 2)} for i in range(8)]))
    mostly_long = [{"text": "Photo by the archive"}] * 11
    assert not warned(scan_records(mostly_long + [{"text": prose(i // 2)} for i in range(24)]))


def test_one_text_on_many_pages_of_a_site_is_told(scan_records):
    consent = [{"text": prose(0), "url": f"https://news.example/story-{i}"} for i in range(6)]
    assert warned(scan_records(consent)) == {ONE_TEXT: (6, 6)}


def test_one_text_under_many_titles_is_told(scan_records):
    records = [{"text": prose(0), "title": f"Title {i}"} for i in range(5)]
    assert warned(scan_records(records, "--meta-field", "title")) == {ONE_TEXT: (5, 5)}


@pytest.mark.parametrize(
    "url",
    [
        "https://site{}.example/the-story",  # reprints on many sites
        "https://news.example/the-story?session={}",  # one page, read again and again
        "https://news.example/the-story#part-{}",
        "",
    ],
)
def test_reprints_and_pages_read_again_are_not_told(scan_records, url):
    records = [{"text": prose(0), "url": url.format(i)} for i in range(8)]
    assert not scan_records(records)["warnings"]


def test_four_copies_are_not_enough(scan_records):
    records = [{"text": prose(0), "url": f"https://news.example/{i}"} for i in range(4)]
    assert not scan_records(records)["warnings"]


def test_a_rare_text_field_is_told(scan_records):
    rare = [{"text": prose(i)} for i in range(3)] + [{"besides": prose(i)} for i in range(40)]
    assert warned(scan_records(rare)) == {RARE_TEXT_FIELD: (3, 43)}
    named = scan_records(rare, "--text-field", "text")
    assert not named["warnings"]
    usual = [{"text": prose(i)} for i in range(41)] + [{"besides": prose(i)} for i in range(40)]
    assert not scan_records(usual)["warnings"]


def site_text(number: int) -> str:
    return f"{prose('about us', 100)} {prose(number, 14)}"


def test_a_passage_before_each_article_is_told(scan_records):
    report = scan_records({"text": site_text(i)} for i in range(6))
    assert warned(report) == {SHARED_PASSAGE: (6, 6)}
    one_site = [{"text": site_text(i), "url": f"https://a.example/{i}"} for i in range(6)]
    assert warned(scan_records(one_site)) == {SHARED_PASSAGE: (6, 6)}


def test_reprints_on_sites_of_their_own_are_no_such_passage(scan_records):
    reprints = [{"text": site_text(i), "url": f"https://site{i}.example/a"} for i in range(6)]
    assert not scan_records(reprints)["warnings"]


def test_versions_of_one_text_are_no_such_passage(scan_records):
    words = prose("versions", 300).split()
    versions = []
    for number in range(6):
        words = [*words]
        words[number * 40 + 20] = f"edited{number}"
        versions.append({"text": " ".join(words)})
    assert not scan_records(versions)["warnings"]


def test_a_saved_report_has_the_warnings_of_a_scan_at_its_threshold(dedupe_here, scan_records):
    report = scan_records({"text": site_text(i)} for i in range(6))
    dedupe_here("scan", "corpus.jsonl", "--output", "saved.json")
    again = dedupe_here("report", "saved.json", "--threshold", "0.95", "--format", "json")
    assert warned(report) and not json.loads(again.stdout)["warnings"]


def test_warnings_are_told_in_every_form_and_change_no_exit_code(dedupe_here, scan_records):
    scan_records({"text": prose(0), "url": f"https://news.example/{i}"} for i in range(6))
    told = b"6 documents have the very text of others"
    text = dedupe_here("scan", "corpus.jsonl")
    assert told in text.stdout.replace(b"\n ", b"").replace(b"\xc2\xa0", b" ")
    for name in ("markdown", "html"):
        assert told in dedupe_here("scan", "corpus.jsonl", "--format", name).stdout
    assert told in dedupe_here("scan", "corpus.jsonl", "--format", "jsonl").stderr
    assert told not in dedupe_here("scan", "corpus.jsonl", "--format", "jsonl", "--quiet").stderr
    check = ("check", "corpus.jsonl", "--max-duplicates", "5")
    assert told in dedupe_here(*check, "--format", "markdown").stdout
    assert told in dedupe_here(*check).stdout.replace(b"\n ", b"").replace(b"\xc2\xa0", b" ")
    [warning] = json.loads(dedupe_here(*check, "--format", "json").stdout)["warnings"]
    assert (warning["reason"], warning["count"]) == (ONE_TEXT, 6)


def test_warnings_do_not_depend_on_the_order_of_records(scan_records):
    records = [{"text": site_text(i), "id": f"a{i}"} for i in range(6)]
    records += [{"text": f"Photo {i % 2}", "id": f"b{i}"} for i in range(30)]
    first = scan_records(records)
    random.Random(1).shuffle(records)
    again = scan_records(records, "--workers", "3")
    assert first["warnings"] == again["warnings"] and len(first["warnings"]) == 2
    assert first["corpus"] == again["corpus"]
