"""SQLite: which rows are documents, and that nothing of a database is run or written."""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dedupe.model.metadata import read_meta
from dedupe.sources import ReadLimits
from tests.support.command import RunDedupe
from tests.support.every_format import COMPRESSORS, database, zip_of
from tests.support.reading import put, read

WORDS = [f"word{number}" for number in range(300)]


def sentence(begin: int, count: int = 40) -> str:
    return " ".join(WORDS[begin : begin + count])


def made(*statements: str) -> bytes:
    return database(statements=statements)


def rows_of(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute(query).fetchall()


# --- what is a document --------------------------------------------------------------------


def test_rows_of_tables_with_a_text_are_records(tmp_path: Path) -> None:
    data = made(
        "CREATE TABLE posts (id TEXT, url TEXT, date INTEGER, content, seen INT)",
        "INSERT INTO posts VALUES ('p1', 'https://a.example/1', 1700000000, 'one', 1)",
        "INSERT INTO posts VALUES (NULL, NULL, NULL, 'two', 1)",
        "INSERT INTO posts VALUES (7, '', '', NULL, 1)",
        "INSERT INTO posts VALUES (8, '', '', 9, 1)",
        'CREATE TABLE "odd ""name" (n INTEGER PRIMARY KEY, body)',
        """INSERT INTO "odd ""name" VALUES (-5, 'three'), (0, 'four')""",
        """INSERT INTO "odd ""name" VALUES (9007199254740993, 'five')""",
        "CREATE TABLE numbers (text INTEGER, n REAL)",
        "INSERT INTO numbers VALUES (1, 2)",
        "CREATE VIEW shown AS SELECT content AS text FROM posts",
    )
    put(tmp_path / "a.db", data)
    found = read(tmp_path)
    assert found.texts == {
        "p1": "one",
        "a.db/posts#2": "two",
        'a.db/odd "name#-5': "three",
        'a.db/odd "name#0': "four",
        'a.db/odd "name#9007199254740993': "five",
    }
    assert found.reasons == {"7": "text_null", "8": "text_not_string"}
    assert {*found.notice_reasons.values()} == {"odd_layout"}  # several tables
    metas = [read_meta(meta) for batch in found.batches for meta in batch.metas]
    assert {"url": "https://a.example/1", "date": "1700000000", "site": "a.example"} in metas
    for by_name in (False, True):
        assert found.provider(by_name).read_texts([*found.texts][::-1]) == found.texts


def test_one_table_can_be_chosen(tmp_path: Path) -> None:
    data = made(
        "CREATE TABLE posts (id TEXT, content TEXT)",
        "INSERT INTO posts VALUES ('p1', 'one'), ('p2', 'two')",
        'CREATE TABLE "Comments" (body TEXT)',
        """INSERT INTO "Comments" VALUES ('three')""",
        "CREATE TABLE users (name TEXT, about TEXT, motto INT)",
        "INSERT INTO users VALUES ('A', 'She writes about the sea and about harbours', "
        "'It is better to sail slowly and to arrive than never to sail at all')",
    )
    path = put(tmp_path / "a.db", data)
    found = read(path)
    assert len(found.texts) == 3
    [notice] = found.notices
    assert notice.detail.endswith("2 tables: 'posts', 'Comments'; --records names one")
    for name in ("comments", "Comments"):
        chosen = read(path, records=name)
        assert [*chosen.texts.values()] == ["three"]
        assert not chosen.notices
        assert chosen.provider(by_name=True).read_texts(chosen.texts) == chosen.texts
    [missing] = read(path, records="articles").skipped
    assert missing.reason == "no_records"
    assert missing.detail.endswith("its tables are 'posts', 'Comments', 'users'")
    [textless] = read(path, records="users").skipped
    assert textless.detail.endswith("--text-field 'about'")  # INT makes motto a number
    assert len(read(path, records="users", text_field=("about",)).texts) == 1


def test_fields_are_named_as_in_other_records(tmp_path: Path) -> None:
    put(tmp_path / "a.db", database([{"key": "k", "head": "one", "lead": "two and more"}]))
    found = read(tmp_path, text_field=("head", "lead"), id_field="key")
    assert found.texts == {"k": "one\n\ntwo and more"}
    assert found.provider(text_field=("head", "lead")).read_texts(["k"]) == found.texts
    (skipped,) = read(tmp_path).skipped
    assert skipped.reason == "field_missing"
    assert "table 'articles': its columns are 'key', 'head', 'lead'" in skipped.detail
    assert "--text-field 'lead'" in skipped.detail


def test_columns_match_in_any_case(tmp_path: Path) -> None:
    put(tmp_path / "a.db", database([{"ID": "k", "Body": "one"}]))
    found = read(tmp_path)
    assert found.texts == found.provider().read_texts(["k"]) == {"k": "one"}


@pytest.mark.parametrize("packing", COMPRESSORS)
def test_packed_databases_are_read_and_read_again(tmp_path: Path, packing: str) -> None:
    data = COMPRESSORS[packing](database([{"text": sentence(n)} for n in range(50)]))
    (tmp_path / f"a.db{packing}").write_bytes(data)
    put(tmp_path / "b.zip", zip_of({f"x/b.sqlite{packing}": data}))
    (tmp_path / "no-ending").write_bytes(data)
    found = read(tmp_path)
    assert len(found.texts) == 150 and not found.skipped
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    piped = read("-", stdin=data)
    assert piped.texts.keys() == {f"-/articles#{n}" for n in range(1, 51)}
    assert piped.provider().read_texts(piped.texts) == piped.texts


def test_no_copy_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    data = COMPRESSORS[".gz"](database([{"text": "one"}]))
    (tmp_path / "a.db.gz").write_bytes(data)
    found = read(tmp_path / "a.db.gz")
    assert [*found.provider().read_texts(found.texts).values()] == ["one"]
    assert not [*(tmp_path / "temporary").iterdir()]


def test_texts_in_other_encodings_are_decoded(tmp_path: Path) -> None:
    latin = "Größe, Straße und Übermut: schön wär's für die Müßiggänger"
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (text)")
        for value in ("é漢🙂", "blob é".encode(), latin.encode("cp1252")):
            connection.execute("INSERT INTO t VALUES (?)", (value,))
        connection.execute("INSERT INTO t VALUES (CAST(? AS TEXT))", (latin.encode("cp1252"),))
        connection.commit()
    (tmp_path / "b.db").write_bytes(
        made(
            "PRAGMA encoding = 'UTF-16le'",
            "CREATE TABLE t (text)",
            "INSERT INTO t VALUES ('é漢🙂')",
        )
    )
    found = read(tmp_path)
    assert found.texts == {
        "a.db/t#1": "é漢🙂",
        "a.db/t#2": "blob é",
        "a.db/t#4": latin,
        "b.db/t#1": "é漢🙂",
    }
    assert found.reasons == {"a.db/t#3": "text_not_string"}
    assert found.provider().read_texts(found.texts) == found.texts


def test_a_long_row_costs_itself_alone(tmp_path: Path) -> None:
    texts = ["one", "x" * 5_000, "y" * 9_000_000, "two"]
    put(tmp_path / "a.db", database([{"text": text} for text in texts]))
    found = read(tmp_path, max_document_bytes=4000)
    assert found.texts == {"a.db/articles#1": "one", "a.db/articles#4": "two"}
    assert found.reasons == {"a.db/articles#2": "too_large", "a.db/articles#3": "too_large"}


def test_many_rows_come_in_order(tmp_path: Path) -> None:
    texts = [sentence(n % 250, n % 60) + f" {n}" for n in range(5000)]
    put(tmp_path / "a.db", database([{"text": text} for text in texts]))
    found = read(tmp_path, limits=ReadLimits(batch_bytes=10_000))
    assert [*found.texts.values()] == texts
    some = [f"a.db/articles#{n}" for n in (4999, 7, 2500)]
    assert found.provider().read_texts(some) == {id: found.texts[id] for id in some}


# --- what is not run, and not written ------------------------------------------------------


def test_nothing_that_a_database_brings_is_run(tmp_path: Path) -> None:
    data = made(
        "CREATE TABLE a (n INT, text TEXT GENERATED ALWAYS AS (hex(zeroblob(n))) VIRTUAL)",
        "INSERT INTO a (n) VALUES (1000)",
        "CREATE TABLE b (title TEXT, text TEXT AS (title || '!') STORED)",
        "INSERT INTO b (title) VALUES ('one')",
        "CREATE TABLE c (text)",
        "INSERT INTO c VALUES ('two')",
        "CREATE VIEW v AS WITH RECURSIVE r(text) AS (SELECT 'x' UNION ALL SELECT text FROM r) "
        "SELECT text FROM r",
        "CREATE TABLE w (text TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO w VALUES ('three')",
        "CREATE TABLE r (rowid TEXT, _rowid_ TEXT, oid TEXT, text TEXT)",
    )
    put(tmp_path / "a.db", data)
    found = read(tmp_path)
    assert found.texts == {"a.db/b#1": "one!", "a.db/c#1": "two"}
    assert found.reasons == {"a.db/w": "unreadable", "a.db/r": "unreadable"}


def test_indexes_for_full_text_are_no_tables(tmp_path: Path) -> None:
    try:
        data = made(
            "CREATE VIRTUAL TABLE f USING fts5(text)",
            "INSERT INTO f VALUES ('one two')",
            "CREATE TABLE f_content_of_mine (text)",
            "INSERT INTO f_content_of_mine VALUES ('three')",
        )
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no fts5")
    put(tmp_path / "a.db", data)
    assert read(tmp_path).texts == {"a.db/f_content_of_mine#1": "three"}


def test_newer_rows_beside_the_file_are_told_and_stay(
    tmp_path: Path, dedupe_here: RunDedupe
) -> None:
    path = tmp_path / "in" / "a.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (text)")
        connection.executemany("INSERT INTO t VALUES (?)", [(sentence(0),)] * 2)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO t VALUES ('newest')")
        connection.commit()
        before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
        assert before.keys() == {"a.db", "a.db-wal", "a.db-shm"}
        found = read(path)
        assert len(found.texts) == 2
        assert found.notice_reasons == {str(path): "pending_changes"}
        dedupe_here("scan", "in/a.db", "--output", "r.json")
        told = dedupe_here("apply", "r.json", "--output", "out.db", "--yes", code=2).stdout
        assert b"changes to it are in a.db-wal" in told
        assert (tmp_path / "out.db").read_bytes() == path.read_bytes()
        assert before == {each.name: each.read_bytes() for each in path.parent.iterdir()}


