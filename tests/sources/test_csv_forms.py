"""CSV as spreadsheets and exports write it: ``sep=``, CR line ends, no header, lines before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.test_csv_rows import ARTICLES, article, members
from tests.support.command import run_main
from tests.support.every_format import zip_of
from tests.support.reading import put, read

TEXTS = ARTICLES[:4] + ARTICLES[6:]
"""Four articles, and the first once more."""


def rows(separator: str = ",", end: str = "\n", quote: str = '"', texts: Any = TEXTS) -> str:
    return "".join(f"{i}{separator}{quote}{t}{quote}{end}" for i, t in enumerate(texts))


def with_cr(separator: str, end: str, last: str = "", quote: str = "") -> str:
    """Rows in which each comma and space is a CR alone."""
    texts = (text.replace(", ", "\r") for text in TEXTS)
    parts = (
        f"{i if separator else ''}{separator}{quote}{t}{quote}{last}{end}"
        for i, t in enumerate(texts)
    )
    return "".join(parts)


FORMS: dict[str, tuple[str, str, str]] = {
    "sep": ("sep=;\r\nid;text\r\n" + rows(";", "\r\n"), "\r\n", ""),
    "sep in quotes": ('"sep=;"\nid;text\n' + rows(";"), "\n", ""),
    "SEP, padded": ("SEP=,,\nid,text\n" + rows(), "\n", ""),
    "sep, odd": ("sep=^\nid^text\n" + rows("^", quote=""), "\n", ""),
    "sep, tab": ("sep=\t\nid\ttext\ta;b;c\n" + rows("\t", "\t\n", quote=""), "\n", ""),
    "sep, CR": ("sep=;\rid;text\r" + rows(";", "\r"), "\r", ""),
    "sep against the header": ("sep=|\nid|text|a, b, c\n" + rows("|", "|\n", quote=""), "\n", ""),
    "CR": ("id,text\r" + rows(end="\r"), "\r", ""),
    "CR, no quotes": ("id;text\r" + rows(";", "\r", ""), "\r", ""),
    "CR, LF in quotes": ("id,text\r" + rows(end="\r").replace(", ", ",\n"), "\r", ""),
    "CR, both in quotes": ("id,text\r" + rows(end="\r").replace(", ", ",\r\n"), "\r", ""),
    "CR, CR in quotes": ("id,text\r" + rows(end="\r").replace(", ", ",\r"), "\r", ""),
    "CR, LF without quotes": ("id;text\r" + rows(";", "\r", "").replace(", ", "\n"), "\r", ""),
    "CR, escapes": (
        'id,text,"a \\"\n\\" b"\r' + rows(end=',"\\"\n\\""\r'), ',"\\"\n\\""\r', "",
    ),
    "CR, quoted header": ('"id","te,\nxt","text"\r' + rows(",,", "\r"), "\r", ""),
    "CR CR LF": ("id,text\r\r\n" + rows(end="\r\r\n"), "\r\r\n", ""),
    "bare CR": ("id,text\n" + with_cr(",", "\n"), "\n", ""),
    "bare CR, CR LF": ("id,text,n\r\n" + with_cr(",", "\r\n", ",1"), "\r\n", ""),
    "bare CR in quotes": ("id,text,n\r\n" + with_cr(",", "\r\n", ",1", '"'), "\r\n", ""),
    "bare CR in one column": ("text\n" + with_cr("", "\n"), "\n", "is part of its text"),
    "title": (
        "Press releases of 2017;;\n;;\nid;text;n\n" + rows(";", ";1\n"), ";1\n", "2 lines stand",
    ),
    "title, several": ("A\n#\nid;text;n\n" + rows(";", ";1\n"), ";1\n", "2 lines stand"),
    "comments": ("# from a, b and c\n#\n\nid,text\n" + rows(), "\n", "2 lines stand"),
    "blank lines": ("\n \nid,text\n" + rows(), "\n", ""),
    "names that separate": ('"id";"text";"note, or so"\n' + rows(";", ";\n"), ";\n", ""),
    "decimal commas": ("id;price;text\n" + rows(";3,50;", quote=""), "\n", ""),
    "trailing separators": ("id,text,,\n" + rows(end=",,\n"), ",,\n", ""),
    "NUL": ("id,text\n" + rows().replace("said", "sa\0id"), "\n", ""),
}  # fmt: skip
"""By name: a file, the end of its rows, and what its notice says (nothing where there is none)."""

ENCODINGS = {
    "": lambda text: text.encode(),
    "mark": lambda text: text.encode("utf-8-sig"),
    "wide": lambda text: text.encode("utf-16"),
    "old": lambda text: text.replace("Berlin", "Bérlin").encode("cp1252"),
}


def scan(folder: Path, *arguments: object) -> dict[str, Any]:
    target = f"json:{folder / 'r.json'}"
    done = run_main("scan", *arguments, "--output", target, "--no-progress", cwd=folder)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads((folder / "r.json").read_bytes())
    return report


def apply(folder: Path, target: str) -> bytes:
    done = run_main("apply", "r.json", "--output", target, "--yes", cwd=folder)
    assert done.returncode == 0, done.stderr
    return (folder / target).read_bytes()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_read_and_written(tmp_path: Path, name: str, encoding: str) -> None:
    text, end, told = FORMS[name]
    data = ENCODINGS[encoding](text)
    put(tmp_path / "f.csv", data)
    report = scan(tmp_path, "f.csv")
    assert report["corpus"]["document_count"] == 5 and not report["skipped"]
    ids = ["f.csv#1", "f.csv#5"] if "one column" in name else ["0", "4"]
    assert members(report) == [ids]
    assert [each["reason"] for each in report["notices"]] == ["odd_layout"] * bool(told)
    assert all(told in each["detail"] for each in report["notices"])
    kept = text.rpartition(f"{end}{'4' if ids[0] == '0' else 'Berlin'}")[0] + end
    assert apply(tmp_path, "clean.csv") == ENCODINGS[encoding](kept)
    found = read(tmp_path / "f.csv")
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    assert all(len(each.split()) == 65 for each in found.texts.values())


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_read_alike_packed_and_in_a_pipe(tmp_path: Path, name: str) -> None:
    data = FORMS[name][0].encode()
    plain = [*read(put(tmp_path / "f.csv", data)).texts.values()]
    found = read(put(tmp_path / "f.csv.gz", data))
    assert [*found.texts.values()] == plain
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    found = read(put(tmp_path / "f.zip", zip_of({"f.csv": data})))
    assert [*found.texts.values()] == plain
    found = read("-", stdin=data, input_format="csv")
    assert [*found.texts.values()] == plain
    assert found.provider().read_texts(found.texts) == found.texts


def test_fields_keep_their_line_ends(tmp_path: Path) -> None:
    for end, other in (("\n", "\r"), ("\r", "\n"), ("\r\n", "\r"), ("\r", " "), ("\r\n", " ")):
        text = f'a{other}b,"c{end}d{other}e"{end}'
        path = put(tmp_path / "f.csv", f'text,"n{other}{end}"{end}{text}x,1{end}'.encode())
        found = read(path, text_field=("text", "n"))
        assert next(iter(found.texts.values())) == f"a{other}b\n\nc{end}d{other}e"
        again = found.provider(by_name=True, text_field=("text", "n"))
        assert again.read_texts(found.texts) == found.texts


@pytest.mark.parametrize(("end", "other"), [("\n", "\r"), ("\r", "\n")])
def test_rows_that_end_otherwise_are_told_with_their_line(
    tmp_path: Path, end: str, other: str
) -> None:
    """Two files of different line ends, joined: what the first shows is used for both."""
    joined = f"id,text{end}{rows(end=end)}" + rows(end=other, texts=map(article, (7, 8, 9)))
    put(tmp_path / "f.csv", joined)
    report = scan(tmp_path, "f.csv")
    (skipped,) = report["skipped"]
    assert (skipped["id"], skipped["reason"]) == ("f.csv#6", "damaged")
    assert skipped["detail"].startswith("line 7: the row has 4 fields, where the header has 2: ")
    assert f"lines end in {'CR' if end == chr(13) else 'LF'}" in skipped["detail"]
    assert members(report) == [["0", "4"]]
    assert [each["reason"] for each in report["notices"]] == ["odd_layout"]
    assert apply(tmp_path, "clean.csv") == joined.replace(f'4,"{TEXTS[4]}"{end}', "").encode()


def test_a_file_of_cr_joined_with_one_of_cr_lf(tmp_path: Path) -> None:
    put(tmp_path / "f.csv", "id,text\r" + rows(end="\r") + f'9,"{TEXTS[1]}"\r\n')
    assert members(scan(tmp_path, "f.csv")) == [["0", "4"], ["1", "9"]]
    found = read(tmp_path / "f.csv")
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_blocks_of_any_size_give_the_same_rows(tmp_path: Path, end: str) -> None:
    from dedupe.sources import ReadLimits

    other = "\r" if end == "\n" else "\n"
    texts = [text.replace(", ", f"{other}") for text in TEXTS]
    path = put(tmp_path / "f.csv", f"id,text{end}" + rows(end=end, texts=texts))
    whole = read(path).texts
    for size in (450, 512, 1000):
        assert read(path, limits=ReadLimits(block_bytes=size)).texts == whole
    assert [*whole.values()] == texts


NO_HEADER = {
    "comma": (rows(), "2", ""),
    "semicolon": ("".join(f"{i};u://x;{t}\n" for i, t in enumerate(TEXTS)), "3", ""),
    "tab, CR": (rows("\t", "\r", ""), "2", ""),
    "sep": ("sep=|\n" + rows("|", quote=""), "2", ""),
    "spaces": (rows(", "), "2", "spaces stand"),
    "prose": ("".join(f"{t}\n" for t in TEXTS), "1", "each row is one text"),
    "no commas": ("".join(f"{t.replace(',', '')}\n" for t in TEXTS), "1", ""),
}
"""By name: a file without a header, the number of its text, and what its notice says."""


@pytest.mark.parametrize("name", NO_HEADER)
def test_a_file_without_a_header(tmp_path: Path, name: str) -> None:
    text, number, told = NO_HEADER[name]
    put(tmp_path / "f.csv", text)
    report = scan(tmp_path, "f.csv", "--no-header", "--text-field", number)
    assert members(report) == [["f.csv#1", "f.csv#5"]] and not report["skipped"]
    assert [told in each["detail"] for each in report["notices"]] == [True] * bool(told)
    kept = apply(tmp_path, "clean.csv")
    assert kept == text[: text.rindex("Berlin")].encode().rpartition(kept[-1:])[0] + kept[-1:]
    found = read(tmp_path / "f.csv", no_header=True, text_field=(number,))
    assert {len(each.split()) for each in found.texts.values()} == {65}
    if number == "1":  # the only column needs no name
        assert read(tmp_path / "f.csv", no_header=True).texts == found.texts
        return
    report = scan(tmp_path, "f.csv", "--no-header", "--text-field", number, "--id-field", "1")
    assert members(report) == [["0", "4"]]
    done = run_main("scan", "f.csv", "--no-header", cwd=tmp_path)
    assert done.returncode == 2
    assert f"--no-header --text-field {number} (field_missing)" in done.stderr.decode()


def test_fields_by_number(tmp_path: Path) -> None:
    put(tmp_path / "f.csv", "".join(f"k{i},x,2017,{t}\n" for i, t in enumerate(["a b", "c d"])))
    (tmp_path / "dedupe.toml").write_text('no_header = true\ntext_field = ["2", "4"]\n')
    report = scan(tmp_path, "f.csv", "--id-field", "1", "--meta-field", "3", "--threshold", "0.1",
                  "--shingle-size", "1")  # fmt: skip
    assert report["config"]["no_header"] is True
    (cluster,) = report["clusters"]
    assert [(each["id"], each["meta"]) for each in cluster["members"]] == [
        ("k0", {"3": "2017"}),
        ("k1", {"3": "2017"}),
    ] or cluster["members"][0]["id"] == "k1"
    put(tmp_path / "g.csv", "text,n\nwith a header,1\n")
    report = scan(tmp_path, "g.csv", "--header", "--text-field", "text")
    assert report["corpus"]["document_count"] == 1


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (rows(), "--no-header --text-field 2"),
        ("".join(f"u,{row}\n" for row in rows().splitlines()), "--no-header --text-field 3"),
        ("1;https://a.example;short\n2;https://b.example;title\n", "--no-header"),
        (
            "Of this year;\n\nno;story_of_it\n1;some words of it\n2;and the others\n",
            "--text-field 'story_of_it'",
        ),
        ("name,story_of_it\nx,some words of it\ny,and the others\n", "--text-field 'story_of_it'"),
    ],
)
def test_a_file_that_has_no_header_is_told_so(tmp_path: Path, text: str, hint: str) -> None:
    put(tmp_path / "f.csv", text)
    (skipped,) = read(tmp_path / "f.csv").skipped
    assert skipped.reason == "field_missing"
    assert hint in skipped.detail
    assert ("looks like data" in skipped.detail) == hint.startswith("--no-header")


def test_a_number_that_no_field_has_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "f.csv", rows())
    (skipped,) = read(path, no_header=True, text_field=("5",)).skipped
    assert skipped.detail == (
        "no field is called 5; fields are 1 to 2; prose, as it seems: 2; "
        "name one, such as --no-header --text-field 2"
    )
    put(path, "one field alone\n")
    (skipped,) = read(path, no_header=True, text_field=("2",)).skipped
    assert "a row has one field, 1" in skipped.detail


def test_rows_that_repeat_the_header_are_no_documents(tmp_path: Path) -> None:
    """As in files that were joined by ``cat``, each with its header, one with a mark."""
    parts = [f"id,text\n{rows()}", f'"id","text"\n8,"{TEXTS[1]}"\n', "\ufeffid,text\n9,x\n"]
    put(tmp_path / "f.csv", "".join(parts))
    report = scan(tmp_path, "f.csv")
    assert members(report) == [["0", "4"], ["1", "8"]] and not report["skipped"]
    assert report["corpus"]["document_count"] == 7
    (notice,) = report["notices"]
    assert notice["reason"] == "odd_layout"
    assert notice["detail"] == "2 rows repeat the header and are no documents: row 6, …"
    assert apply(tmp_path, "clean.csv").decode().count("text") == 3
    found = read(tmp_path / "f.csv")
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_content_shows_sep_and_cr(tmp_path: Path) -> None:
    for name, data in (("a", FORMS["sep"][0]), ("b", FORMS["CR"][0]), ("c", FORMS["sep, CR"][0])):
        found = read(put(tmp_path / name, data))
        assert [each.format for each in found.corpus.sources] == ["csv"]
        assert len(found.texts) == 5


def test_python_never_speaks(tmp_path: Path) -> None:
    """Whatever stands where: no message asks how a file should be opened."""
    for i, text in enumerate(("a\rb,c\n\rd\r\re\r\n,\r", 'x"\ry,"\r"\rz\n"\r', "\r\r\n\n\r,\r\n")):
        for head in ("id,text\n", "id,text\r", "id,text\r\n"):
            found = read(put(tmp_path / f"{i}.csv", head + text * 3))
            assert not any("open the file" in each.detail for each in found.skipped)
            assert not any(each.reason == "reader_failed" for each in found.skipped)


def test_lines_that_are_read_twice_keep_their_cr(tmp_path: Path) -> None:
    """A quote that is never closed makes the lines after it rows again, long after their block."""
    from dedupe.sources import ReadLimits

    rest = "".join(f"{i},plain words\n" for i in range(3, 40))
    path = put(tmp_path / "f.csv", f'id,text\n1,"never closed\n2,a\rb\n{rest}')
    found = read(path, limits=ReadLimits(block_bytes=64))
    assert [each.id for each in found.skipped] == [f"{path}#1"]
    assert found.texts["2"] == "a\rb" and len(found.texts) == 38
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
