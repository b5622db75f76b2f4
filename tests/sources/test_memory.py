"""Data in memory: each type that is taken, with the real library; and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from typing import Any

import pytest

import dedupe
from dedupe.model.errors import ConfigError, InputError

TEXT = "The ferry did not sail on Monday, because the crew were on strike again and nobody knew."
OTHER = "The library in Dunmarsh opens on Sundays from October on, and the readers are glad of it."
TEXTS = [TEXT, None, f"{TEXT} More of it.", OTHER, float("nan")]
IDS = [17, 4, 23, 8, 15]
STRINGS = [text if isinstance(text, str) else None for text in TEXTS]


def library(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed")


def pandas_frame(ids: Any = None, texts: Any = None) -> Any:
    return library("pandas").DataFrame({"id": ids or IDS, "text": texts or TEXTS, "n": 1})


def polars_frame() -> Any:
    return library("polars").DataFrame({"id": IDS, "text": STRINGS, "n": 1})


def arrow_table() -> Any:
    return library("pyarrow").table({"id": IDS, "text": STRINGS, "n": [1] * 5})


def data_set() -> Any:
    return library("datasets").Dataset.from_dict({"id": IDS, "text": STRINGS})


def series_with_index() -> Any:
    return pandas_frame().set_index("id")["text"]


class Stream:
    """Something that only gives itself through Arrow's interface of C."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return arrow_table().__arrow_c_stream__(requested_schema)


def numpy_array() -> Any:
    import numpy as np

    return np.array(TEXTS, dtype=object)


WITH_IDS = {
    "mapping": lambda: dict(zip(IDS, TEXTS, strict=True)),
    "pairs": lambda: list(zip(IDS, TEXTS, strict=True)),
    "pairs of an iterator": lambda: zip(IDS, TEXTS, strict=True),
    "records": lambda: [{"id": id, "text": text} for id, text in zip(IDS, TEXTS, strict=True)],
    "pandas frame": pandas_frame,
    "pandas frame of strings": lambda: pandas_frame().astype({"text": "string"}),
    "pandas frame with an index": lambda: pandas_frame().set_index("id"),
    "pandas frame with ids that are floats": lambda: pandas_frame([float(id) for id in IDS]),
    "pandas series with an index": series_with_index,
    "polars frame": polars_frame,
    "polars frame in pieces": lambda: library("polars").concat(
        [polars_frame().head(2), polars_frame().tail(3)], rechunk=False
    ),
    "arrow table": arrow_table,
    "arrow record batch": lambda: arrow_table().to_batches()[0],
    "arrow reader": lambda: arrow_table().to_reader(),
    "arrow stream": Stream,
    "data set": data_set,
    "data set that is streamed": lambda: data_set().to_iterable_dataset(),
}

WITHOUT_IDS = {
    "list": lambda: list(TEXTS),
    "tuple": lambda: tuple(TEXTS),
    "iterator": lambda: iter(TEXTS),
    "values of a mapping": lambda: dict(enumerate(TEXTS)).values(),
    "numpy array": numpy_array,
    "pandas frame": lambda: pandas_frame()[["text"]],
    "pandas series": lambda: pandas_frame()["text"],
    "pandas index": lambda: library("pandas").Index(TEXTS, dtype=object),
    "pandas array": lambda: pandas_frame()["text"].astype("string").values,
    "polars frame": lambda: polars_frame().select("text"),
    "polars series": lambda: polars_frame()["text"],
    "arrow column": lambda: arrow_table()["text"],
    "arrow array": lambda: arrow_table()["text"].chunk(0),
    "arrow table": lambda: arrow_table().select(["text"]),
    "data set": lambda: data_set().select_columns(["text"]),
    "column of a data set": lambda: data_set()["text"],
}


