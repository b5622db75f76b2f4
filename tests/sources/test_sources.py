"""Reading: what is found, how it is named, what is kept of broken input, and reading it again."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dedupe.model.documents import Locator, SkippedDocument, SourceInfo, TextBatch
from dedupe.model.relations import Relation
from dedupe.model.report import (
    Cluster,
    CorpusSummary,
    Member,
    Report,
    RunInfo,
    WeakestLink,
)
from dedupe.model.search_summary import SearchSummary
from dedupe.model.settings import ScanSettings
from dedupe.sources import (
    Corpus,
    ReadLimits,
    SourceTexts,
    find_sources,
    make_batch,
    read_corpus,
    unreadable_paths,
)
from dedupe.sources.discovery.patterns import PatternSet
from dedupe.sources.files.names import openable_names, readable_name
from dedupe.sources.files.source import Source
from dedupe.sources.files.spool import Spool
from dedupe.sources.records.line_blocks import LineBlock, LineSplitter, LongLine
from dedupe.sources.unpack.compression import CODECS, CompressionError, UnpackedFile, unpack
from tests.support.reading import Outcome, cut, lines, put, read, texts_of


class PanicException(BaseException):
    """Named like what libraries written in Rust raise, which is no ``Exception`` either."""


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, PanicException])
def test_a_reader_that_fails_loses_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*arguments: object) -> Iterator[Any]:
        yield SkippedDocument("b.csv#1", "text_null")
        raise error("unforeseen")

    monkeypatch.setattr("dedupe.sources.formats.csv.reader.read_csv", fail)
    for name in ("a.txt", "b.csv", "c.txt"):
        put(tmp_path / name, "one two")
    found = read(tmp_path)
    assert set(found.texts) == {"a.txt", "c.txt"}
    assert found.reasons == {"b.csv#1": "text_null", "b.csv": "reader_failed"}
    assert error.__name__ in found.skipped[-1].detail and "report it" in found.skipped[-1].detail
    monkeypatch.setenv("DEDUPE_DEBUG", "1")
    with pytest.raises(error):
        read(tmp_path)


# --- ids and discovery ---------------------------------------------------------------------


def test_ids_are_relative_to_one_folder(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "one")
    put(tmp_path / "deep" / "er" / "b.md", "two")
    put(tmp_path / "r.jsonl", lines({"text": "three"}, {"id": "own", "text": "four"}))
    found = read(tmp_path)
    assert found.texts == {
        "a.txt": "one",
        "deep/er/b.md": "two",
        "r.jsonl:1": "three",
        "own": "four",
    }
    assert not found.skipped and not found.notices


def test_ids_begin_with_the_path_as_named_where_there_are_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a" / "x.txt", "one")
    put(tmp_path / "b" / "x.txt", "two")
    put(tmp_path / "c.txt", "three")
    monkeypatch.chdir(tmp_path)
    assert read("a", "b/", "./c.txt").texts == {
        "a/x.txt": "one",
        "b/x.txt": "two",
        "./c.txt": "three",
    }
    assert read("./c.txt").texts == {"./c.txt": "three"}


def test_sources_are_in_the_order_of_ids_whatever_the_order_of_paths(tmp_path: Path) -> None:
    names = [f"{folder}/{name}.txt" for folder in "pq" for name in "abc"]
    for name in names:
        put(tmp_path / name, name)
    paths = [str(tmp_path / "p"), str(tmp_path / "q")]
    forth = find_sources(paths, ScanSettings())
    back = find_sources(paths[::-1], ScanSettings())
    assert [source.id for source in forth.sources] == [str(tmp_path / name) for name in names]
    assert [source.id for source in back.sources] == [source.id for source in forth.sources]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *[("x.txt", 1), ("x.TXT", 1), ("x.md", 1), ("x.text", 1), ("noending", 2), ("x.other", 2)],
        *[("x.jsonl", 2), ("x.ndjson", 2), ("x.JSONL", 2)],
    ],
)
@pytest.mark.parametrize("packing", ["", ".gz"])
def test_endings(tmp_path: Path, name: str, count: int, packing: str) -> None:
    path = put(tmp_path / (name + packing), lines({"text": "one"}, {"text": "two"}))
    assert len(read(tmp_path).texts) == count
    assert len(read(path).texts) == count


def test_the_input_format_overrides_the_ending(tmp_path: Path) -> None:
    path = put(tmp_path / "x.txt", lines({"text": "one"}))
    assert list(read(path, input_format="jsonl").texts.values()) == ["one"]
    assert read(tmp_path, input_format="jsonl").texts == {"x.txt:1": "one"}
    path = put(tmp_path / "x.jsonl", lines({"text": "one"}))
    assert list(read(path, input_format="text").texts) == [str(path)]


def test_hidden_files_and_version_control_are_left_out_unless_named(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "a")
    for name in (".hidden.txt", ".git/config", "CVS/Root", "sub/.svn/x.txt"):
        put(tmp_path / name, "no")
    assert list(read(tmp_path).texts) == ["a.txt"]
    assert read(tmp_path / ".git").texts == {"config": "no"}
    assert list(read(tmp_path / ".hidden.txt").texts.values()) == ["no"]


def test_glob_and_exclude(tmp_path: Path) -> None:
    for name in ("a.txt", "b.md", "sub/c.txt", "sub/drafts/d.txt", "drafts/e.txt"):
        put(tmp_path / name, name)
    assert set(read(tmp_path, glob=("*.txt",), exclude=("drafts/",)).texts) == {
        "a.txt",
        "sub/c.txt",
    }
    assert set(read(tmp_path, glob=("sub/*",)).texts) == {"sub/c.txt"}
    assert set(read(tmp_path, glob=("sub/**",)).texts) == {"sub/c.txt", "sub/drafts/d.txt"}
    assert set(read(tmp_path, exclude=("*.txt",)).texts) == {"b.md"}
    named = read(tmp_path / "a.txt", tmp_path / "b.md", exclude=("*.md",), glob=("*.none",))
    assert list(named.texts.values()) == ["a.txt"]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.md", "a/b.md", True),
        ("*.md", "a/b.mdx", False),
        ("?.md", "a/bb.md", False),
        ("[ab].md", "b.md", True),
        ("[!ab].md", "b.md", False),
        ("[!ab].md", "c.md", True),
        ("[z-a].md", "c.md", False),
        ("[", "[", True),
        ("[]]", "]", True),
        ("/b.md", "a/b.md", False),
        ("/b.md", "b.md", True),
        ("./b.md", "b.md", True),
        ("a/*.md", "a/b/c.md", False),
        ("a/**/c.md", "a/b/x/c.md", True),
        ("a/**/c.md", "a/c.md", True),
        ("**/c.md", "c.md", True),
        ("**/b/*.md", "x/b/c.md", True),
        ("a/**", "a", False),
        ("a/**", "a/b/c", True),
        ("b/", "a/b/c.md", True),
        ("b/", "a/b", False),
        ("/b/", "a/b/c", False),
        ("a.b", "axb", False),
        ("{a,b}", "a", False),
        ("**", "a/b", True),
        ("*\n*", "a\nb", True),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert PatternSet([pattern]).matches_file(path) is expected


def test_links_below_a_folder_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "c" / "a.txt", "a")
    put(tmp_path / "outside.txt", "outside")
    (tmp_path / "c" / "loop").symlink_to(tmp_path / "c")
    (tmp_path / "c" / "link.txt").symlink_to(tmp_path / "outside.txt")
    (tmp_path / "c" / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c" / "self").symlink_to(tmp_path / "c" / "self")
    found = read(tmp_path / "c")
    assert list(found.texts) == ["a.txt"]
    assert found.notice_reasons == {str(tmp_path / "c"): "links_not_followed"}
    assert "3" not in found.notices[0].detail and "4" in found.notices[0].detail
    assert list(read(tmp_path / "c" / "link.txt").texts.values()) == ["outside"]
    assert list(read(tmp_path / "c" / "loop").texts) == ["a.txt"]
    assert list(read(tmp_path / "c" / "self").reasons.values()) == ["unreadable"]


def test_pipes_and_sockets_below_a_folder_are_not_opened(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "a")
    os.mkfifo(tmp_path / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        found = read(tmp_path)
    assert found.texts == {"a.txt": "a"}
    assert found.reasons == {"pipe.jsonl": "not_a_file", "socket": "not_a_file"}


def test_a_named_pipe_is_read_like_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(lines({"text": "one"}),))
    writer.start()
    found = read(path)
    writer.join()
    assert found.texts == {f"{path}:1": "one"}
    assert found.provider().read_texts(found.texts) == found.texts


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"), Source("x", str(path)).open():
        pass


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "full" / "a.txt", "a")
    put(tmp_path / "x.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    missing = [tmp_path / "none", tmp_path / "full" / "a.txt" / "b", "nul\0byte", ""]
    paths = [*missing, tmp_path / "empty", tmp_path / "full", tmp_path / "x.png"]
    found = read(*paths)
    assert found.reasons == {
        **{str(path): "path_missing" for path in missing},
        str(tmp_path / "empty"): "no_files",
        str(tmp_path / "x.png"): "known_format",
    }
    assert list(found.texts.values()) == ["a"]
    names = tuple(str(path) for path in paths if path != tmp_path / "full")
    assert unreadable_paths(found.skipped, [str(path) for path in paths]) == names
    assert all(item.detail for item in found.skipped)


def test_a_glob_that_matches_nothing_is_told(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "a")
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    found = read(tmp_path, glob=("*.jsonl",))
    assert found.reasons == {str(tmp_path): "no_files"}
    assert "--glob" in found.skipped[0].detail and "links" in found.skipped[0].detail


def test_problems_below_a_folder_do_not_make_the_folder_unreadable(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "a")
    put(tmp_path / "b.txt", b"\0\0")
    found = read(tmp_path)
    assert found.reasons == {"b.txt": "not_text"}
    assert unreadable_paths(found.skipped, [tmp_path]) == ()


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a stand-in, since the tests may run as root, to whom nothing is denied."""
    put(tmp_path / "a.txt", "a")
    put(tmp_path / "secret.txt", "no")
    put(tmp_path / "locked" / "c.txt", "no")
    real_open, real_scandir = os.open, os.scandir

    def deny(path: Any) -> None:
        if str(path).rstrip("/").endswith(("secret.txt", "locked")):
            raise PermissionError(errno.EACCES, "Permission denied")

    def guarded_open(path: Any, *args: Any, **kwargs: Any) -> int:
        deny(path)
        return real_open(path, *args, **kwargs)

    def guarded_scandir(path: Any) -> Any:
        deny(path)
        return real_scandir(path)

    monkeypatch.setattr(os, "open", guarded_open)
    monkeypatch.setattr(os, "scandir", guarded_scandir)
    found = read(tmp_path)
    assert found.texts == {"a.txt": "a"}
    assert found.reasons == {"secret.txt": "permission_denied", "locked": "permission_denied"}
    named = [tmp_path / "secret.txt", tmp_path / "locked"]
    found = read(*named)
    assert found.reasons == {str(path): "permission_denied" for path in named}
    assert len(unreadable_paths(found.skipped, named)) == 2


