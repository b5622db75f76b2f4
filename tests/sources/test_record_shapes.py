"""Shapes of records: lists of paragraphs, names in any case, records inside a file, hints."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.applying import plan_drops, write_output
from dedupe.model.documents import Locator
from dedupe.model.settings import Config
from dedupe.sources.formats.json.cuts import JsonCutter, last_name
from dedupe.sources.formats.json.removal import find_elements
from dedupe.sources.records.hints import count_prose, find_hint
from dedupe.sources.records.removal import CannotRewriteError
from tests.support.every_format import RECORDS, arrow, parquet
from tests.support.reading import Outcome, lines, put, read

pa = pytest.importorskip("pyarrow")

ONE = "The council met on Monday to talk about the new harbour bridge."
TWO = "Engineers found cracks in two of its piers, and the ferry did not sail."
WITH_LISTS = ("json", "jsonl", "parquet", "arrow", "stream.arrow")


def write(folder: Path, kind: str, records: Any) -> Path:
    return put(folder / f"r.{kind}", RECORDS[kind](records))


def details(found: Outcome) -> dict[str, str]:
    return {item.id: item.detail for item in found.skipped}


def check_texts(found: Outcome, texts: list[str], text_field: tuple[str, ...] = ()) -> None:
    """The documents have these texts, and the same ones when they are read again."""
    assert [*found.texts.values()] == texts
    provider = found.provider(by_name=True, text_field=text_field)
    assert provider.read_texts(found.texts) == found.texts


# --- values of fields ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_LISTS)
def test_lists_of_strings_are_paragraphs(tmp_path: Path, kind: str) -> None:
    records = [
        {"title": "A", "content": [ONE, None, "", " \n", TWO], "data": {"Parts": [ONE, TWO]}},
        {"title": "B", "content": [TWO], "data": {"Parts": [None, TWO]}},
    ]
    path = write(tmp_path, kind, records)
    check_texts(read(path), [f"{ONE}\n\n{TWO}", TWO])
    nested = ("data.parts",)
    check_texts(read(path, text_field=nested), [f"{ONE}\n\n{TWO}", TWO], nested)
    several = ("title", "content", "nothing")
    check_texts(read(path, text_field=several), [f"A\n\n{ONE}\n\n{TWO}", f"B\n\n{TWO}"], several)


def test_a_list_of_other_things_is_no_text(tmp_path: Path) -> None:
    path = put(tmp_path / "r.jsonl", lines({"text": [ONE, 3]}, {"text": [{}]}, {"text": [[ONE]]}))
    found = read(path)
    assert set(found.reasons.values()) == {"text_not_string"}
    kinds = ["a number", "an object", "a list"]
    told = [f"field 'text' is a list that holds {kind}, not only strings" for kind in kinds]
    assert [*details(found).values()] == told


@pytest.mark.parametrize("kind", RECORDS)
def test_a_blank_text_falls_through_to_the_next_name(tmp_path: Path, kind: str) -> None:
    records = [
        {"text": "", "content": ONE, "body": "no"},
        {"text": " \t ", "content": " ", "body": TWO},
        {"text": ONE, "content": "no", "body": "no"},
    ]
    found = read(write(tmp_path, kind, records))
    check_texts(found, [ONE, TWO, ONE])
    assert found.corpus.text_field_counts == {"content": 1, "body": 1, "text": 1}


def test_an_empty_list_is_no_text_either(tmp_path: Path) -> None:
    path = put(
        tmp_path / "r.jsonl", lines({"text": [], "body": ONE}, {"text": [None], "body": TWO})
    )
    check_texts(read(path), [ONE, TWO])


@pytest.mark.parametrize("kind", RECORDS)
def test_names_match_in_any_case(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind, [{"ID": "a", "CONTENT": ONE, "Url": "https://a.example/x"}])
    for chosen in ((), ("Content",)):
        found = read(path, text_field=chosen, meta_field=("URL",))
        assert found.texts == {"a": ONE}
        check_texts(found, [ONE], chosen)
        assert b"https://a.example/x" in found.batches[0].metas[0]


@pytest.mark.parametrize("kind", RECORDS)
def test_a_name_of_exactly_that_case_comes_first(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind, [{"Text": "no", "TEXT": "capitals", "text": "exact"}])
    check_texts(read(path), ["exact"])
    path = write(tmp_path, kind, [{"Text": "no", "TEXT": "capitals"}])
    check_texts(read(path), ["capitals"])
    if kind in WITH_LISTS:
        path = write(tmp_path, kind, [{"Data": {"Text": "no", "TEXT": "capitals"}}])
        check_texts(read(path, text_field=("data.text",)), ["capitals"], ("data.text",))


def test_names_of_each_record_are_matched_by_themselves(tmp_path: Path) -> None:
    records = [{"Text": "a"}, {"text": "b"}, {"TEXT": "c", "Text": "no"}, {"text": "d", "Text": ""}]
    check_texts(read(put(tmp_path / "r.jsonl", lines(*records * 9))), ["a", "b", "c", "d"] * 9)


# --- records inside a file -----------------------------------------------------------------

RECORDS_INSIDE = [{"title": "A", "content": ONE}, {"title": "B", "content": TWO}]
ANSWERS: dict[str, Any] = {
    "articles": {"status": "ok", "n": 2, "articles": RECORDS_INSIDE, "other": [{"name": "x"}]},
    "response.docs": {"head": {"q": "]"}, "response": {"start": 0, "docs": RECORDS_INSIDE}},
    "a.b": {"a.b": RECORDS_INSIDE, "a": {"c": []}},
    "pages.docs": {"pages": [{"n": 1, "docs": RECORDS_INSIDE[:1]}, {"docs": RECORDS_INSIDE[1:]}]},
}


@pytest.mark.parametrize("place", ANSWERS)
@pytest.mark.parametrize("indent", [None, 1])
def test_the_list_of_records_is_found_inside_an_object(
    tmp_path: Path, place: str, indent: Any
) -> None:
    path = put(tmp_path / "r.json", json.dumps(ANSWERS[place], indent=indent))
    packed = put(tmp_path / "p.json.gz", path.read_bytes())
    wide = put(tmp_path / "w.json", json.dumps(ANSWERS[place], indent=indent).encode("utf-16"))
    for each in (path, packed, wide):
        for settings_ in ({}, {"records": place}, {"records": place.upper()}):
            found = read(each, **settings_)
            check_texts(found, [ONE, TWO])
            assert [*found.texts] == [f"{each}#1", f"{each}#2"]
            assert not found.skipped and not found.notices
    found = read("-", stdin=path.read_bytes(), input_format="auto")
    assert [*found.texts] == ["-#1", "-#2"]


def test_records_by_their_id(tmp_path: Path) -> None:
    by_id = {"k1": {"text": ONE}, "k é": {"text": TWO, "id": "own"}, "k3": {"text": None}}
    by_id["k4"], by_id["k5"], by_id["k6"] = {"text": ONE}, {"text": TWO}, {"text": "x"}
    put(tmp_path / "root.json", json.dumps(by_id))
    put(tmp_path / "deep.json", json.dumps({"n": 1, "all": {"docs": by_id}}, indent=2))
    for name, place in (("root.json", "."), ("deep.json", "all.docs")):
        for settings_ in ({}, {"records": place}):
            found = read(tmp_path / name, **settings_)
            ids = ["k1", "own", "k4", "k5", "k6"]
            assert [*found.texts] == ids
            check_texts(found, [ONE, TWO, ONE, TWO, "x"])
            assert found.reasons == {"k3": "text_null"}
            assert found.corpus.skipped_locators[("k3", "text_null")][0].line == 3


def test_where_records_may_be_in_several_places_they_are_named(tmp_path: Path) -> None:
    both = {"news": RECORDS_INSIDE, "it's": {"old": RECORDS_INSIDE[:1]}}
    path = put(tmp_path / "r.json", json.dumps(both))
    found = read(path)
    assert found.reasons == {str(path): "no_records"} and not found.texts
    told = details(found)[str(path)]
    options = told.partition("name one: ")[2].split(" or ")
    places = [shlex.split(each)[1] for each in options]
    assert places == ["it's.old", "news"]
    assert [len(read(path, records=place).texts) for place in places] == [1, 2]


@pytest.mark.parametrize(
    "value",
    [
        {
            "text": ONE,
            "comments": [{"text": TWO}],
            "by_id": {"a": {"text": TWO}, "b": {"text": TWO}},
        },
        {"lead": ONE, "comments": [{"text": "So true."}]},
        {"article": {"text": ONE}, "comments": [{"text": "So true."}]},
        {"of": [{"lead": ONE, "comments": [{"text": "So true."}]}]},
    ],
)
def test_what_is_inside_a_record_is_no_record(tmp_path: Path, value: Any) -> None:
    path = put(tmp_path / "r.json", json.dumps(value))
    found = read(path)
    if "text" in value:
        assert found.texts == {str(path): ONE}
    else:
        assert not found.texts
        named = "'article.text'" if "article" in value else "'lead'"
        assert f"--text-field {named}" in details(found)[str(path)]


def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "r.json", json.dumps(ANSWERS["articles"]))
    assert details(read(path, records="items")) == {
        str(path): "it has no list or object at 'items' (--records); "
        "the lists that it passes are 'articles', 'other'"
    }
    put(path, '{"items": []}')
    assert read(path, records="items").reasons == {str(path): "no_records"}


def test_pages_of_records(tmp_path: Path) -> None:
    pages = [{"page": n, "articles": [record]} for n, record in enumerate(RECORDS_INSIDE)]
    put(tmp_path / "pages.json", json.dumps(pages, indent=1))
    put(tmp_path / "pages.jsonl", lines(*pages))
    for name in ("pages.json", "pages.jsonl"):
        found = read(tmp_path / name, records="articles")
        assert [*found.texts] == [f"{tmp_path / name}#{row}" for row in (1, 2)]
        check_texts(found, [ONE, TWO])
        assert (
            "--records 'articles' --text-field 'content'" in read(tmp_path / name).skipped[0].detail
        )


READ_ALL = """
import resource, sys
from dedupe.model.settings import ScanSettings
from dedupe.sources import read_corpus
items = [len(item) if hasattr(item, "ids") else item for item in
         read_corpus([sys.argv[1]], ScanSettings())]
