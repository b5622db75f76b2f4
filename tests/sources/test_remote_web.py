"""Corpora on web servers: good ones, and such as break off, refuse, change and mislead."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fsspec
import pytest

from dedupe.model.installation import install_command
from dedupe.model.settings import ScanSettings
from dedupe.sources import Source, SourceTexts, read_corpus
from dedupe.sources.files import remote_errors
from tests.sources.test_file_systems import SETTINGS, contents, outcome
from tests.support.command import RunDedupe
from tests.support.corpora import make_corpus
from tests.support.every_format import FORMATS, parquet
from tests.support.reading import Outcome
from tests.support.servers import Page, WebServer

ROWS = [{"id": id, "text": text * 9} for id, text in make_corpus(3, families=120).items()]
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
PACKED = gzip.compress(LINES, 0, mtime=0)
TABLE = parquet(ROWS, row_group_size=50, compression="none")
CHANGED = "it was changed on the server"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_errors, "WAITS", [0.01] * 4)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer({}) as running:
        yield running


def read(server: WebServer, path: str, page: Page) -> Outcome:
    server.pages[path] = page
    return Outcome(read_corpus([f"{server.url}{path}"], ScanSettings()))


def texts_of_rows() -> dict[str, str]:
    return {row["id"]: row["text"] for row in ROWS}


def test_the_rows_are_many() -> None:
    assert len(LINES) > 1_200_000 and len(ROWS) > 150


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/a.jsonl", Page(LINES)),
        ("/a.jsonl.gz", Page(PACKED)),
        ("/a.parquet", Page(TABLE)),
        ("/a.parquet", Page(TABLE, ranges=False)),
        ("/a.jsonl.gz", Page(PACKED, ranges=False)),
        ("/a.jsonl", Page(LINES, ranges=False, length=False, chunked=True)),
        ("/a.jsonl", Page(LINES, headers={"Content-Type": "text/html"})),
        ("/a.jsonl?download=true", Page(LINES)),
        ("/a.jsonl", Page(PACKED, headers={"Content-Encoding": "gzip"})),
    ],
)
def test_all_is_read_and_no_byte_comes_twice(server: WebServer, path: str, page: Page) -> None:
    server.pages[path.partition("?")[0]] = page
    found = Outcome(read_corpus([server.url + path], ScanSettings()))
    assert found.texts == texts_of_rows()
    assert not found.skipped and not found.notices
    assert server.byte_count == len(page.content)
    if page.ranges:
        assert all(wanted for _, wanted in server.asked)


def test_a_server_that_tells_no_version_is_read_in_one_stream(server: WebServer) -> None:
    found = read(server, "/a.jsonl", Page(LINES, mark=False))
    assert found.texts == texts_of_rows()
    assert [wanted for _, wanted in server.asked] == ["bytes=0-262143", ""]


@pytest.mark.parametrize("content", [LINES, TABLE, PACKED])
@pytest.mark.parametrize("breaks", [[0], [1000], [200_000], [100_000, 1, 60_000, 50_000]])
def test_broken_connections_are_taken_up_again(
    server: WebServer, content: bytes, breaks: list[int]
) -> None:
    """Only what is missing is asked for again: no more is lost than lay in buffers."""
    name = {LINES: "/a.jsonl", TABLE: "/a.parquet", PACKED: "/a.jsonl.gz"}[content]
    found = read(server, name, Page(content, breaks=[*breaks]))
    assert found.texts == texts_of_rows() and not found.skipped
    assert not server.pages[name].breaks
    assert server.byte_count <= len(content) + len(breaks) * (256 << 10)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_broken_stream_is_read_again_from_its_beginning(server: WebServer, chunked: bool) -> None:
    page = Page(LINES, ranges=False, chunked=chunked, length=not chunked, breaks=[300_000, 700_000])
    assert read(server, "/a.jsonl", page).texts == texts_of_rows()
    assert [wanted for _, wanted in server.asked] == ["bytes=0-262143", "", ""]


def test_a_connection_that_always_breaks_off_is_told(server: WebServer) -> None:
    found = read(server, "/a.jsonl", Page(LINES, breaks=[0] * 99))
    assert not found.texts
    assert "tried 5 times" in found.skipped[0].detail
    assert len(server.asked) == 5
    found = read(server, "/b.jsonl", Page(LINES, ranges=False, breaks=[400_000] * 99))
    assert found.skipped[0].reason == "unreadable"
    assert "broke off 5 times" in found.skipped[0].detail
    assert set(found.texts.items()) < set(texts_of_rows().items())


OTHER = LINES.replace(b"a", b"o")


@pytest.mark.parametrize(
    "page",
    [
        Page(LINES, later=OTHER),
        Page(LINES, later=LINES + LINES[:100]),
        Page(LINES, later=LINES[:300_000]),
        Page(LINES, ranges=False, breaks=[400_000], later=OTHER),
        Page(LINES, ranges=False, mark=False, breaks=[900_000], later=OTHER),
        Page(LINES, ranges=False, mark=False, breaks=[900_000], later=LINES[:-9]),
    ],
)
def test_two_versions_are_never_mixed(server: WebServer, page: Page) -> None:
    found = read(server, "/a.jsonl", page)
    assert [item.reason for item in found.skipped] == ["unreadable"]
    assert CHANGED in found.skipped[0].detail
    first = texts_of_rows()
    assert all(first[id] == text for id, text in found.texts.items())


def test_a_table_that_changes_is_not_called_damaged(server: WebServer) -> None:
    found = read(server, "/a.parquet", Page(TABLE, later=TABLE[:-9] + b"x" * 9))
    assert [item.reason for item in found.skipped] == ["unreadable"]
    assert CHANGED in found.skipped[0].detail


@pytest.mark.parametrize(
    ("page", "reason", "told", "tries"),
    [
        (Page(b"", statuses=[403] * 9), "permission_denied", "403 Forbidden; credentials", 1),
        (Page(b"", statuses=[401] * 9), "permission_denied", "401 Unauthorized; credentials", 1),
        (Page(b"", statuses=[404] * 9), "unreadable", "404 Not Found; check the URL", 1),
        (Page(b"", statuses=[418] * 9), "unreadable", "418", 1),
        (Page(b"", statuses=[204] * 9), "unreadable", "204 No Content, and no content", 1),
        (Page(b"", statuses=[429] * 9), "unreadable", "429 Too Many Requests; tried 5 times", 5),
        (Page(b"", statuses=[500] * 9), "unreadable", "tried 5 times, try it again later", 5),
        (Page(b"x", headers={"Content-Encoding": "br"}), "unreadable", "curl --compressed", 1),
        (Page(b"", location="/a.txt"), "unreadable", "from place to place, without end", 10),
    ],
)
def test_what_is_not_there_is_told(
    server: WebServer, page: Page, reason: str, told: str, tries: int
) -> None:
    found = read(server, "/a.txt", page)
    assert [(item.id, item.reason) for item in found.skipped] == [(f"{server.url}/a.txt", reason)]
    assert told in found.skipped[0].detail
    assert len(server.asked) == tries


def test_a_busy_server_is_asked_again(server: WebServer) -> None:
    found = read(server, "/a.jsonl", Page(LINES, statuses=[429, 503, 500]))
    assert found.texts == texts_of_rows() and not found.skipped


def test_a_server_decides_how_long_to_wait(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("dedupe.sources.files.remote_errors.time.sleep", slept.append)
    read(server, "/a.txt", Page(b"one word", statuses=[429], headers={"Retry-After": "7"}))
    assert 7 in slept
    read(server, "/b.txt", Page(b"one word", statuses=[503], headers={"Retry-After": "9999"}))
    assert max(slept) == remote_errors.LONGEST_WAIT


def test_no_server_is_told(server: WebServer) -> None:
    found = Outcome(read_corpus(["http://127.0.0.1:9/a.txt"], ScanSettings()))
    assert found.skipped[0].reason == "unreadable" and "tried 5 times" in found.skipped[0].detail


def test_an_end_that_cannot_be_told_is_doubtful(server: WebServer) -> None:
    found = read(server, "/a.jsonl", Page(LINES, ranges=False, length=False))
    assert found.texts == texts_of_rows()
    assert [item.reason for item in found.notices] == ["fetch_doubtful"]


def test_a_page_is_one_document_and_a_redirection_is_told(server: WebServer) -> None:
    body = b"<p>" + b"The harbour was closed for nine days. " * 30
    server.pages["/news/9"] = Page(
        b"<!doctype html><title>x</title>" + body, headers={"Content-Type": "text/html"}
    )
    server.pages["/old"] = Page(b"", location="/news/9?session=1")
    settings = ScanSettings(html="text")
    urls = [f"{server.url}/{name}" for name in ("news/9", "old")]
    found = Outcome(read_corpus(urls, settings))
    assert [*found.texts] == sorted(urls)
    assert [(item.id, item.detail) for item in found.notices] == [
        (urls[1], f"the server sent on to {urls[0]}, and what is there was read")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("ranges", [True, False])
def test_every_format_is_read_and_read_again(
    server: WebServer, tmp_path: Path, ranges: bool
) -> None:
    texts = [f"The harbour of place {n} was closed for {n + 2} long days." for n in range(3)]
    for name, write in FORMATS.items():
        content = write(texts, name)
        (tmp_path / name).write_bytes(content)
        server.pages[f"/{name}"] = Page(content, ranges=ranges, mark=ranges)
    settings = ScanSettings(html="raw")
    here = Outcome(read_corpus([str(tmp_path / name) for name in FORMATS], settings))
    there = Outcome(read_corpus([f"{server.url}/{name}" for name in FORMATS], settings))
    shown = {id.replace(server.url, str(tmp_path)): text for id, text in there.texts.items()}
    assert shown == here.texts and len(shown) > 100
    assert [item.reason for item in there.skipped] == [item.reason for item in here.skipped]
    assert there.corpus.format_counts == here.corpus.format_counts
    provider = SourceTexts(there.corpus.source_infos, there.locators, there.hashes(), settings)
    assert provider.read_texts(there.texts) == there.texts


def test_what_fsspec_keeps_gives_what_the_disk_gives(tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    for name, data in contents().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
        store.pipe(f"/every/{name}", data)
    found = []
    for root in (str(tmp_path), "memory://every"):
        paths = [root + name for name in ("", "/deep", "/a.txt", "/none.txt")]
        read_all = outcome(read_corpus(paths, SETTINGS))
        read_all.pop("bytes")
        found.append(json.dumps(read_all).replace(root, "ROOT"))
    assert found[0] == found[1] and '"texts": {}' not in found[0]
    store.rm("/every", recursive=True)


def test_an_object_of_a_store_that_changes_is_told() -> None:
    """The store of the test has no condition in its requests: its versions are compared."""
    store = fsspec.filesystem("memory")
    many = LINES * 3
    store.pipe("/changing/a.jsonl", many)
    corpus = read_corpus(["memory://changing/a.jsonl"], ScanSettings())
    items = iter(corpus)
    first = next(items)
    store.pipe("/changing/a.jsonl", many.replace(b"a", b"o"))
    told = [each for each in items if not hasattr(each, "offsets")]
    assert hasattr(first, "offsets") and bytes(first.data[:4000]) in LINES.decode().encode()
    assert [each.reason for each in told] == ["unreadable"] and CHANGED in told[0].detail
    store.rm("/changing", recursive=True)


def test_a_source_can_be_read_in_another_process(server: WebServer) -> None:
    """As executors of an engine do: the file system is known by the URL."""
    server.pages["/a.jsonl"] = Page(LINES)
    source = Source("a", f"{server.url}/a.jsonl", "jsonl")
    code = (
        "import pickle, sys; from dedupe.sources import read_sources; "
        "from dedupe.model.settings import ScanSettings; "
        "source = pickle.load(sys.stdin.buffer); "
        "print(sum(len(b.ids) for b in read_sources([source], ScanSettings())))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(source), stdout=subprocess.PIPE, check=True
    )
    assert int(found.stdout) == len(ROWS)


SECRETS = (b"open-sesame", b"of-a-user", b"0123abcd")


@pytest.mark.slow
def test_secrets_are_in_no_output_and_texts_are_read_again_all_the_same(
    server: WebServer, dedupe_here: RunDedupe, tmp_path: Path
) -> None:
    import base64

    user = base64.b64encode(b"of-a-user:open-sesame").decode()
    lines = b"".join(LINES.splitlines(keepends=True)[:60])
    server.pages["/a.jsonl"] = Page(lines, user=f"Basic {user}")
    host = f"of-a-user:open-sesame@{server.host}"
    url = f"http://{host}/a.jsonl?X-Amz-Signature=0123abcd&part=1"
    gone = f"http://{host}/none.txt?sig=0123abcd"
    targets = [f"--output={form}:out.{form}" for form in ("json", "html", "sarif", "text", "csv")]
    told = dedupe_here("scan", url, gone, *targets, "--diff", "full", "--verbose", code=2)
    outputs = [told.stdout, told.stderr, *(path.read_bytes() for path in tmp_path.iterdir())]
    assert len(outputs) == 7
    for output in outputs:
        assert not any(secret in output for secret in SECRETS)
    report = json.loads((tmp_path / "out.json").read_bytes())
    assert report["run"]["paths"] == [
        f"http://{server.host}/a.jsonl?part=1", f"http://{server.host}/none.txt"
    ]  # fmt: skip
    assert report["clusters"]
    assert b"[-" in (tmp_path / "out.text").read_bytes()  # differences: texts were read again
    # Another process knows no secret. It says so, until fsspec has the credentials.
    shown = subprocess_dedupe(tmp_path, "report", "out.json", "--format", "text")
    assert b"401 Unauthorized; credentials are taken from" in shown
    options = json.dumps({"client_kwargs": {"headers": {"Authorization": f"Basic {user}"}}})
    shown = subprocess_dedupe(
        tmp_path, "report", "out.json", "--format", "text", FSSPEC_HTTP=options
    )
    assert b"401" not in shown and b"[-" in shown


def subprocess_dedupe(folder: Path, *arguments: str, **env: str) -> bytes:
    result = subprocess.run(
        [sys.executable, "-m", "dedupe", *arguments],
        cwd=folder,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return result.stdout


@pytest.mark.parametrize(
    ("url", "reason", "told"),
    [
        ("gs://b/a", "missing_extra", "pip install gcsfs"),
        ("nonesuch://b/a", "path_missing", "./nonesuch:/"),
        ("file:///tmp", "path_missing", "by its path, without file://"),
    ],
)
def test_protocols_that_cannot_be_read(url: str, reason: str, told: str) -> None:
    if url.startswith("gs:") and find_spec("gcsfs"):
        pytest.skip("gcsfs is installed here")
    found = Outcome(read_corpus([url], ScanSettings()))
    assert [(item.id, item.reason) for item in found.skipped] == [(url, reason)]
    assert told in found.skipped[0].detail


def test_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    found = Outcome(read_corpus(["s3://b/a"], ScanSettings()))
    assert found.skipped[0].reason == "missing_extra"
    assert install_command("remote") + " s3fs" in found.skipped[0].detail


def test_a_folder_here_that_is_named_like_a_url(
    server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "memory:" / "b").mkdir(parents=True)
    (tmp_path / "memory:" / "b" / "a.txt").write_text("one word")
    fsspec.filesystem("memory").pipe("/b/a.txt", b"another")
    found: Any = Outcome(read_corpus(["memory://b/a.txt"], ScanSettings()))
    assert "./memory://b/a.txt means that" in found.skipped[0].detail
    for path in ("./memory://b/a.txt", "memory:/b", "memory:"):
        assert [*Outcome(read_corpus([path], ScanSettings())).texts.values()] == ["one word"]
    fsspec.filesystem("memory").rm("/b", recursive=True)