def test_a_file_reached_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a" / "b" / "x.txt", "x")
    put(tmp_path / "a" / "b" / "y.txt", "y")
    (tmp_path / "z.txt").symlink_to(tmp_path / "a" / "b" / "x.txt")
    monkeypatch.chdir(tmp_path)
    for paths in (["a", "a/b", "z.txt"], ["z.txt", "a/b", "a", "./a"]):
        found = read(*paths)
        assert sorted(found.texts.values()) == ["x", "y"]
        assert [notice.reason for notice in found.notices] == ["same_file"]
    assert sum(len(batch) for batch in read("a", "a/b").batches) == 2
    assert set(read("a", "z.txt", "a").texts) == {"a/b/x.txt", "a/b/y.txt"}
    found = read("-", "-", stdin=lines({"text": "one"}))
    assert found.texts == {"-:1": "one"} and len(found.notices) == 1


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_names_that_are_not_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"odd")
    except OSError:
        pytest.skip("the file system takes no such names")
    put(tmp_path / "two\nlines\x1b[31m.txt", "lined")
    found = read(tmp_path)
    assert found.texts == {"caf\\xe9.txt": "odd", "two\nlines\x1b[31m.txt": "lined"}
    assert all(info.path.encode() for info in found.corpus.source_infos)
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    monkeypatch.chdir(tmp_path)
    assert read(os.fsdecode(b"caf\xe9.txt")).texts == {"caf\\xe9.txt": "odd"}
    missing = os.fsdecode(b"n\xff")
    assert unreadable_paths(read(missing).skipped, [missing]) == ("n\\xff",)