print(sum(each for each in items if isinstance(each, int)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
print([each.detail for each in items if not isinstance(each, int)])
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_a_list_inside_a_file(tmp_path: Path) -> None:
    record = json.dumps({"text": "word " * 1700})
    peaks = []
    for count in (1000, 10_000):
        path = tmp_path / f"{count}.json"
        with path.open("w", encoding="utf-8") as file:
            file.write(f'{{"status": "ok", "docs": [{record}')
            file.writelines(f",\n{record}" for _ in range(count - 1))
            file.write(f'], "late": [{record}]}}')
        output = subprocess.run(
            [sys.executable, "-c", READ_ALL, str(path)], capture_output=True, check=True
        ).stdout.decode()
        documents, peak, told = output.splitlines()
        assert int(documents) == count
        assert "not those in 'late'" in told
        peaks.append(int(peak))
    assert path.stat().st_size > 80_000_000  # longer than any one record may be
    assert peaks[1] < peaks[0] + 20, peaks


def test_a_broken_file_gives_the_records_before(tmp_path: Path) -> None:
    whole = json.dumps({"s": 1, "docs": [{"text": f"{ONE} {n}"} for n in range(5)]})
    path = put(tmp_path / "r.json", whole[:-30])
    found = read(path)
    check_texts(found, [f"{ONE} {n}" for n in range(4)])
    assert found.reasons == {str(path): "not_json"}
    assert "after record 4" in details(found)[str(path)]


# --- cutting and taking out ----------------------------------------------------------------

NAMES = st.sampled_from(["a", "b c", "d.e", 'q"', "é", ":", "A", "]"])
INNER = st.fixed_dictionaries({"t": st.text('"\\[{ x', max_size=4), "l": st.just([1, {"x": [{}]}])})
SCALARS = st.sampled_from([5, "s, {", None, True, "\\"])


@st.composite
def texts_with_records(draw: st.DrawFn) -> tuple[Any, str]:
    """A JSON value, and the path of the records inside it, whose field ``t`` is unlike all else."""
    records = draw(st.lists(INNER, min_size=1, max_size=5))
    records = [{**record, "t": f"{number}{record['t']}"} for number, record in enumerate(records)]
    name = draw(NAMES)
    kind = draw(st.sampled_from(["list", "object", "root", "pages", "mixed"]))
    if kind == "root":
        return {f"k{number}": record for number, record in enumerate(records)}, "."
    if kind == "pages":
        return [{"n": 1, name: records[:2]}, {name: records[2:], "n": 2}], name
    if kind == "list":
        return {"n": draw(SCALARS), "in": {name: records, "z": [{"q": [{}]}]}}, f"in.{name}"
    members: dict[str, Any] = {}
    for number, record in enumerate(records):
        if kind == "mixed" and draw(st.booleans()):
            members[f"n{number}"] = draw(SCALARS)
        members[f"k{number}\\"] = record
    if kind == "mixed" and draw(st.booleans()):
        members["last"] = draw(SCALARS)
    return {"before": [{}], name: members, "behind": draw(SCALARS)}, name


SPACES = st.sampled_from([(None, None), (1, None), (None, (",", ":")), (0, (" , ", " : "))])


def records_of(value: Any, found: list[Any]) -> list[Any]:
    if isinstance(value, dict) and "t" in value:
        found.append(value)
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            records_of(each, found)
    return found


def without(value: Any, gone: list[Any]) -> Any:
    if isinstance(value, list):
        return [without(each, gone) for each in value if each not in gone]
    if isinstance(value, dict):
        return {name: without(each, gone) for name, each in value.items() if each not in gone}
    return value


@settings(max_examples=100, deadline=None)
@given(texts_with_records(), SPACES, st.sampled_from([1, 3, 7, 1000]), st.data())
def test_records_inside_are_cut_and_taken_out(
    made: tuple[Any, str], spaces: Any, size: int, data: st.DataObject
) -> None:
    value, path = made
    content = json.dumps(value, indent=spaces[0], separators=spaces[1]).encode()
    cutter = JsonCutter([content[i : i + size] for i in range(0, len(content), size)], 1000, path)
    cuts = [(cut, cutter.key) for cut in cutter]
    assert not cutter.problem and cutter.has_place
    expected = records_of(value, [])
    assert [json.loads(cut.raw or b"") for cut, _ in cuts] == expected
    assert all(content[cut.offset :].startswith(cut.raw or b"?") for cut, _ in cuts)
    assert {key[:1] for _, key in cuts} <= {"k", ""}
    dropped = data.draw(st.lists(st.sampled_from(cuts), min_size=1, unique_by=lambda each: each[0]))
    places = [Locator(0, cut.offset, cut.length, 1) for cut, _ in dropped]
    ranges = find_elements(io.BytesIO(content), places)
    with pytest.raises(CannotRewriteError):
        find_elements(io.BytesIO(content), [Locator(0, places[0].offset, 1, 1)])
    rest = bytearray(content)
    for begin, end in reversed(ranges):
        del rest[begin:end]
    gone = [json.loads(cut.raw or b"") for cut, _ in dropped]
    assert json.loads(rest) == without(value, gone)


def test_apply_takes_records_out_of_lines_with_records_inside(tmp_path: Path) -> None:
    pages = [{"page": n, "articles": [{"text": ONE}, {"text": f"{TWO} {n}" * 3}]} for n in range(3)]
    put(tmp_path / "in" / "r.jsonl", lines(*pages))
    report = dedupe.scan(tmp_path / "in", Config(records="articles", keep=("first",)))
    outcome = write_output(report, plan_drops(report), str(tmp_path / "out"))
    assert len(outcome.dropped) == report.corpus.duplicate_count >= 2
    left = [json.loads(line) for line in (tmp_path / "out" / "r.jsonl").read_bytes().splitlines()]
    assert [page["page"] for page in left] == [0, 1, 2]
    assert sum(len(page["articles"]) for page in left) == 6 - len(outcome.dropped)


# --- hints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "https://a.example/some/long/path?with=many&words=in-it",
        "application/x-ipynb+json; charset=utf-8",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "Mon, 02 Jan 2023 10:00:00 GMT",
        "/srv/data/news articles/2023/one of them.txt",
        "Politics",
        "12 345 678 90",
        "{'a': 'b and c and d'}",
        ["Main", "Main", "Other", "Main"],
        7,
        None,
        "",
    ],
)
def test_what_is_no_prose(value: Any) -> None:
    assert count_prose(value) == 0
    assert find_hint([{"x": value, "words": f"{ONE} {n}"} for n in range(3)]).text == "words"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"<p>{ONE}</p>",
        "港口的渡轮今天没有开航，因为工程师发现了裂缝。",
        "नगर परिषद ने सोमवार को पुल पर चर्चा की।",
    ],
)
def test_what_is_prose(text: str) -> None:
    assert count_prose(text) > 10 and count_prose([text, text]) > count_prose(text)


