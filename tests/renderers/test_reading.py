"""The summary answers whether the corpus was read right, where that is not plain."""

from __future__ import annotations

import json

ARTICLE = "The council of the old harbour town met on Monday to talk about the ferry. " * 3


def summary(dedupe_here, *arguments) -> str:
    return " ".join(dedupe_here("scan", *arguments).stdout.decode().replace("\xa0", " ").split())


def test_a_plain_corpus_says_nothing_of_its_reading(dedupe_here, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(ARTICLE + str(number))
    told = summary(dedupe_here, ".")
    assert "Read:" not in told and "Warning:" not in told
    report = json.loads(dedupe_here("scan", ".", "--format", "json").stdout)
    assert report["corpus"]["format_counts"] == {"text": 3}


def test_formats_encodings_and_fields_are_told(dedupe_here, tmp_path):
    (tmp_path / "a.txt").write_text(ARTICLE + "a")
    (tmp_path / "b.txt").write_bytes(("\ufeff" + ARTICLE + "b").encode("utf-16"))
    lines = [{"text": ARTICLE + "c"}, {"text": ARTICLE + "d"}, {"body": ARTICLE + "e"}]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = summary(dedupe_here, ".")
    assert "Read: formats: jsonl 3, text 2 · not UTF-8: utf-16-le (mark) 1" in told
    assert "text fields: text 2, body 1" in told
    report = json.loads(dedupe_here("scan", ".", "--format", "json").stdout)
    assert report["corpus"]["format_counts"] == {"jsonl": 3, "text": 2}


def test_members_of_archives_count_by_their_own_format(dedupe_here, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", ARTICLE)
        archive.writestr("b.csv", f"text\n{ARTICLE}\n{ARTICLE}\n")
    report = json.loads(dedupe_here("scan", "a.zip", "--format", "json").stdout)
    assert report["corpus"]["format_counts"] == {"csv": 2, "text": 1}


def test_a_share_of_short_documents_is_told(dedupe_here, tmp_path):
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text(f"caption {number}" if number < 2 else ARTICLE)
    assert "20 % have fewer than 20 words" in summary(dedupe_here, ".")