def test_names_are_valid_text_whatever_the_path() -> None:
    assert readable_name("plain/é\n.txt") == "plain/é\n.txt"
    assert readable_name("\udcff") == "\\xff"
    assert readable_name("\ud800").isascii()
    assert openable_names("\\xff") == ("\\xff", "\udcff")
    assert openable_names("a\\b") == ("a\\b",)


# --- plain text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ""),
        (b"plain\r\nlines\r\n", "plain\r\nlines\r\n"),
        (b"\xef\xbb\xbfmark", "mark"),
        ("\ufeffЖ漢".encode("utf-16-le"), "Ж漢"),
        ("\ufeffЖ漢".encode("utf-16-be"), "Ж漢"),
        ("\ufeffЖ漢".encode("utf-32-le"), "Ж漢"),
        (b"." + ("漢字" * 3000).encode(), "." + "漢字" * 3000),
    ],
)
def test_text_files(tmp_path: Path, content: bytes, expected: str) -> None:
    found = read(put(tmp_path / "x.txt", content))
    assert list(found.texts.values()) == [expected]
    assert not found.skipped and not found.notices
    assert list(found.locators.values()) == [Locator(0, 0, len(content))]
    assert found.provider().read_texts(found.texts) == found.texts


def test_undecodable_bytes_are_replaced_and_counted(tmp_path: Path) -> None:
    plain = "Le matin, devant la gare du village, ils attendent. "
    lost = "Un café, déjà .".encode("latin-1") + b"\xff\xef\xbf\xbd"
    path = put(tmp_path / "latin.txt", plain.encode() + lost)
    found = read(path)
    assert list(found.texts.values()) == [f"{plain}Un caf\ufffd, d\ufffdj\ufffd .\ufffd\ufffd"]
    assert [notice.reason for notice in found.notices] == ["undecodable_bytes"]
    assert found.notices[0].detail.startswith("4 ")
    assert found.provider().read_texts(found.texts) == found.texts
    path = put(tmp_path / "wide.txt", b"\xff\xfea\0\x00\xd8b\0c")
    assert read(path).notices[0].detail.startswith("2 ")


@pytest.mark.parametrize(
    "content",
    [
        b"some text, then \0 and more",
        bytes(5000),
        random.Random(1).randbytes(9000).replace(b"\0", b"\xff"),
        "没有标记的文字 one".encode("utf-16-le"),
    ],
)
def test_what_is_not_text(tmp_path: Path, content: bytes) -> None:
    for name in ("x.txt", "x", "x.png", "x.gz"):
        put(tmp_path / name, content)
    found = read(tmp_path)
    assert found.reasons == dict.fromkeys(["x.txt", "x", "x.png", "x.gz"], "not_text")


def test_a_few_nul_bytes_pass_where_text_was_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path / "x.log", b"some text, then \0 and more")
    assert read(path, input_format="text").texts
    path = put(tmp_path / "x.bin", bytes(100))
    assert list(read(path, input_format="text").reasons.values()) == ["not_text"]


def test_a_document_that_is_too_long(tmp_path: Path) -> None:
    put(tmp_path / "long.txt", "x" * 101)
    put(tmp_path / "fits.txt", "x" * 100)
    put(tmp_path / "long.txt.gz", "x" * 100_000)
    found = read(tmp_path, limits=ReadLimits(document_bytes=100))
    assert list(found.texts) == ["fits.txt"]
    assert found.reasons == {"long.txt": "too_large", "long.txt.gz": "too_large"}


# --- JSON Lines ----------------------------------------------------------------------------


def test_every_kind_of_record(tmp_path: Path) -> None:
    content = [
        b'{"id": "good", "text": "one"}',
        b'{"id": "untexted", "size": 1, "title": "t"}',
        b'{"size": 1}',
        b"{}",
        b'{"text": null}',
        b'{"text": ["a", {}]}',
        b'{"text": 3}',
        b'{"text": "broken',
        b"no json",
        b'["a"]',
        b'["a"',
        b"3",
        b"",
        b"  \t\r",
        b'{"text": "last"} trailing',
        b'{"text": "two"}\r',
    ]
    found = read(put(tmp_path / "r.jsonl", b"\n".join(content)).parent)
    assert found.texts == {"good": "one", "r.jsonl:16": "two"}
    assert found.reasons == {
        "untexted": "field_missing",
        "r.jsonl:3": "field_missing",
        "r.jsonl:4": "field_missing",
        "r.jsonl:5": "text_null",
        "r.jsonl:6": "text_not_string",
        "r.jsonl:7": "text_not_string",
        "r.jsonl:8": "not_json",
        "r.jsonl:9": "not_json",
        "r.jsonl:10": "not_a_record",
        "r.jsonl:11": "not_json",
        "r.jsonl:12": "not_a_record",
        "r.jsonl:15": "not_json",
    }
    details = {item.id: item.detail for item in found.skipped}
    told = "no field 'text' or another usual name; its fields are 'id', 'size', 'title'"
    assert details["untexted"] == f"{told}; none holds prose"
    told = "field 'text' is a list that holds an object, not only strings"
    assert details["r.jsonl:6"] == told
    assert "malformed" in details["r.jsonl:9"]
    assert all(details.values())
    place = found.corpus.skipped_locators
    lines_of = {key: [locator.line for locator in found] for key, found in place.items()}
    assert lines_of == {("untexted", "field_missing"): [2]}


