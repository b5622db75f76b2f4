"""Rows that do not fit their header: never compared cut, and never dropped for it.

Each file here holds different articles that begin alike up to their first comma, so that any
reader that cuts them there finds one article, and one true duplicate.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import run_main
from tests.support.corpora import INVENTED_WORDS
from tests.support.reading import put, read


def article(seed: int, comma: str = ", ") -> str:
    """About sixty words with a comma after every fifth; the first five are always the same."""
    words = random.Random(seed).choices(INVENTED_WORDS, k=60)
    parts = ["Berlin first of may said"]
    parts += [" ".join(words[begin : begin + 5]) for begin in range(0, 60, 5)]
    return comma.join(parts)


ARTICLES = [article(seed) for seed in (0, 1, 2, 3, 4, 5, 0)]
"""The last is the first once more."""

NO_COMMAS = [text.replace(",", "") for text in ARTICLES]


def scan(path: Path) -> dict[str, Any]:
    """The report of the real command, which is written beside the file."""
    out = path.with_name("report.json")
    done = run_main("scan", path.name, "--output", f"json:{out}", "--no-progress", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(out.read_bytes())
    return report


def apply(path: Path) -> list[bytes]:
    """The lines of the file that ``apply`` writes from that report."""
    done = run_main(
        "apply", "report.json", "--output", f"clean{path.suffix}", "--yes", cwd=path.parent
    )
    assert done.returncode == 0, done.stderr
    return path.with_name(f"clean{path.suffix}").read_bytes().splitlines(keepends=True)


def members(report: dict[str, Any]) -> list[list[str]]:
    return [sorted(m["id"] for m in cluster["members"]) for cluster in report["clusters"]]


ONE_MEANING = {
    "one column.csv": (["text", *ARTICLES], "one column"),
    "one column.tsv": (["text", *(text.replace(", ", "\t") for text in ARTICLES)], "one column"),
    "one column, semicolons.csv": (
        ["body", *(text.replace(", ", "; ") + ", end" for text in ARTICLES)],
        "one column",
    ),
    "spaces.csv": (["n,text", *(f'{i}, "{t}"' for i, t in enumerate(ARTICLES))], "spaces stand"),
    "spaces throughout.csv": (
        ["n, text", *(f'"{i}",  "{t}"' for i, t in enumerate(ARTICLES))],
        "spaces stand",
    ),
    "spaces.tsv": (
        ["n\ttext", *(f'{i}\t "{t} \t x"' for i, t in enumerate(ARTICLES))],
        "spaces stand",
    ),
    "row names.csv": (
        ['"text","n"', *(f'"{i}","{t}",{i}' for i, t in enumerate(ARTICLES, 1))],
        "row's name",
    ),
    "row names of one column.csv": (
        ['"text"', *(f'"{i}","{t}"' for i, t in enumerate(ARTICLES, 1))],
        "row's name",
    ),
    "row names; semicolons.csv": (
        ["n;text", *(f"r{i};{i};{t}" for i, t in enumerate(ARTICLES, 1))],
        "row's name",
    ),
    "row names.tsv": (
        ["n\ttext", *(f"r{i}\t{i}\t{t}" for i, t in enumerate(ARTICLES, 1))],
        "row's name",
    ),
    "no last column.csv": (
        ["n,text,remark", *(f'{i},"{t}"' for i, t in enumerate(ARTICLES))],
        "no row has a field",
    ),
    "empty last fields.csv": (["n,text", *(f'{i},"{t}",,' for i, t in enumerate(ARTICLES))], ""),
    "unnamed last column.csv": (["n,text,,", *(f'{i},"{t}"' for i, t in enumerate(ARTICLES))], ""),
}
"""By name: a file that is odd as a whole, and what its notice says (nothing where all fits)."""


@pytest.mark.parametrize("name", ONE_MEANING)
def test_a_file_that_has_one_meaning_is_read_so(tmp_path: Path, name: str) -> None:
    lines, told = ONE_MEANING[name]
    path = put(tmp_path / f"r{Path(name).suffix}", "\n".join(lines) + "\n")
    report = scan(path)
    assert report["corpus"]["document_count"] == 7 and not report["skipped"]
    assert members(report) == [[f"{path.name}#1", f"{path.name}#7"]]
    notices = [(each["id"], each["reason"]) for each in report["notices"]]
    assert notices == ([(path.name, "odd_layout")] if told else [])
    assert all(told in each["detail"] for each in report["notices"])
    assert apply(path) == path.read_bytes().splitlines(keepends=True)[:-1]
    found = read(path)  # diffs read the same texts again
    assert [*found.provider(by_name=True).read_texts(found.texts).values()] == [
        *found.texts.values()
    ]
    assert all(text.split()[-1] in lines[i + 1] for i, text in enumerate(found.texts.values()))
    assert {len(text.split()) for text in found.texts.values()} <= {65, 66}


DAMAGED = {
    "commas in the last column": (["n,text", "1,%0", "2,%1", "3,%2", '4,"%3"'], "1 2 3"),
    "in some rows": (["n,text", '1,"%0"', "2,%1", '3,"%2"'], "2"),
    "in the first column": (["text,n", "%0,1", "%1,2", '"%2",3'], "1 2"),
    "without spaces": (["n,text", "1,%a", "2,%b", '3,"%2"'], "1 2"),
    "behind a quote": (["n,text", '1,"a quote" more, %0', '2,"a quote" more, %1', '3,"%2"'], "1 2"),
    "one field more in some": (["n,text", '"r1",1,"%0"', '2,"%1"', '3,"%2"'], "1"),
    "in an unnamed column": (["n,text,", "1,%0", "2,a, b", '3,"%2"'], "1 2"),
    "short": (["n,text,url", '1,"%0",u', '2,"%1"', '3,"%2",u'], "2"),
    "short of its text": (["n,text", "1", "%1", '3,"%2"'], "1 2"),
    "never closed": (["n,text", '1,"%0"', '2,"%1', '3,"%2"', '4,"%3"'], "2"),
    "never closed, no quotes": (["n;text", "1;%0", '2;"%1', "3;%2", "4;%3"], "2"),
    "closed elsewhere": (["n;text", '1;"%0"', '2;"%1', "3;%2", '4;a board of 6"', "5;%3"], "2"),
    "wide and of two lines": (["n,text", '1,"%0', '%1",x', '2,"%2"'], "1"),
}
"""By name: rows (with the articles in place of ``%0``), and the numbers of those that are wrong."""


@pytest.mark.parametrize("kind", ["csv", "tsv"])
@pytest.mark.parametrize("name", DAMAGED)
def test_a_row_that_does_not_fit_is_skipped_with_its_line(
    tmp_path: Path, name: str, kind: str
) -> None:
    lines, wrong = list(DAMAGED[name][0]), DAMAGED[name][1].split()
    for i, line in enumerate(lines):
        for number in range(4):
            line = line.replace(f"%{number}", ARTICLES[number])
            line = line.replace(f"%{'abcd'[number]}", article(number, ","))
        lines[i] = line
    text = "\n".join(lines) + "\n"
    separator = "," if "," in lines[0] else ";"
    if kind != "csv" and separator == ",":
        text = text.replace(",", "\t")
    path = put(tmp_path / ("r.tsv" if kind == "tsv" and separator == "," else "r.csv"), text)
    report = scan(path)
    skipped = {each["id"]: each for each in report["skipped"]}
    assert [*skipped] == [f"{path.name}#{number}" for number in wrong]
    assert {each["reason"] for each in skipped.values()} == {"damaged"}
    for each in skipped.values():
        told = each["detail"].partition(":")[0]
        assert told.startswith("line ") and 1 < int(told.removeprefix("line ")) <= len(lines)
    assert not report["clusters"]
    found = read(path)
    for text in found.texts.values():
        assert len(text.split()) in (4, 65), text  # all of an article, or the board of 6"


def test_damaged_rows_stay_as_they_stand(tmp_path: Path) -> None:
    rows = [f'{i},"{text}"' for i, text in enumerate(ARTICLES)]
    rows[2:2] = ["7," + ARTICLES[0], '8,"' + ARTICLES[1], "9"]
    path = put(tmp_path / "r.csv", "\n".join(["n,text", *rows]) + "\n")
    report = scan(path)
    assert [each["id"] for each in report["skipped"]] == ["r.csv#3", "r.csv#4", "r.csv#5"]
    assert [each["detail"].partition(":")[0] for each in report["skipped"]] == [
        "line 4", "line 5", "line 6",
    ]  # fmt: skip
    assert members(report) == [["r.csv#1", "r.csv#10"]]
    assert apply(path) == path.read_bytes().splitlines(keepends=True)[:-1]


def test_a_row_behind_the_beginning_cannot_change_how_a_file_is_read(tmp_path: Path) -> None:
    """The beginning decides; what contradicts it is skipped, alike with one worker and two."""
    texts = [article(seed) for seed in range(400)]
    plain = [f'{i},"{text}"' for i, text in enumerate(texts)]
    named = [f'"r{i}",{i},"{text}"' for i, text in enumerate(texts)]
    spaced = [f'{i}, "{text}"' for i, text in enumerate(texts)]
    for name, rows, odd, count in (
        ("plain", plain, [*named[:3], *spaced[:3], '8, "a', 'cut off text"'], 8),
        ("named", named, plain[:3], 3),
        ("spaced", spaced, named[:3], 3),
        ("one", texts, [], 0),
    ):
        header = "text" if name == "one" else "n,text"
        path = put(tmp_path / name / "r.csv", "\n".join([header, *rows, *odd]) + "\n")
        assert path.stat().st_size > 2 * (1 << 16)
        report = scan(path)
        wrong = [f"r.csv#{len(rows) + i + 1}" for i in range(count)]
        assert [each["id"] for each in report["skipped"]] == wrong
        assert not report["clusters"]
        packed = put(tmp_path / name / "packed" / "r.csv.gz", path.read_bytes())
        found = read(packed)
        assert len(found.texts) == 400
        assert found.provider(by_name=True).read_texts(found.texts) == found.texts
        for workers in (1, 2):
            done = run_main(
                "scan", "r.csv", "--format", "json", "--workers", workers, cwd=path.parent
            )
            again = json.loads(done.stdout)
            assert again["skipped"] == report["skipped"]
            assert again["notices"] == report["notices"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1252"])
def test_the_layout_of_a_file_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    texts = [f"{text}, café" for text in map(article, range(300))]
    path = tmp_path / "r.csv"
    path.write_bytes("\n".join(["text", *texts, texts[0], ""]).encode(encoding))
    report = scan(path)
    assert report["corpus"]["document_count"] == 301
    assert members(report) == [["r.csv#1", "r.csv#301"]]
    found = read(path)
    assert [*found.texts.values()][:-1] == texts
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    assert b"".join(apply(path)).decode(encoding) == "\n".join(["text", *texts, ""])


def test_two_columns_of_one_name_are_not_guessed_between(tmp_path: Path) -> None:
    rows = [f'"same words here","{text}"' for text in ARTICLES]
    path = put(tmp_path / "r.csv", "\n".join(["text,text", *rows]) + "\n")
    put(tmp_path / "fine.csv", "date,date,text\n" + f'1,2,"{ARTICLES[0]}"\n')
    done = run_main("scan", ".", "--format", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert [(each["id"], each["reason"]) for each in report["skipped"]] == [("r.csv", "damaged")]
    assert "two columns are called 'text'" in report["skipped"][0]["detail"]
    assert report["corpus"]["document_count"] == 1 and not report["clusters"]
    assert path.exists()


@pytest.mark.slow
def test_a_beginning_full_of_open_quotes_is_told_in_bounded_time(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "n,text\n" + 'a,"b\n' * 60_000)
    assert len(read(path).skipped) == 60_000