def test_the_hint_is_the_longest_prose_of_several_records(tmp_path: Path) -> None:
    records = [
        {
            "url": f"https://a.example/{'x' * 90}/{n}",
            "licence": "All rights of this text are with its author and nobody else.",
            "sentence": [f"Story {n} opens in the town.", f"It goes on for {n} days and more."],
            "label": ["Main", "Main"],
            "split": "train",
            "title": f"Of the town of the story {n}" if n % 2 else "x",
        }
        for n in range(30)
    ]
    for found in (read(write(tmp_path, kind, records)) for kind in WITH_LISTS):
        hints = {detail.partition("; name one, such as ")[2] for detail in details(found).values()}
        assert hints == {"--text-field 'sentence'"}
    none = read(put(tmp_path / "n.jsonl", lines({"id": "x", "split": "train", "n": 3})))
    assert none.skipped[0].detail.endswith("its fields are 'id', 'split', 'n'; none holds prose")


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "arrow"])
def test_hints_of_columns_are_judged_by_their_values(tmp_path: Path, kind: str) -> None:
    rows = [{"Titel": "x", "Adresse": f"https://a.example/{n}/{ONE}", "Inhalt": ONE + str(n)}
            for n in range(3)]  # fmt: skip
    found = read(write(tmp_path, kind, rows))
    assert "its columns" in found.skipped[0].detail or kind in ("csv", "tsv")
    assert "--text-field 'Inhalt'" in found.skipped[0].detail