def test_skipped_records_with_ids_do_not_depend_on_their_order(tmp_path: Path) -> None:
    records = [{"id": f"r{number}", "other": number} for number in range(20)]
    forth = read(put(tmp_path / "f" / "r.jsonl", lines(*records)).parent)
    back = read(put(tmp_path / "b" / "r.jsonl", lines(*records[::-1])).parent)
    key = lambda item: item.id  # noqa: E731
    assert sorted(forth.skipped, key=key) == sorted(back.skipped, key=key)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ('"a b"', "a b"),
        ("12", "12"),
        ("-1", "-1"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("null", "r.jsonl:1"),
        ("true", "r.jsonl:1"),
        ("1.5", "r.jsonl:1"),
        ('["x"]', "x"),
        ('["x", "y"]', "r.jsonl:1"),
        ('{"x": 1}', "r.jsonl:1"),
        ('""', "r.jsonl:1"),
        ("1" * 5000, "r.jsonl:1"),
        ("1e400", "r.jsonl:1"),
        ("NaN", "r.jsonl:1"),
        (r'"\ud800x"', "\ufffdx"),
    ],
)
def test_ids_of_records(tmp_path: Path, own: str, expected: str) -> None:
    put(tmp_path / "r.jsonl", f'{{"id": {own}, "text": "one"}}\n')
    found = read(tmp_path)
    assert found.texts == {expected: "one"} and not found.skipped


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    texts = [r"a\ud800b", r"\udc00", r"\ud83d\ude00", r"\ud800\ud800", r"\ud800A"]
    content = "\n".join(f'{{"text": "{text}"}}' for text in texts)
    found = read(put(tmp_path / "r.jsonl", content))
    replaced = ["a\ufffdb", "\ufffd", "\U0001f600", "\ufffd\ufffd", "\ufffdA"]
    assert list(found.texts.values()) == replaced
    assert [notice.reason for notice in found.notices] == ["lone_surrogates"]
    assert found.notices[0].detail.endswith(": 4")
    assert found.provider().read_texts(found.texts) == found.texts


def test_bad_bytes_in_records(tmp_path: Path) -> None:
    content = b'{"text": "caf\xe9", "x": "\xef\xbf\xbd"}\n{"text": "fine"}\n'
    content += b'{"text": "\xed\xa0\x80"}\n{"x\xff": "y\xff"}'
    found = read(put(tmp_path / "r.jsonl", content))
    assert list(found.texts.values()) == ["caf\ufffd", "fine", "\ufffd\ufffd\ufffd"]
    assert [notice.reason for notice in found.notices] == ["undecodable_bytes"]
    assert found.notices[0].detail.endswith(": 2")
    assert "'x\ufffd'" in found.skipped[0].detail
    assert found.provider().read_texts(found.texts) == found.texts


@pytest.mark.parametrize("pattern", ['{"text": %s', '{"x": %s', "%s", '{"text": "a", "x": %s'])
@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_deep_nesting(tmp_path: Path, pattern: str, deep: str) -> None:
    content = '{"text": "one"}\n' + pattern % deep + '\n{"text": "two"}\n'
    found = read(put(tmp_path / "r.jsonl", content))
    assert list(found.texts.values()) == ["one", "two"]
    assert [item.reason for item in found.skipped] == ["too_deep"]


def test_what_the_fast_parser_passes_over_unseen(tmp_path: Path) -> None:
    """It does not look into other fields as closely as the lenient one does."""
    found = read(put(tmp_path / "r.jsonl", b'{"x": "\x01\x02"}\n{"x": NaN, "text": "one"}\n'))
    assert list(found.texts.values()) == ["one"]
    assert len(found.skipped) == 1


@pytest.mark.parametrize("field", ["title", 'a"b', "a\\b", "a\nb", "é", "", "\udcff", "id"])
def test_any_name_of_a_field(tmp_path: Path, field: str) -> None:
    record = {"id": "own", "text": "no", field: "yes"}
    path = put(tmp_path / "r.jsonl", lines(record, [1], {"id": "none"}))
    found = read(path, text_field=(field,))
    assert "not_a_record" in found.reasons.values()
    assert next(iter(found.texts.values())) == "yes"
    assert list(found.provider(text_field=(field,)).read_texts(found.texts)) == list(found.texts)


def test_marks_and_line_ends(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"text": "one"}\r\n{"text": "two\\r\\n"}\r\n\r\n{"text": "three"}'
    found = read(put(tmp_path / "r.jsonl", content))
    assert list(found.texts.values()) == ["one", "two\r\n", "three"]
    assert [locator.line for locator in found.locators.values()] == [1, 2, 4]
    assert not found.skipped
    assert found.provider().read_texts(found.texts) == found.texts


def test_json_lines_that_are_not_utf8_or_not_text(tmp_path: Path) -> None:
    put(tmp_path / "nul.jsonl", bytes(100))
    put(tmp_path / "random.jsonl", random.Random(1).randbytes(9000))
    found = read(tmp_path)
    assert found.reasons == {"random.jsonl": "not_text", "nul.jsonl": "not_text"}