def check(report: dedupe.Report, ids: list[str]) -> None:
    """The texts at 0 and 2 are alike, those at 1 and 4 missing, that at 3 has no duplicate."""
    assert report.corpus.document_count == 3
    assert [{m.id for m in c.members} for c in report.clusters] == [{ids[0], ids[2]}]
    assert sorted((s.id, s.reason) for s in report.skipped) == sorted(
        [(ids[1], "text_null"), (ids[4], "text_null")]
    )
    assert report.corpus.skipped_counts == {"text_null": 2}
    assert report.text_provider.read_texts(ids) == {ids[0]: TEXT, ids[2]: TEXTS[2]}
    assert "{+More of it.+}" in str(report.diff(ids[0], ids[2]))


@pytest.mark.parametrize("name", WITH_IDS)
def test_data_with_ids(name: str) -> None:
    check(dedupe.find_duplicates(WITH_IDS[name](), threshold=0.6), [str(id) for id in IDS])


@pytest.mark.parametrize("name", WITHOUT_IDS)
def test_data_without_ids_are_named_by_their_row(name: str) -> None:
    check(dedupe.find_duplicates(WITHOUT_IDS[name](), threshold=0.6), list("01234"))


IS_A_LIST = ("pairs of an iterator", "iterator", "values of a mapping", "column of a data set")


@pytest.mark.parametrize("name", [*WITH_IDS, *WITHOUT_IDS])
def test_clean_data_are_of_the_same_type(name: str) -> None:
    make = {**WITHOUT_IDS, **WITH_IDS}[name]
    given, report = make(), dedupe.find_duplicates(make(), threshold=0.6)
    (dropped,) = report.duplicates()
    cleaned = report.clean()
    if name in IS_A_LIST:
        assert type(cleaned) is list
    elif name not in ("arrow reader", "arrow stream"):
        assert type(cleaned) is type(given)
    kept = dedupe.find_duplicates(cleaned, threshold=0.6)
    assert kept.clusters == ()
    assert kept.corpus.document_count + kept.corpus.skipped_count == 4
    kept_copy = TEXTS[2] if dropped in ("0", "17") else TEXT
    assert _texts_of(kept) == {OTHER, kept_copy}


def _texts_of(report: dedupe.Report) -> set[str]:
    """All texts of a report in memory, read again row by row."""
    assert report.memory is not None
    return {text for _, text in report.memory.documents.read_again(range(4))}


def test_scan_takes_data_too_but_a_list_of_strings_is_paths(tmp_path: Any) -> None:
    for name in ("pandas frame", "pairs", "mapping", "data set", "pandas series with an index"):
        check(dedupe.scan(WITH_IDS[name](), threshold=0.6), [str(id) for id in IDS])
    with pytest.raises(InputError, match="no document could be read"):
        dedupe.scan([TEXT])
    (tmp_path / "a.txt").write_text(TEXT)
    with pytest.raises(TypeError, match="against must be paths"):
        dedupe.scan(tmp_path, against={"a": TEXT})
    report = dedupe.scan({"a": TEXT}, against={"b": TEXT})
    assert report.corpus.reference_count == 1
    for paths in ({tmp_path / "a.txt"}, {str(tmp_path / "a.txt"): 1}.keys(), tmp_path.glob("*")):
        assert dedupe.scan(paths).corpus.document_count == 1
    names = library("pandas").Series([str(tmp_path / "a.txt")])
    with pytest.raises(TypeError, match="names of files: give scan a list"):
        dedupe.scan(names)
    assert dedupe.find_duplicates(names).corpus.document_count == 1


def test_several_columns_of_one_name_are_not_guessed_between() -> None:
    frame = pandas_frame()
    doubled = library("pandas").concat([frame, frame[["text"]]], axis=1)
    table = library("pyarrow").Table.from_arrays([TEXTS[:1]] * 2, names=["text", "text"])
    for given in (doubled, table):
        with pytest.raises(InputError, match="several columns are called 'text'"):
            dedupe.find_duplicates(given)


def test_a_stream_and_an_empty_frame() -> None:
    for given in (pandas_frame().head(0), polars_frame().head(0), data_set().select([]), []):
        report = dedupe.find_duplicates(given)
        assert report.corpus.document_count == 0 and len(report.clean()) == 0