# --- damaged and hostile files -------------------------------------------------------------


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    whole = database([{"text": sentence(n)} for n in range(300)])
    put(tmp_path / "a.db", b"SQLite format 3\0\x10\0\1\1")
    put(tmp_path / "b.db", b"some text")
    put(tmp_path / "c.db", whole[:100])
    put(tmp_path / "d.db", made("CREATE TABLE t (x)", "DROP TABLE t"))
    put(tmp_path / "e.db", whole[: len(whole) // 2])
    found = read(tmp_path)
    assert found.reasons == {
        "a.db": "damaged",
        "b.db": "not_text",
        "c.db": "damaged",
        "d.db": "field_missing",
        "e.db": "damaged",
    }
    assert "SQLite" in found.skipped[0].detail and ".recover" in found.skipped[0].detail
    assert not found.texts


def test_rows_before_the_damage_are_read(tmp_path: Path) -> None:
    texts = [f"{n} {sentence(n % 200)}" for n in range(3000)]
    data = bytearray(database([{"text": text} for text in texts], "a"))
    middle = data.index(b"1500 word") // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(bytes(data))
        connection.execute("CREATE TABLE b (text)")
        connection.execute("INSERT INTO b VALUES ('after')")
        connection.commit()
        put(tmp_path / "a.db", connection.serialize())
    found = read(tmp_path)
    assert found.reasons == {"a.db/a": "damaged"}
    assert found.texts["a.db/b#1"] == "after"
    count = len(found.texts) - 1
    assert 1000 < count < 1501 and f"after {count} rows" in found.skipped[0].detail
    assert [*found.texts.values()][:count] == texts[:count]


def test_pages_that_are_claimed_twice_give_no_row_twice(tmp_path: Path) -> None:
    """All children of the root are made the first one, as in a bomb of pages."""
    data = bytearray(database([{"text": sentence(n % 200) * 9} for n in range(2000)]))
    root = next(at for at in range(4096, len(data), 4096) if data[at] == 5)
    cells = int.from_bytes(data[root + 3 : root + 5], "big")
    assert cells > 2
    pointers = [
        int.from_bytes(data[root + 12 + 2 * n : root + 14 + 2 * n], "big") for n in range(cells)
    ]
    for pointer in pointers:
        data[root + pointer : root + pointer + 4] = data[
            root + pointers[0] : root + pointers[0] + 4
        ]
    put(tmp_path / "a.db", bytes(data))
    found = read(tmp_path)
    assert found.reasons == {"a.db/articles": "damaged"}
    assert 0 < len(found.texts) < 2000 / cells + 1


@pytest.mark.parametrize("seed", range(6))
def test_damaged_databases_end_with_a_reason(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    good = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT, date TEXT)",
        "CREATE INDEX i ON t (text)",
        *(
            f"INSERT INTO t VALUES ({n}, '{sentence(n) * (1 + 30 * (n == 7))}', 'x')"
            for n in range(60)
        ),
    )
    for number in range(40):
        data = bytearray(good)
        for _ in range(rng.choice([1, 4, 30])):
            data[rng.choice([rng.randrange(16, 120), rng.randrange(16, len(data))])] = (
                rng.randrange(256)
            )
        put(
            tmp_path / f"{number}.db",
            bytes(data[: rng.choice([len(data), rng.randrange(len(data))])]),
        )
    began = time.process_time()
    found = read(tmp_path)
    assert time.process_time() - began < 5
    assert "reader_failed" not in found.reasons.values()
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    assert {path.suffix for path in tmp_path.iterdir()} == {".db"}  # nothing beside them


# --- taking rows out -----------------------------------------------------------------------


def scan_and_apply(tmp_path: Path, dedupe_here: RunDedupe, code: int = 0) -> bytes:
    dedupe_here("scan", "in", "--keep", "first", "--output", "r.json")
    return dedupe_here("apply", "r.json", "--output", "out", "--yes", code=code).stdout


@pytest.mark.parametrize("packing", ["", ".gz"])
def test_apply_takes_out_rows_and_nothing_else(
    tmp_path: Path, dedupe_here: RunDedupe, packing: str
) -> None:
    statements = (
        "PRAGMA page_size = 1024",
        "CREATE TABLE t (text TEXT, n INT)",
        "CREATE INDEX i ON t (text)",
        "CREATE TABLE other (x)",
        "INSERT INTO other VALUES ('stays')",
    )
    texts = [sentence(50 * (n % 4)) for n in range(8)] + ["alone alone"]
    data = database([{"text": t, "n": n} for n, t in enumerate(texts)], "t", statements)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"a.db{packing}").write_bytes(COMPRESSORS[packing](data))
    scan_and_apply(tmp_path, dedupe_here)
    out = tmp_path / "out" / f"a.db{packing}"
    if packing:
        out.with_suffix("").write_bytes(gzip.decompress(out.read_bytes()))
        out = out.with_suffix("")
    assert rows_of(out, "SELECT rowid, text, n FROM t") == [
        (n + 1, text, n) for n, text in enumerate(texts) if n not in (4, 5, 6, 7)
    ]
    assert rows_of(out, "SELECT * FROM other") == [("stays",)]
    dropped_twice = texts[0].encode()
    assert out.read_bytes().count(dropped_twice) < data.count(dropped_twice)


def test_a_table_with_triggers_stays_as_it_is(tmp_path: Path, dedupe_here: RunDedupe) -> None:
    statements = (
        "CREATE TABLE t (text)",
        "CREATE TABLE log (x)",
        "INSERT INTO log VALUES (1)",
        "CREATE TRIGGER gone AFTER DELETE ON t BEGIN DELETE FROM log; END",
    )
    data = database([{"text": sentence(0)}] * 2, "t", statements)
    put(tmp_path / "in" / "a.db", data)
    put(tmp_path / "in" / "b.txt", sentence(100))
    told = scan_and_apply(tmp_path, dedupe_here, code=2)
    assert b"trigger" in told
    report = json.loads((tmp_path / "r.json").read_text())
    assert len(report["clusters"]) == 1
    assert (tmp_path / "out" / "a.db").read_bytes() == data