def test_nul_bytes_in_one_line_lose_nothing_else(tmp_path: Path) -> None:
    content = lines({"text": "one"}) + bytes(9) + b"\n" + lines({"text": "two " * 20})
    found = read(put(tmp_path / "r.jsonl", content).parent)
    assert set(found.texts) == {"r.jsonl:1", "r.jsonl:3"}
    assert found.reasons == {"r.jsonl:2": "not_json"}


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 1000])
def test_a_line_that_is_too_long(tmp_path: Path, block_bytes: int) -> None:
    fits = b'{"text": "' + b"x" * 88 + b'"}'
    assert len(fits) == 100
    content = [fits, b"y" * 101, fits, b"z" * 3000, b"z" * 3000, fits, b"y" * 500]
    limits = ReadLimits(block_bytes=block_bytes, line_bytes=100)
    found = read(put(tmp_path / "r.jsonl", b"\n".join(content)).parent, limits=limits)
    assert set(found.texts) == {"r.jsonl:1", "r.jsonl:3", "r.jsonl:6"}
    assert found.reasons == {f"r.jsonl:{line}": "too_large" for line in (2, 4, 5, 7)}
    assert found.provider().read_texts(found.texts) == found.texts


# --- compression ---------------------------------------------------------------------------


def truncated_gz(content: bytes, cut: int) -> bytes:
    return gzip.compress(content, mtime=0)[:-cut]


def test_a_truncated_gz_keeps_what_stood_before(tmp_path: Path) -> None:
    words = random.Random(2).randbytes(3000).hex()
    records = [{"id": f"r{number}", "text": words[number:]} for number in range(50)]
    (tmp_path / "r.jsonl.gz").write_bytes(truncated_gz(lines(*records), 900))
    (tmp_path / "x.txt.gz").write_bytes(truncated_gz(words.encode(), 900))
    found = read(tmp_path)
    expected = {record["id"]: record["text"] for record in records[: len(found.texts) - 1]}
    assert len(expected) >= 10
    text = found.texts.pop("x.txt.gz")
    assert found.texts == expected
    assert words.startswith(text) and len(text) > 1000
    assert found.reasons == {"r.jsonl.gz": "truncated"}
    assert found.skipped[0].detail.endswith(f"after line {len(expected)}")
    assert found.notice_reasons == {"x.txt.gz": "truncated"}
    found.texts["x.txt.gz"] = text
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_gz_that_is_none_or_empty_or_wrong(tmp_path: Path) -> None:
    good = gzip.compress(b"some text")
    (tmp_path / "none.txt.gz").write_bytes(b"plain text")
    (tmp_path / "noise.txt.gz").write_bytes(random.Random(1).randbytes(9000))
    (tmp_path / "empty.jsonl.gz").write_bytes(b"")
    (tmp_path / "head.txt.gz").write_bytes(good[:10])
    (tmp_path / "wrong.txt.gz").write_bytes(b"\x1f\x8bxxxxxxxxxxxxxxxxx")
    (tmp_path / "sum.txt.gz").write_bytes(good[:-8] + b"12345678")
    (tmp_path / "more.txt.gz").write_bytes(good + b"garbage")
    (tmp_path / "padded.txt.gz").write_bytes(good + bytes(700_000))
    (tmp_path / "two.txt.gz").write_bytes(good + bytes(9) + gzip.compress(b", more"))
    (tmp_path / "unnamed.txt").write_bytes(good)
    found = read(tmp_path)
    assert found.reasons == {
        "noise.txt.gz": "not_gzip",
        "empty.jsonl.gz": "not_gzip",
        "head.txt.gz": "truncated",
        "wrong.txt.gz": "damaged",
    }
    assert found.texts == {
        "none.txt.gz": "plain text",
        "sum.txt.gz": "some text",
        "more.txt.gz": "some text",
        "padded.txt.gz": "some text",
        "two.txt.gz": "some text, more",
        "unnamed.txt": "some text",
    }
    assert found.notice_reasons == {
        "none.txt.gz": "misnamed",
        "sum.txt.gz": "damaged",
        "more.txt.gz": "damaged",
    }
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


@settings(max_examples=60, deadline=None)
@given(
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    repeat=st.integers(1, 50),
    in_bytes=st.integers(1, 400),
    out_bytes=st.integers(1, 400),
)
def test_gunzip_gives_what_gzip_took(
    members: list[bytes], repeat: int, in_bytes: int, out_bytes: int
) -> None:
    packed = b"".join(gzip.compress(member * repeat) for member in members)
    plain = b"".join(member * repeat for member in members)
    blocks = list(unpack(cut(packed, in_bytes), CODECS[0], out_bytes))
    assert b"".join(blocks) == plain
    assert max(map(len, blocks), default=0) <= out_bytes
    file = UnpackedFile(io.BytesIO(packed), CODECS[0])
    for start in (0, len(plain) // 2, len(plain) // 3, len(plain) + 9):
        file.seek(start)
        part = file.read(5)
        assert plain[start : start + 5].startswith(part) and (part or start >= len(plain))


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=500), position=st.integers(0, 400), value=st.integers(0, 255))
def test_gunzip_of_anything_ends(content: bytes, position: int, value: int) -> None:
    packed = bytearray(gzip.compress(content))
    packed[position % len(packed)] = value
    try:
        list(unpack([bytes(packed)], CODECS[0], 100))
    except (CompressionError, EOFError):
        return