@pytest.mark.parametrize("make", [pandas_frame, polars_frame, arrow_table, data_set])
def test_columns_are_chosen_by_name(make: Any) -> None:
    given = make()
    if hasattr(given, "rename_columns") and not hasattr(given, "rename_column"):
        given = given.rename_columns(["key", "body", "n"])
    elif hasattr(given, "rename_column"):
        given = given.rename_column("id", "key").rename_column("text", "body")
    elif hasattr(given, "iloc"):
        given = given.rename(columns={"id": "key", "text": "body"})
    else:
        given = given.rename({"id": "key", "text": "body"})
    report = dedupe.find_duplicates(given, text="body", id="key", threshold=0.6)
    check(report, [str(id) for id in IDS])
    with pytest.raises(InputError, match=r"no column 'nothing' \(text=…\); there are: 'key'"):
        dedupe.find_duplicates(given, text="nothing")
    with pytest.raises(InputError, match=r"no column 'nothing' \(id=…\)"):
        dedupe.find_duplicates(given, text="body", id="nothing")


def test_a_frame_without_a_column_of_texts_is_never_guessed_at() -> None:
    frame = pandas_frame().rename(columns={"text": "zzz"})
    with pytest.raises(InputError, match=r"no column is called 'text'.*'id', 'zzz', 'n'"):
        dedupe.find_duplicates(frame)
    with pytest.raises(InputError, match="no column is called 'text'"):
        dedupe.find_duplicates(arrow_table().select(["n"]))


def test_several_columns_make_one_text() -> None:
    rows = [
        {"title": "One two three", "body": "four five six"},
        {"title": "One two three four five six"},
    ]
    report = dedupe.find_duplicates(rows, text=("title", "body"))
    assert [m.relation for m in report.members] == ["identical", "normalised"]


def test_metadata_of_frames_decide_what_is_kept() -> None:
    frame = pandas_frame(texts=[TEXT] * 5).assign(
        date=["2024-05-01", "2023-01-01", "2024-01-01"] + ["2025-01-01"] * 2
    )
    report = dedupe.find_duplicates(frame, keep=["earliest"])
    assert report.clusters[0].representative == "4"
    assert report.clusters[0].members[0].meta == {"date": "2023-01-01"}


def test_integers_and_strings_that_are_one_id_are_kept_apart() -> None:
    report = dedupe.find_duplicates([(7, TEXT), ("7", TEXT), (None, TEXT), (True, TEXT)])
    assert {m.id for m in report.members} == {"7", "7#2", "#2", "#3"}
    assert [(n.id, n.reason) for n in report.notices] == [("7", "duplicate_id")]


def test_values_that_are_no_strings_are_skipped_in_frames() -> None:
    frame = pandas_frame(texts=[TEXT, 5, TEXT, None, ["a"]]).astype({"text": object})
    report = dedupe.find_duplicates(frame)
    reasons = {s.id: s.reason for s in report.skipped}
    assert reasons == {"4": "text_not_string", "8": "text_null"}  # strings in a list are a text


