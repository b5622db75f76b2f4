"""CSV and TSV as people have them: nothing quoted, single quotes, commas in a file named TSV."""

from __future__ import annotations

from pathlib import Path

import pytest

import dedupe
from dedupe.applying import plan_drops, write_output
from dedupe.model.settings import Config
from tests.support.reading import Outcome, put, read

TEXT = "the council met on Monday to talk about the harbour bridge and the ferry"


def other(word: str) -> str:
    """A text that is unlike all others."""
    return " ".join(f"{word}{number}" for number in range(12))


TEXTS = {
    "a": f'"Stop!" cried {TEXT}',
    "b": f'"{other("one")}',
    "c": other("two"),
    "d": f'"{other("three")}',
    "e": f'he said "no": {other("four")}',
    "f": f'"Stop!" cried {TEXT}',
}


def table(separator: str, texts: dict[str, str]) -> bytes:
    rows = [f"{id}{separator}x{separator}{text}\n" for id, text in texts.items()]
    return "".join([f"id{separator}n{separator}text\n", *rows]).encode()


def check(path: Path, found: Outcome, texts: dict[str, str]) -> None:
    assert found.texts == texts
    assert found.reasons == {}
    assert found.provider(by_name=True).read_texts(found.texts) == texts
    report = dedupe.scan(path, Config())
    out = path.with_name(f"out-{path.name}")
    outcome = write_output(report, plan_drops(report), str(out))
    kept = read(out).texts
    dropped = {each.id for each in outcome.dropped}
    assert len(dropped) == 1
    assert {*kept, *dropped} == set(texts)
    assert all(texts[id] == text for id, text in kept.items())


@pytest.mark.parametrize("name", ["r.tsv", "r.csv"])
@pytest.mark.parametrize("separator", ["\t", "|"])
def test_quotes_of_a_file_that_quotes_nothing_are_text(
    tmp_path: Path, name: str, separator: str
) -> None:
    if (name, separator) == ("r.tsv", "|"):
        name = "r.tab"
    path = put(tmp_path / name, table(separator, TEXTS))
    found = read(path)
    [notice] = found.notices
    assert "quotes at the beginning of fields are signs of the text" in notice.detail
    check(path, found, TEXTS)


def test_quotes_of_a_file_that_quotes_stay_quotes(tmp_path: Path) -> None:
    texts = {"a": f'"Stop!" cried {TEXT}', "b": f"{TEXT}\tone", "c": f"{TEXT}\n{TEXT}", "d": TEXT}
    quoted = {id: '"' + text.replace('"', '""') + '"' for id, text in texts.items()}
    found = read(put(tmp_path / "r.tsv", table("\t", quoted)))
    assert (found.texts, found.notices) == (texts, [])
    closed = {id: f'"{TEXT} {id}, ""yes"""' for id in "abcd"}
    found = read(put(tmp_path / "r.tsv", table("\t", closed)))
    assert set(found.texts.values()) == {f'{TEXT} {id}, "yes"' for id in "abcd"}
    assert found.notices == []


def test_single_quotes_behind_a_header_without_quotes(tmp_path: Path) -> None:
    first = f"{TEXT}, one, it's"
    texts = {"a": first, "b": f"{other('b')}, two", "c": other("c"), "d": first, "e": "a, b"}
    quoted = {id: "'" + text.replace("'", "''") + "'" for id, text in texts.items()}
    path = put(tmp_path / "r.csv", table(",", quoted))
    found = read(path)
    assert "single quotes" in found.notices[0].detail
    check(path, found, texts)


@pytest.mark.parametrize("name", ["r.tsv", "r.tab"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_file_named_tsv_without_a_tab_is_csv(tmp_path: Path, name: str, separator: str) -> None:
    texts = {id: other(id) for id in "abcd"} | {"e": other("a")}
    path = put(tmp_path / name, table(separator, texts))
    found = read(path)
    assert found.notices == []
    check(path, found, texts)