# --- batches -------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=60), block_bytes=st.integers(1, 20), limit=st.integers(20, 40))
def test_lines_are_the_same_whatever_the_blocks(
    content: bytes, block_bytes: int, limit: int
) -> None:
    content = content.replace(b"0", b"\n").replace(b"\x01", b"\n")
    seen: dict[int, bytes | None] = {}
    for block in LineSplitter(cut(content, block_bytes), limit):
        if isinstance(block, LongLine):
            seen[block.line] = None
            continue
        assert isinstance(block, LineBlock)
        offset = block.offset
        for number, line in enumerate(block.lines, block.first_line):
            assert content[offset : offset + len(line)] == line
            seen[number] = line
            offset += len(line) + 1
    expected = content.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert seen == {
        number: None if len(line) > limit else line for number, line in enumerate(expected, 1)
    }


RECORDS = st.lists(
    st.fixed_dictionaries(
        {"text": st.text(max_size=40)},
        optional={"id": st.text(min_size=1, max_size=5), "x": st.text(max_size=60)},
    ),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(
    records=RECORDS,
    block_bytes=st.integers(1, 200),
    batch_bytes=st.integers(1, 100),
    batch_documents=st.integers(1, 8),
    ends=st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
    is_ascii=st.booleans(),
)
def test_records_come_back_whatever_the_sizes(
    records: list[dict[str, str]],
    block_bytes: int,
    batch_bytes: int,
    batch_documents: int,
    ends: bytes,
    is_ascii: bool,
) -> None:
    content = ends.join(json.dumps(record, ensure_ascii=is_ascii).encode() for record in records)
    limits = ReadLimits(block_bytes, batch_bytes, batch_documents)
    found = read("-", stdin=content, limits=limits)
    step = 1 + (ends == b"\n\n")
    expected = [
        (record.get("id", f"-:{1 + step * number}"), record["text"])
        for number, record in enumerate(records)
    ]
    got = [pair for batch in found.batches for pair in zip(batch.ids, texts_of(batch), strict=True)]
    assert got == expected
    assert not found.skipped
    assert all(0 < len(batch) <= batch_documents for batch in found.batches)
    for batch in found.batches:
        for i, (id, text) in enumerate(zip(batch.ids, texts_of(batch), strict=True)):
            locator = batch.locator(i)
            raw = content[locator.offset : locator.offset + locator.length]
            assert json.loads(raw)["text"] == text and (
                id == json.loads(raw).get("id") or ":" in id
            )
            hashes = {id: xxhash.xxh3_128_hexdigest(text.encode())}
            provider = SourceTexts(found.corpus.sources, {id: locator}, hashes, ScanSettings())
            assert provider.read_texts([id]) == {id: text}


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), name=st.sampled_from(["text", "jsonl"]))
def test_any_bytes_are_read_without_an_exception(content: bytes, name: str) -> None:
    limits = ReadLimits(block_bytes=16, document_bytes=200)
    found = read("-", stdin=content, input_format=name, limits=limits)
    assert all(item.id and item.reason and item.detail for item in found.skipped + found.notices)


def test_small_files_share_a_batch_and_large_ones_are_spread(tmp_path: Path) -> None:
    for number in range(30):
        put(tmp_path / f"{number:02}.txt", "short")
    assert [len(batch) for batch in read(tmp_path).batches] == [30]
    limits = ReadLimits(batch_documents=8)
    assert [len(batch) for batch in read(tmp_path, limits=limits).batches] == [8, 8, 8, 6]
    records = [{"text": "x" * 1000} for _ in range(9000)]
    found = read(put(tmp_path / "r.jsonl", lines(*records)))
    assert sum(map(len, found.batches)) == 9000
    assert max(len(batch.data) for batch in found.batches) < 5 << 20
    assert max(map(len, found.batches)) <= 4096


def test_batches_of_strings() -> None:
    batch = make_batch(["a", "b", "c"], ["é", "", "x\ud800y"])
    assert texts_of(batch) == ["é", "", "x\ufffdy"]
    assert batch.data.dtype == np.uint8 and batch.offsets.dtype == np.int64
    assert batch.locators.tolist() == [[-1, 0, size, 0] for size in np.diff(batch.offsets)]
    assert len(make_batch([], [])) == 0
    with pytest.raises(ValueError, match="2 ids"):
        make_batch(["a", "b"], ["x"])


# --- files that change while they are read -------------------------------------------------


def read_with_change(path: Path, change: Any, **options: Any) -> Outcome:
    """Read a file that something happens to once its first batch has come."""
    limits = ReadLimits(block_bytes=4096, batch_documents=1)
    corpus = read_corpus([str(path)], ScanSettings(**options), limits=limits)
    found = Outcome(iter(()))
    items = iter(corpus)
    found.take(next(items))
    change(path)
    for item in items:
        found.take(item)
    return found


def append(content: bytes) -> Any:
    def change(path: Path) -> None:
        with path.open("ab") as file:
            file.write(content)

    return change


LONG = [{"id": f"i{n}", "text": f"{n} {random.Random(n).randbytes(2000).hex()}"} for n in range(90)]
"""More than the beginning of a file by which it is recognised."""


@pytest.mark.parametrize("name", ["r.jsonl", "r.csv", "r.json"])
def test_a_file_that_grows_is_read_as_far_as_it_reached(tmp_path: Path, name: str) -> None:
    content = {
        "r.jsonl": lines(*LONG),
        "r.json": json.dumps(LONG).encode(),
        "r.csv": "".join(["id,text\n", *(f"{r['id']},{r['text']}\n" for r in LONG)]).encode(),
    }[name]
    found = read_with_change(put(tmp_path / name, content), append(content))
    assert found.texts == {record["id"]: record["text"] for record in LONG}
    assert sum(map(len, found.batches)) == len(LONG) and not found.skipped
    (notice,) = found.notices
    assert (notice.id, notice.reason) == (str(tmp_path / name), "changed_while_read")
    assert f"the {len(content)} bytes" in notice.detail and "grew" in notice.detail