CHANGES: dict[str, tuple[Any, Any]] = {
    "list": (lambda: [TEXT, OTHER, TEXT], lambda data: data.sort(reverse=True)),
    "pairs": (lambda: [(1, TEXT), (2, OTHER), (3, TEXT)], lambda data: data.pop(0)),
    "records": (lambda: [{"text": text} for text in (TEXT, OTHER, TEXT)], lambda data: data.pop(0)),
    "mapping": (lambda: {1: TEXT, 2: OTHER, 3: TEXT}, lambda data: data.pop(1)),
    "array": (
        lambda: library("numpy").array([TEXT, OTHER, TEXT]),
        lambda data: data.sort(),
    ),
    "series": (
        lambda: library("pandas").Series([TEXT, OTHER, TEXT]),
        lambda data: data.drop(index=[0], inplace=True),
    ),
    "frame": (
        lambda: library("pandas").DataFrame({"text": [TEXT, OTHER, TEXT]}),
        lambda data: data.drop(index=[0], inplace=True),
    ),
    "polars": (
        lambda: library("polars").DataFrame({"text": [TEXT, OTHER, TEXT]}),
        lambda data: data.extend(data).drop_in_place("text"),
    ),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", CHANGES)
def test_clean_data_are_those_that_were_scanned_whatever_became_of_them(name: str) -> None:
    make, change = CHANGES[name]
    data = make()
    expected = texts_in(dedupe.find_duplicates(data).clean())
    report = dedupe.find_duplicates(data)
    change(data)
    assert texts_in(report.clean()) == expected == [TEXT, OTHER]


def texts_in(data: Any) -> list[Any]:
    if hasattr(data, "columns"):
        data = data["text"]
    if isinstance(data, dict):
        data = data.values()
    found = list(data)
    return [x["text"] if isinstance(x, dict) else x[1] if type(x) is tuple else x for x in found]


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        *(("string_view", form) for form in ("array", "chunked", "table", "batch")),
        ("run_end_encoded", "table"),
        ("run_end_encoded", "batch"),
    ],
)
def test_types_of_arrow_that_cannot_be_filtered_are_left_as_they_are(kind: str, form: str) -> None:
    pa = library("pyarrow")
    if kind == "string_view":
        column = pa.array([TEXT, OTHER, TEXT, None]).cast(pa.string_view())
    else:
        column = pa.RunEndEncodedArray.from_arrays([1, 2, 3, 4], [TEXT, OTHER, TEXT, None])
    data = {
        "array": lambda: column,
        "chunked": lambda: pa.chunked_array([column.slice(0, 1), column.slice(1)]),
        "table": lambda: pa.table({"text": column}),
        "batch": lambda: pa.record_batch({"text": column}),
    }[form]()
    found = dedupe.find_duplicates(data).clean()
    assert type(found) is type(data)
    texts = found["text"] if form in ("table", "batch") else found
    assert texts.type == column.type
    assert texts.to_pylist() == [TEXT, OTHER, None]


def test_sequences_that_have_no_slices_are_taken() -> None:
    report = dedupe.find_duplicates(deque([TEXT, OTHER, TEXT]))
    assert report.clean() == [TEXT, OTHER]


@pytest.mark.parametrize("columns", [[0, 1], [("a", "text"), ("a", "id")]])
def test_frames_whose_columns_have_no_names_are_refused(columns: Any) -> None:
    frame = library("pandas").DataFrame([[TEXT, "a"], [TEXT, "b"]])
    frame.columns = columns
    with pytest.raises(TypeError, match="none of its columns has a string as its name"):
        dedupe.find_duplicates(frame)


def test_data_that_change_after_the_scan_are_not_shown_as_scanned() -> None:
    records = [{"text": TEXT}, {"text": f"{TEXT} More of it."}]
    report = dedupe.find_duplicates(records)
    records[1]["text"] = "something else"
    with pytest.raises(InputError, match="its text has changed since the scan"):
        report.diff("0", "1")


