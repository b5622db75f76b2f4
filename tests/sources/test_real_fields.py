"""Names and values of fields as real data have them: dates, ids and texts under many names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedupe.sources.records.usual_names import META_NAMES, TEXT_NAMES
from tests.support.every_format import RECORDS, database
from tests.support.reading import lines, put, read

ONE = "The council met on Monday to talk about the new harbour bridge."
TWO = "Engineers found cracks in two of its piers, and the ferry did not sail."


def test_no_usual_name_is_another_in_other_letters() -> None:
    """Names match without regard to case, so such a pair would end the fast reading of JSON."""
    names = [*TEXT_NAMES, *(name for names in META_NAMES.values() for name in names)]
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created_at", "2020-01-02T03:04:05Z"),
        ("createdAt", "2020-01-02"),
        ("created_utc", 1588000000),
        ("datetime", "2020-01-02 03:04"),
        ("PubDate", "Thu, 02 Jan 2020 03:04:05 GMT"),
        ("webPublicationDate", "2020-01-02T03:04:05Z"),
        ("dateModified", "2020-01-02"),
        ("seendate", "20200102T030405Z"),
        ("post_date", "2020-01-02 03:04:05"),
    ],
)
def test_dates_under_the_names_of_real_data(tmp_path: Path, field: str, value: object) -> None:
    for kind in ("jsonl", "csv", "parquet"):
        path = put(tmp_path / f"r.{kind}", RECORDS[kind]([{"text": ONE, field: value}]))
        [meta] = read(path).batches[0].metas
        assert str(value).encode() in meta, kind


def test_when_it_was_written_comes_before_when_it_was_changed(tmp_path: Path) -> None:
    record = {"text": ONE, "updated_at": "2021-01-01", "created_at": "2020-01-01"}
    path = put(tmp_path / "r.jsonl", lines(record, {**record, "date": "2019-01-01"}))
    created, dated = read(path).batches[0].metas
    assert b"2020-01-01" in created
    assert b"2019-01-01" in dated


@pytest.mark.parametrize(
    ("wrapped", "value"),
    [
        ({"$date": "2020-01-02T03:04:05Z"}, "2020-01-02T03:04:05Z"),
        ({"$date": {"$numberLong": "1588000000000"}}, "1588000000000"),
        (["2020-01-02"], "2020-01-02"),
    ],
)
def test_wrapped_values_are_metadata_and_ids(tmp_path: Path, wrapped: object, value: str) -> None:
    record = {"text": ONE, "date": wrapped, "url": ["https://a.example/x"], "_id": {"$oid": "5f"}}
    path = put(tmp_path / "r.jsonl", lines(record, {**record, "_id": ["6a"]}))
    found = read(path, id_field="_id")
    assert [*found.texts] == ["5f", "6a"]
    for meta in found.batches[0].metas:
        assert value.encode() in meta
        assert b"a.example" in meta


def test_lists_and_other_objects_are_no_metadata(tmp_path: Path) -> None:
    record = {"text": ONE, "date": ["2020-01-02", "2020-01-03"], "url": {"href": "https://a.b/x"}}
    found = read(put(tmp_path / "r.jsonl", lines({**record, "id": ["a", "b"]})))
    assert not any(found.batches[0].metas)
    assert [*found.texts] == [f"{(tmp_path / 'r.jsonl').as_posix()}:1"]


def test_an_added_name_counts_only_where_no_other_does(tmp_path: Path) -> None:
    both = {"selftext": TWO, "body": ONE}
    path = put(tmp_path / "r.json", json.dumps([both, {"selftext": TWO, "title": "T"}]).encode())
    assert [*read(path).texts.values()] == [ONE, TWO]


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        (["a.txt", "b.txt", "c.txt"], True),
        (["https://a.example/1", "https://a.example/2", "https://a.example/3"], True),
        (["NaN", "NaN", "NaN"], True),
        (["A house at sea", "A boat at sea", "A storm at sea"], True),  # headings
        ([ONE, TWO, f"{ONE} {TWO}"], False),
        (["a.txt", "b.txt"], False),  # two may be so by chance
    ],
)
def test_a_usual_name_whose_values_are_hardly_texts_is_told(
    tmp_path: Path, kind: str, values: list[str], is_told: bool
) -> None:
    prose = [f"{ONE} {TWO} {ONE}", f"{TWO} {ONE} {TWO}", f"{TWO} {TWO} {ONE}"]
    records = [{"document": v, "passage": p} for v, p in zip(values, prose, strict=False)]
    path = put(tmp_path / f"r.{kind}", RECORDS[kind](records))
    found = read(path)
    assert [*found.texts.values()] == values
    doubts = [each.detail for each in found.notices if each.reason == "field_doubtful"]
    assert len(doubts) == is_told
    if is_told:
        assert doubts[0].endswith("'passage'; if these are meant: --text-field 'passage'")
        assert not read(path, text_field=("document",)).notices
        assert [*read(path, text_field=("passage",)).texts.values()] == prose


def test_short_texts_alone_are_not_doubted(tmp_path: Path) -> None:
    tweets = [{"text": "ok!", "user": "ann", "url": "https://a.example/1"}] * 5
    assert not read(put(tmp_path / "r.jsonl", lines(*tweets))).notices


@pytest.mark.parametrize("kind", [*RECORDS, "db", "rss"])
def test_an_id_field_that_names_none_is_told(tmp_path: Path, kind: str) -> None:
    records = [{"guid": f"g{n}", "score": 0.5, "text": text} for n, text in enumerate((ONE, TWO))]
    path = tmp_path / f"r.{kind}"
    if kind == "rss":
        put(path, b"<rss><channel><item><guid>g0</guid><text>x</text></item></channel></rss>")
    else:
        put(path, database(records) if kind == "db" else RECORDS[kind](records))
    asked = {"text_field": ("text",)} if kind == "rss" else {}
    for wrong in ("uid", "score"):
        (notice,) = read(path, id_field=wrong, **asked).notices
        assert notice.reason == "no_id" and f"no id in '{wrong}' (--id-field)" in notice.detail
        assert "its fields are 'guid'" in notice.detail
        if kind in ("csv", "tsv", "rss"):
            break  # a number in these is a string
    found = read(path, id_field="guid", **asked)
    assert not found.notices and "g0" in found.texts


def test_some_records_may_have_no_id(tmp_path: Path) -> None:
    path = put(tmp_path / "r.jsonl", lines({"text": ONE}, {"text": TWO, "uid": "a"}))
    assert not read(path, id_field="uid").notices
    assert not read(path).notices


# --- texts in lists of objects -------------------------------------------------------------

PARTS = [
    {"id": "a", "parts": [{"head": "A", "text": ONE}, {"head": "B"}, {"text": [TWO, ONE]}]},
    {"id": "b", "parts": [{"head": "C", "text": TWO}, None]},
]


@pytest.mark.parametrize("kind", ["jsonl", "json", "parquet", "arrow"])
def test_a_path_passes_through_lists_of_objects(tmp_path: Path, kind: str) -> None:
    records = [
        {"id": "a", "data": {"parts": [{"n": 1, "Text": ONE}, {"n": 2, "Text": TWO}]}},
        {"id": "b", "data": {"parts": [{"n": 3, "Text": TWO}]}},
        {"id": "c", "data": {"parts": [{"n": 4, "Text": None}, {"n": 5, "Text": ONE}]}},
    ]
    path = put(tmp_path / f"r.{kind}", RECORDS[kind](records))
    field = ("data.parts.text",)
    found = read(path, text_field=field)
    assert found.texts == {"a": f"{ONE}\n\n{TWO}", "b": TWO, "c": ONE}
    assert found.reasons == {}
    assert found.provider(by_name=True, text_field=field).read_texts(found.texts) == found.texts


def test_parts_may_lack_the_field_and_hold_lists(tmp_path: Path) -> None:
    found = read(put(tmp_path / "r.jsonl", lines(*PARTS)), text_field=("parts.text",))
    assert found.texts == {"a": f"{ONE}\n\n{TWO}\n\n{ONE}", "b": TWO}
    wrong = [{"parts": [ONE, {"text": TWO}]}, {"parts": []}, {"parts": [{"head": "A"}]}]
    found = read(put(tmp_path / "r.jsonl", lines(*wrong)), text_field=("parts.text",))
    assert [*found.reasons.values()] == ["field_missing"] * 3


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "arrow"])
def test_the_hint_for_texts_in_lists_works(tmp_path: Path, kind: str) -> None:
    records = [{"parts": [{"head": "A", "text": ONE}]}, {"parts": [{"head": "B", "text": TWO}]}]
    path = put(tmp_path / f"r.{kind}", RECORDS[kind](records))
    detail = read(path).skipped[0].detail
    assert "--text-field 'parts.text'" in detail
    assert ("--records" in detail) == (kind == "jsonl")  # which only JSON has
    assert len(read(path, text_field=("parts.text",)).texts) == 2


def test_a_list_of_records_in_a_file_is_not_joined_to_one_text(tmp_path: Path) -> None:
    answer = {"status": "ok", "hits": {"hits": [{"_source": {"body": t}} for t in (ONE, TWO)]}}
    path = put(tmp_path / "r.json", json.dumps(answer).encode())
    [skipped] = read(path, text_field=("hits.hits._source.body",)).skipped
    assert skipped.reason == "no_records"
    assert skipped.detail.endswith("--records 'hits.hits' --text-field '_source.body'")
    found = read(path, records="hits.hits", text_field=("_source.body",))
    assert [*found.texts.values()] == [ONE, TWO]


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "parquet"])
def test_a_hint_at_html_says_so_and_prefers_plain_text(tmp_path: Path, kind: str) -> None:
    source = [{"lede": f"<p>{ONE}</p><p>{TWO}</p>"}, {"lede": f"<p>{TWO}</p><br>{ONE}"}]
    path = put(tmp_path / f"a.{kind}", RECORDS[kind](source))
    assert "--text-field 'lede' --text-format html" in read(path).skipped[0].detail
    both = [{"a": each["lede"], "plain": f"{ONE} {TWO}"} for each in source]
    path = put(tmp_path / f"b.{kind}", RECORDS[kind](both))
    detail = read(path).skipped[0].detail
    assert "--text-field 'plain'" in detail
    assert "--text-format" not in detail