def test_a_record_at_which_a_growing_file_is_cut(tmp_path: Path) -> None:
    content = lines(*LONG)
    path = put(tmp_path / "r.jsonl", content[:-20])
    found = read_with_change(path, append(content[-20:]))
    assert [*found.texts] == [record["id"] for record in LONG[:-1]]
    assert found.reasons == {f"{path}:90": "not_json"}
    assert found.notice_reasons == {str(path): "changed_while_read"}


def test_a_file_that_shrinks_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = put(tmp_path / "r.jsonl", lines(*LONG))
    found = read_with_change(path, lambda path: os.truncate(path, len(lines(*LONG[:75]))))
    assert [*found.texts] == [record["id"] for record in LONG[:75]]
    assert found.notice_reasons == {str(path): "changed_while_read"}
    assert "what was met of it" in found.notices[0].detail


def test_a_compressed_file_that_grows_is_read_to_its_end(tmp_path: Path) -> None:
    path = put(tmp_path / "r.jsonl.gz", lines(*LONG))
    found = read_with_change(path, append(gzip.compress(lines({"id": "new", "text": "later"}))))
    assert [*found.texts] == [*(record["id"] for record in LONG), "new"]
    assert found.notice_reasons == {str(path): "changed_while_read"}


def test_a_file_of_no_stated_size_is_read_whole() -> None:
    path = Path("/proc/self/status")
    if not path.is_file() or path.stat().st_size:
        pytest.skip("there is no such file on this system")
    assert "Pid:" in next(iter(read(path, input_format="text").texts.values()))


# --- standard input ------------------------------------------------------------------------


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines({"text": "one"}, {"id": 7, "text": "two"})
    assert read("-", stdin=content).texts == {"-:1": "one", "7": "two"}
    assert read("-", stdin=content, input_format="text").texts == {"-": content.decode()}
    assert read("-", stdin=gzip.compress(content)).texts == {"-:1": "one", "7": "two"}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    found = Outcome(read_corpus(["-"], ScanSettings()))
    assert found.texts == {"-:1": "one", "7": "two"}
    monkeypatch.setattr("sys.stdin", None)
    assert Outcome(read_corpus(["-"], ScanSettings())).reasons == {"-": "unreadable"}


def test_standard_input_beside_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "a")
    found = read("-", tmp_path, stdin=lines({"text": "one"}))
    assert found.texts == {"-:1": "one", str(tmp_path / "a.txt"): "a"}


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_again_in_the_same_process_alone(packed: bool) -> None:
    content = lines(*({"text": f"text {number}"} for number in range(100)))
    found = read("-", stdin=gzip.compress(content) if packed else content)
    wanted = ["-:100", "-:3"]
    provider = found.provider()
    for _ in range(2):
        assert provider.read_texts(wanted) == {"-:100": "text 99", "-:3": "text 2"}
    later = found.provider(by_name=True)
    assert later.read_texts(wanted) == {}
    assert "standard input" in later.problem("-:3")
    embedded = found.provider(by_name=True, texts=found.texts)
    assert embedded.read_texts(["-:3"]) == {"-:3": "text 2"}


def test_a_full_disk_loses_no_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", fail)
    found = read("-", stdin=lines({"text": "one"}))
    assert found.texts == {"-:1": "one"}
    assert found.notice_reasons == {"-": "not_kept"}
    provider = found.provider()
    assert provider.read_texts(["-:1"]) == {}
    assert "No space" in provider.problem("-:1")


def test_a_spool_keeps_more_than_fits_in_memory() -> None:
    spool = Spool()
    part = random.Random(3).randbytes(1 << 20)
    for _ in range(10):
        spool.write(part)
    file = spool.reopen()
    assert file.read() == part * 10
    assert spool.reopen().read(5) == part[:5]


# --- failing reads -------------------------------------------------------------------------