REFUSED = {
    "a string": (lambda: TEXT, "several strings, not one"),
    "a set": (lambda: {TEXT}, "a set has no order"),
    "a number": (lambda: 5, "of no such type"),
    "a list with a number": (lambda: [TEXT, 5], "strings, not int"),
    "texts and pairs": (lambda: [TEXT, (1, TEXT)], "items of several kinds: pair, text"),
    "columns": (lambda: {"id": [1], "text": [TEXT]}, "strings, not list"),
    "a series of numbers": (lambda: pandas_frame()["n"], "strings, not int"),
    "a polars series of numbers": (lambda: polars_frame()["n"], "strings, not int"),
    "a column of numbers": (lambda: arrow_table()["n"], "of type int64, not strings"),
    "a lazy frame": (lambda: polars_frame().lazy(), r"frame\.collect\(\)"),
    "several splits": (lambda: library("datasets").DatasetDict(train=data_set()), "several splits"),
    "an array of two dimensions": (lambda: numpy_array().reshape(1, 5), "2 dimensions"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    make, told = REFUSED[name]
    are_paths_for_scan = name in ("a string", "a set")
    functions = [dedupe.find_duplicates, dedupe.scan]
    for function in functions[:1] if are_paths_for_scan else functions:
        with pytest.raises(TypeError, match=told) as raised:
            function(make())
        assert "a frame or series of pandas or polars" in str(raised.value)


def test_settings_are_keywords_beside_a_config() -> None:
    config = dedupe.Config(threshold=0.9, shingle_size=3)
    report = dedupe.find_duplicates(
        [TEXT, f"{TEXT} More."], config, threshold=0.6, keep=["longest"]
    )
    assert (report.config.threshold, report.config.shingle_size) == (0.6, 3)
    assert report.clusters[0].representative == "1"
    with pytest.raises(TypeError, match="no setting 'treshold': is it threshold"):
        dedupe.find_duplicates([TEXT], treshold=0.6)
    with pytest.raises(ConfigError, match="threshold is 7"):
        dedupe.find_duplicates([TEXT], threshold=7.0)
    with pytest.raises(ConfigError, match="read as they are"):
        dedupe.find_duplicates([TEXT], text_format="html")
    with pytest.raises(TypeError, match="name columns"):
        dedupe.find_duplicates([TEXT], text="body")


@pytest.mark.parametrize("make", [polars_frame, data_set, lambda: TEXTS])
def test_reference_documents_are_any_of_these_types(make: Any) -> None:
    new = "new and different words in this one"
    report = dedupe.find_duplicates([TEXT, OTHER, new], against=make())
    assert report.corpus.reference_count == 3
    assert sorted(report.duplicates()) == ["0", "1"]
    assert report.clean() == [new]
    references = {m.id for m in report.members if m.is_reference}
    assert references == ({"against:0", "against:3"} if make() is TEXTS else {"17", "8"})


def test_no_library_is_imported_that_is_not_used() -> None:
    code = (
        "import sys, dedupe; report = dedupe.find_duplicates({'a': 'b c', 'd': 'b c'});"
        "repr(report); report.clean(); report.duplicates();"
        "heavy = {'pandas', 'polars', 'pyarrow', 'datasets', 'IPython', 'jinja2', 'rich.progress'};"
        "print(sorted(heavy & set(sys.modules)), len(report.members))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[] 2"


READ_LARGE = """
import gc
from dedupe.model.settings import Config
from dedupe.sources.memory import MemoryCorpus, open_data

ROWS, SIZE = 15_000, 10_000
words = "The ferry did not sail on Monday because the crew were on strike again. " * (SIZE // 70)

def texts():
    return (f"{{i}} {{words}}" for i in range(ROWS))

{make}
corpus = MemoryCorpus(open_data(data, "id"), Config().settings)

def kilobytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

gc.collect()
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak is that from here on
before = kilobytes("VmRSS")
count = sum(len(batch) for batch in corpus)
print(count, (kilobytes("VmHWM") - before) // 1024)
"""

LARGE = {
    "pandas": "import pandas; data = pandas.DataFrame({'text': list(texts())})",
    "polars": "import polars; data = polars.DataFrame({'text': list(texts())})",
    "pyarrow": "import pyarrow; data = pyarrow.table({'text': list(texts())})",
    "datasets": (
        "import pyarrow, datasets; table = pyarrow.table({'text': list(texts())});"
        "data = datasets.Dataset(datasets.table.InMemoryTable(table))"
    ),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is reset in /proc")
@pytest.mark.parametrize("name", LARGE)
def test_large_frames_are_read_in_bounded_memory(name: str) -> None:
    """Of 150 MB: a copy of it would show, and so would a list of all texts."""
    library(name)
    code = READ_LARGE.format(make=LARGE[name])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    count, megabytes = map(int, done.stdout.split())
    assert count == 15_000
    assert megabytes < 90