def test_a_hint_can_be_pasted(tmp_path: Path) -> None:
    name = "the 'long' name of a field that holds the text " + "x" * 60
    records = [
        {"data": {name: f"{ONE} {n}"}, "control\x1b[31m": f"{ONE} {TWO} {n}"} for n in range(3)
    ]
    path = put(tmp_path / "r.jsonl", lines(*records))
    options = shlex.split(read(path).skipped[0].detail.partition("such as ")[2])
    assert options == ["--text-field", f"data.{name}"]
    assert len(read(path, text_field=(options[1],)).texts) == 3


def test_records_inside_are_hinted_at_and_never_a_field_beside_them(tmp_path: Path) -> None:
    answer = {
        "status": "all of it went well here",
        "message": "This is the answer of the service to your question.",
        "data": [{"attributes": {"body": ONE}}, {"attributes": {"body": TWO}}],
    }
    path = put(tmp_path / "r.json", json.dumps(answer))
    told = details(read(path))[str(path)]
    assert told.endswith("the records are inside 'data': "
                         "--records 'data' --text-field 'attributes.body'")  # fmt: skip
    check_texts(
        read(path, records="data", text_field=("attributes.body",)),
        [ONE, TWO],
        ("attributes.body",),
    )


# --- where a skipped record is -------------------------------------------------------------