class FailingStream(io.RawIOBase):
    """Gives some bytes, then an error of the device."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1) -> bytes:
        if not self._data:
            raise OSError(errno.EIO, "Input/output error")
        part, self._data = self._data[:size], self._data[size:]
        return part


def test_an_error_while_reading_loses_only_what_comes_after(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "a")
    stream: Any = FailingStream(lines({"text": "one"}) * 3 + b'{"text": "cut o')
    found = Outcome(read_corpus(["-", str(tmp_path)], ScanSettings(), stdin=stream))
    assert set(found.texts) == {"-:1", "-:2", "-:3", str(tmp_path / "a.txt")}
    assert [(item.id, item.reason) for item in found.skipped] == [("-", "unreadable")]
    assert found.skipped[0].detail == "Input/output error, after line 3"
    stream = FailingStream(b"some text")
    found = Outcome(read_corpus(["-"], ScanSettings(input_format="text"), stdin=stream))
    assert found.reasons == {"-": "unreadable"} and not found.texts


def test_a_file_that_vanishes_before_it_is_read(tmp_path: Path) -> None:
    for name in "abc":
        put(tmp_path / f"{name}.jsonl", lines({"text": name}))

    def vanishing(corpus: Corpus) -> Iterator[Any]:
        for item in corpus:
            (tmp_path / "b.jsonl").unlink(missing_ok=True)
            yield item

    corpus = read_corpus([str(tmp_path)], ScanSettings(), limits=ReadLimits(batch_documents=1))
    found = Outcome(vanishing(corpus))  # type: ignore[arg-type]
    assert set(found.texts) == {"a.jsonl:1", "c.jsonl:1"}
    assert found.reasons == {"b.jsonl": "unreadable"}
    assert str(tmp_path) not in found.skipped[0].detail


# --- reading again -------------------------------------------------------------------------


@pytest.fixture
def corpus_folder(tmp_path: Path) -> Path:
    records = [{"id": f"r{number}", "text": f"text {number} é"} for number in range(300)]
    put(tmp_path / "a.txt", "some text")
    put(tmp_path / "b.txt.gz", "packed text")
    put(tmp_path / "r.jsonl", lines(*records[:150]))
    put(tmp_path / "s.jsonl.gz", lines(*records[150:]))
    return tmp_path


@pytest.mark.parametrize("by_name", [False, True])
def test_texts_are_read_again(corpus_folder: Path, by_name: bool) -> None:
    found = read(corpus_folder)
    assert len(found.texts) == 302
    provider = found.provider(by_name)
    wanted = ["r299", "r7", "a.txt", "b.txt.gz", "r150", "r7"]
    assert provider.read_texts(wanted) == {id: found.texts[id] for id in wanted}
    assert provider.read_texts(found.texts) == found.texts
    assert [provider.problem(id) for id in wanted] == [""] * 6


def test_what_changed_since_the_scan_is_told(corpus_folder: Path) -> None:
    found = read(corpus_folder)
    put(corpus_folder / "a.txt", "some text, grown")
    put(corpus_folder / "b.txt.gz", "packed Text")
    content = (corpus_folder / "r.jsonl").read_bytes()
    (corpus_folder / "r.jsonl").write_bytes(content.replace(b"text 7 ", b"TEXT 7 ")[:-20])
    (corpus_folder / "s.jsonl.gz").unlink()
    provider = found.provider(by_name=True)
    got = provider.read_texts(["a.txt", "b.txt.gz", "r7", "r8", "r149", "r200"])
    assert got == {"r8": found.texts["r8"]}
    for id in ("a.txt", "b.txt.gz", "r7", "r149"):
        assert "changed" in provider.problem(id)
    assert "no such file" in provider.problem("r200")
    assert provider.problem("r8") == ""
    put(corpus_folder / "a.txt", "some text")
    assert provider.read_texts(["a.txt"]) == {"a.txt": "some text"}
    assert provider.problem("a.txt") == ""


@pytest.mark.parametrize(
    "locator",
    [
        Locator(9, 0, 4),
        Locator(-1, 0, 4),
        Locator(0, -1, 4),
        Locator(0, 0, -4),
        Locator(0, 0, 1 << 60),
        Locator(0, 1 << 62, 4, 1),
        Locator(0, 1 << 70, 4, 1),
        Locator(1, 0, 4),
        Locator(2, 0, 4),
    ],
)
def test_locators_that_cannot_be_are_no_exception(tmp_path: Path, locator: Locator) -> None:
    path = put(tmp_path / "a.txt", "text")
    os.mkfifo(tmp_path / "pipe")
    paths = [path, tmp_path, tmp_path / "pipe"]
    sources = [SourceInfo(str(path), "jsonl" if locator.line else "text") for path in paths]
    provider = SourceTexts(sources, {"x": locator}, {}, ScanSettings())
    assert provider.read_texts(["x", "unknown"]) == {}
    assert provider.problem("x") and provider.problem("unknown")


def test_embedded_texts_are_checked_too() -> None:
    hashes = {"a": xxhash.xxh3_128_hexdigest(b"one"), "b": "0"}
    provider = SourceTexts([], {}, hashes, ScanSettings(), {"a": "one", "b": "two"})
    assert provider.read_texts("ab") == {"a": "one"}
    assert provider.problem("b")


def test_texts_of_a_report() -> None:
    text = "one"
    found = read("-", stdin=lines({"id": "a", "text": text}))
    member = Member("a", Relation.IDENTICAL, 1.0, 1.0, 1, xxhash.xxh3_128_hexdigest(text.encode()))
    cluster = Cluster("c", "a", (member,), (), WeakestLink("a", 1.0))
    report = Report(
        schema_version=1,
        config=ScanSettings(),
        corpus=CorpusSummary(1, 1, 1, 0, 0, 0, {}),
        search=SearchSummary(1, 1, 1.0, 1, 0, 0, 0),
        clusters=(cluster,),
        bridges=(),
        skipped=(),
        notices=(),
        texts=None,
        run=RunInfo("", "", 1, 0.0, 0, ("-",), found.corpus.source_infos, found.locators),
    )
    assert SourceTexts.of_report(report, found.corpus.sources).read_texts(["a"]) == {"a": text}
    assert SourceTexts.of_report(report).read_texts(["a"]) == {}
    embedded = msgspec.structs.replace(report, texts={"a": text})
    assert SourceTexts.of_report(embedded).read_texts(["a"]) == {"a": text}


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("[^a]*", "b.txt", True),
        ("[^a]*", "a.txt", False),
        ("[!a]*", "a.txt", False),
        (r"br\[1\].txt", "br[1].txt", True),
        (r"br\[1\].txt", "br1.txt", False),
        (r"\*.txt", "a.txt", False),
    ],
)
def test_patterns_take_what_git_takes(pattern: str, name: str, matches: bool) -> None:
    assert PatternSet([pattern]).matches_file(name) is matches


def test_a_corpus_tells_how_much_of_it_was_read(tmp_path):
    lines = "".join(f'{{"text": "some words {random.random()}"}}\n' for _ in range(60_000))
    (tmp_path / "one.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "two.jsonl").write_text(lines)
    limits = replace(ReadLimits.of_settings(ScanSettings()), batch_documents=500)
    corpus = read_corpus([tmp_path], ScanSettings(), limits=limits)
    done = [corpus.input_bytes[0] for item in corpus if isinstance(item, TextBatch)]
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert corpus.input_bytes == (total, total)
    assert done == sorted(done)
    assert 0 < done[0] < 0.3 * total
    assert len(set(done)) > 5


def test_nobody_knows_how_much_a_stream_holds():
    corpus = read_corpus(["-"], ScanSettings(), stdin=io.BytesIO(b'{"text": "a"}\n'))
    assert corpus.input_bytes == (0, 0)
    assert len(list(corpus)) == 1
    assert corpus.input_bytes == (0, 0)