def test_the_file_of_a_skipped_record_is_told(tmp_path: Path, dedupe_here: Any) -> None:
    put(tmp_path / "d" / "schema.json", '{"id": "http://a.example/x/", "title": "A schema"}')
    put(tmp_path / "d" / "deep" / "n.json", '{"id": "n", "text": null}')
    put(tmp_path / "d" / "w.json", '{"id": "w", "text": "!"}')
    put(tmp_path / "d" / "t.txt", ONE)
    shown = dedupe_here("scan", "d", "--format", "json")
    report = json.loads(shown.stdout)
    names = [each["id"] for each in report["skipped"]]
    places = dict(zip(names, report["run"]["skipped_places"], strict=True))
    expected = {"http://a.example/x/": "schema.json", "n": "deep/n.json", "w": "w.json"}
    assert places == {id: f"d/{name}" for id, name in expected.items()}
    told = shown.stderr.decode()
    assert "schema.json: http://a.example/x/: no field" in told
    assert "deep/n.json: n: field 'text' is null" in told
    assert "w.json: w: holds no letter" in told
    assert "schema.json: http://a.example/x/" in dedupe_here("scan", "d").stdout.decode()


# --- tables --------------------------------------------------------------------------------

KINDS = {
    "binary": pa.binary(),
    "large_binary": pa.large_binary(),
    "binary_view": pa.binary_view(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
}


@pytest.mark.parametrize("encode", [parquet, arrow])
@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_any_kind_of_text(tmp_path: Path, kind: str, encode: Any) -> None:
    given = [ONE, TWO] if "string" in kind else [ONE.encode(), TWO.encode()]
    table = pa.table({"ID": pa.array(["a", "b"]), "Text": pa.array(given, KINDS[kind])})
    found = read(put(tmp_path / f"r.{encode.__name__}", encode(table)))
    assert [*found.texts] == ["a", "b"]
    check_texts(found, [ONE, TWO])


def test_bytes_that_are_not_utf8_are_no_text(tmp_path: Path) -> None:
    table = pa.table({"text": [ONE.encode(), b"caf\xe9", None]})
    path = put(tmp_path / "r.parquet", parquet(table))
    found = read(path)
    check_texts(found, [ONE])
    assert found.reasons == {f"{path}#2": "text_not_string", f"{path}#3": "text_null"}
    assert "bytes that are not UTF-8" in details(found)[f"{path}#2"]


@pytest.mark.parametrize("encode", [parquet, arrow])
def test_two_columns_of_one_name(tmp_path: Path, encode: Any) -> None:
    numbers, texts, dates = pa.array([1, 2]), pa.array([ONE, TWO]), pa.array(["2024", "2025"])
    path = tmp_path / f"r.{encode.__name__}"
    for columns in ([numbers, texts, dates, dates], [texts, numbers, dates, dates]):
        put(path, encode(pa.table(columns, names=["text", "text", "date", "date"])))
        check_texts(read(path), [ONE, TWO])
    put(path, encode(pa.table([texts, texts], names=["text", "text"])))
    found = read(path)
    assert found.reasons == {str(path): "damaged"}
    assert details(found)[str(path)] == "several columns are called 'text'; rename all but one"


def test_texts_that_are_blank_in_one_column_are_looked_for_in_the_next(tmp_path: Path) -> None:
    data = parquet(pa.table({"text": [" \n", ONE], "content": [TWO, "no"]}))
    check_texts(read(put(tmp_path / "r.parquet", data)), [TWO, ONE])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_does_not_hide_records_inside_a_line(tmp_path: Path, encoding: str) -> None:
    data = json.dumps({"data": [{"text": ONE}, {"text": TWO}]}).encode(encoding)
    check_texts(read(put(tmp_path / "r.jsonl", data)), [ONE, TWO])


def test_names_behind_escaped_quotes_are_found_at_once() -> None:
    """HTML in JSON is full of them: a search that began at each took minutes."""
    html = json.dumps('<a href="https://a.example/">: ' * 5000)
    raw = f', "html": {html},\n  "a \\"name\\" \\\\" :\n'.encode()
    began = time.process_time()
    assert last_name(raw) == ('a "name" \\', raw.rindex(b'"a '))
    assert last_name(raw.rstrip(b"\n:")) == ("", -1)
    assert last_name(b'\\"' * 50_000 + b":") == ("", -1)
    assert time.process_time() - began < 1
