"""What the server of a review answers and refuses, by the bytes of requests."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dedupe import scan
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.report.decision_file import (
    AnyDecision,
    Decision,
    PairDecision,
    format_decisions,
    hash_pair,
    read_decisions,
)
from dedupe.report.json import render_json, render_jsonl
from tests.support.command import RunDedupe
from tests.support.reviewing import Reviewing, reviewing

WORDS = [f"word{n}" for n in range(120)]
SCORES = re.compile(
    r"0\.\d\d|jaccard|near|identical|normalised|redundant|\bkept\b|contain|duplicate", re.I
)
"""What a blind page must not hold, apart from its own script."""


def write_corpus(folder: Path, clusters: int) -> Report:
    """Each cluster has a text, one with other words at two places, and one with fewer words."""
    folder.mkdir(exist_ok=True)
    for number in range(clusters):
        words = [f"{word}of{number}" for word in WORDS]
        texts = {"a": words, "b": [*words[:50], "another", *words[51:]], "c": words[:-2]}
        for name, each in texts.items():
            (folder / f"{number:03d}{name}.txt").write_text(" ".join(each), encoding="utf-8")
    return scan(folder.name, Config(threshold=0.7, workers=1))


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Report]]:
    folder = tmp_path_factory.mktemp("reviewed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        report = write_corpus(folder / "in", 25)
    (folder / "report.json").write_bytes(render_json(report))
    assert len(report.clusters) == 25
    yield folder, report


@pytest.fixture(scope="module")
def running(scanned: tuple[Path, Report]) -> Iterator[Reviewing]:
    with reviewing(scanned[0], "report.json", "--decisions", "served.jsonl") as found:
        yield found


def ask(
    running: Reviewing, method: str = "GET", path: str = "", body: Any = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """The answer to a request; names of headers have ``_`` for ``-``."""
    connection = http.client.HTTPConnection(running.host, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    whole = path if path.startswith("//") else running.route + path
    connection.request(method, whole.removeprefix("/") and whole, body=body, headers=named)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data, {k.lower(): v for k, v in answer.getheaders()}


def post(running: Reviewing, *changes: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"changes": changes})
    status, data, _ = ask(running, "POST", "decide", body, Content_Type="application/json")
    return status, json.loads(data)


def talk(running: Reviewing, request: bytes) -> bytes:
    """What comes back for bytes that no client would send."""
    host, port = running.host.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while part := connection.recv(1 << 16):
            found += part
    return found


def test_pages_hold_clusters_one_after_another(running: Reviewing, scanned: tuple[Path, Report]):
    shown: list[str] = []
    for page in (1, 2, 3):
        status, html, headers = ask(running, path=f"?page={page}")
        assert status == 200 and headers["content-type"].startswith("text/html")
        shown += re.findall(r'<noscript id="c-(\w+)"', html.decode())
        assert "another" in html.decode(), "the differences are there"
    assert shown == [cluster.cluster_id for cluster in scanned[1].clusters]
    assert "21–25 of 25\u00a0clusters" in ask(running, path="?page=99")[1].decode()
    found = ask(running, path="?q=007A.TXT")[1].decode()
    assert "1–1 of 1\u00a0cluster" in found and found.count("<noscript id=") == 1
    for odd in ("?page=-1", "?page=x", "?page=" + "9" * 400, "?q=%ff%00", "?q=" + "x" * 3000):
        assert ask(running, path=odd)[0] == 200
    assert ask(running, path="?" + "a=1&" * 50)[0] == 400


def test_a_page_may_fetch_nothing_and_be_in_no_frame(running: Reviewing):
    _, html, headers = ask(running)
    policy = headers["content-security-policy"]
    for part in (
        "default-src 'none'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
    ):
        assert part in policy.split("; ")
    assert "unsafe" not in policy and "http" not in policy
    assert headers["cache-control"] == "no-store" and headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers
    assert not re.search(rb"(?:src|href)=[\"']?(?:https?:)?//", html)


def test_who_does_not_know_the_token_is_refused(running: Reviewing):
    token = running.route.strip("/")
    assert len(token) >= 40
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    wrong = [f"/{other}/", f"/{token[:-1]}/", f"/{token}x/", f"/x/../{token}/"]
    for path in (*wrong, f"{token}/", "/", "/favicon.ico", "/../", "/%2e%2e/etc/passwd", "*"):
        request = f"GET {path} HTTP/1.1\r\nHost: {running.host}\r\n\r\n".encode()
        assert talk(running, request).split()[1] in (b"404", b"400"), path
    for path in ("../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "report.json", "in/000a.txt"):
        assert ask(running, path=path)[0] == 404, path
    assert ask(running, path="decide")[0] == 404


def test_other_hosts_and_origins_are_refused(running: Reviewing):
    port = running.host.split(":")[1]
    for host in (f"evil.invalid:{port}", "127.0.0.1", "localhost", f"127.0.0.2:{port}", ""):
        assert ask(running, Host=host)[0] == 421, host
    assert ask(running, Host=f"localhost:{port}")[0] == 200
    for request in (
        f"GET {running.route} HTTP/1.1\r\n\r\n",
        f"GET {running.route} HTTP/1.1\r\nHost: {running.host}\r\nHost: {running.host}\r\n\r\n",
    ):
        assert talk(running, request.encode()).split()[1] == b"421"
    json_type = {"Content_Type": "application/json"}
    others = ["http://evil.invalid", "null", f"https://{running.host}", f"http://localhost:{port}"]
    for origin in others:
        assert ask(running, Origin=origin)[0] == 403, origin
        assert ask(running, "POST", "decide", "{}", **json_type, Origin=origin)[0] == 403, origin
    own = {"Origin": f"http://{running.host}", **json_type}
    body = '{"changes": []}'
    assert ask(running, "POST", "decide", body, **own)[0] == 200
    assert ask(running, "POST", "decide", body, **own, Sec_Fetch_Site="cross-site")[0] == 403


def test_what_is_no_json_of_a_bearable_size_is_refused(running: Reviewing):
    json_type = {"Content_Type": "application/json"}
    assert ask(running, "POST", "decide", "a=1")[0] == 415
    assert ask(running, "POST", "decide", "{}", Content_Type="text/plain")[0] == 415
    assert ask(running, "POST", "decide", "x" * 1_000_001, **json_type)[0] == 413
    head = f"POST {running.route}decide HTTP/1.1\r\nHost: {running.host}\r\n"
    head += "Content-Type: application/json\r\n"
    for length, status in {
        "": b"411",
        "Content-Length: 99999999999999999999\r\n": b"413",
        "Content-Length: -1\r\n": b"411",
        "Content-Length: 2\r\nContent-Length: 2\r\n": b"411",
        "Transfer-Encoding: chunked\r\n": b"411",
        "Content-Length: 10\r\n": b"400",
    }.items():
        assert talk(running, f"{head}{length}\r\n{{}}".encode()).split()[1] == status, length
    for body in ("{}", "[" * 100_000, '{"changes": 1}', b"\xff", '{"changes": [{"place": 0}]}'):
        assert ask(running, "POST", "decide", body, **json_type)[0] == 422, body[:20]
    for method in ("PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"):
        assert ask(running, method)[0] == 501
    assert talk(running, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").split()[1:2] != [b"200"]
    assert ask(running, path="x" * 70_000)[0] in (404, 414)
    assert ask(running)[0] == 200, "it is still there"


def test_decisions_are_about_what_the_report_has(scanned: tuple[Path, Report]):
    folder, report = scanned
    first, second, *_ = report.clusters[3].members
    place = {"place": 3}
    document = {**place, "id": second.id, "content_hash": second.content_hash}
    hashes = [first.content_hash, second.content_hash]
    pair = {**place, "content_hashes": hashes}
    with reviewing(folder, "report.json", "--decisions", "some.jsonl", "--by", "ana") as running:
        for wrong in (
            {**document, "choice": "keep", "place": 4},
            {**document, "choice": "keep", "place": -1},
            {**document, "choice": "keep", "place": 25},
            {**document, "choice": "keep", "id": first.id},
            {**document, "choice": "same"},
            {**pair, "choice": "keep"},
            {**pair, "choice": "same", "content_hashes": [hashes[0], hashes[0]]},
            {**pair, "choice": "same", "content_hashes": [hashes[0], "0" * 32]},
        ):
            assert post(running, wrong)[0] == 422, wrong
        assert not (folder / "some.jsonl").exists(), "nothing is written for nothing"
        assert post(running, {**document, "choice": "keep"}, {**pair, "choice": "same"}) == (
            200,
            {"count": 2},
        )
        assert post(running, {**pair, "choice": "unsure"})[1] == {"count": 2}
        found = read_decisions(str(folder / "some.jsonl"))
        assert found.choices == {second.id: "keep"}
        assert found.judged == {hash_pair(*hashes): "unsure"}
        assert {each.by for each in found.everything} == {"ana"}
        assert post(running, {**document, "choice": None})[1] == {"count": 1}
        assert '"judged": [["' in ask(running)[1].decode().replace("&#34;", '"')
        left = ask(running, path="?open=1")[1].decode()
        assert "of 24\u00a0clusters" in left
        # Somebody else changes the file, as a merge by git does.
        (folder / "some.jsonl").write_text('{"dedupe_decisions": 2}\n')
        assert post(running, {**document, "choice": "drop"})[1] == {"count": 1}
        (folder / "some.jsonl").write_text("no decisions")
        assert post(running, {**document, "choice": "keep"})[0] == 422
        assert (folder / "some.jsonl").read_text() == "no decisions", "it is not overwritten"
        (folder / "some.jsonl").unlink()
        assert post(running, {**document, "choice": "keep"})[1] == {"count": 1}
        code, told = running.interrupt()
    assert code == 0 and told.endswith("1\u00a0decision in some.jsonl\n")
    assert "Traceback" not in told


def test_blind_pages_hold_no_score(scanned: tuple[Path, Report]):
    folder, report = scanned
    cluster = report.clusters[0]
    with reviewing(folder, "report.json", "--blind", "--decisions", "blind.jsonl") as running:
        html = ask(running)[1].decode()
        pair = [cluster.members[0].content_hash, cluster.members[1].content_hash]
        status, told = post(running, {"place": 0, "content_hashes": pair, "choice": "same"})
    assert (status, told) == (200, {"count": 1})
    body = html[html.index("<body>") :]
    body = re.sub(r'class="[^"]*"|class=\w+|<dialog.*?</dialog>', "", body, flags=re.DOTALL)
    assert cluster.members[1].id.rpartition("/")[2] in body and "another" in body
    assert SCORES.findall(body) == []
    with reviewing(folder, "report.json", "--decisions", "seen.jsonl") as running:
        seen = ask(running)[1].decode()
    assert {"near", "kept", "redundant"} <= {*SCORES.findall(seen[seen.index("<body>") :])}


def test_compressed_reports_and_what_is_no_report(
    scanned: tuple[Path, Report], tmp_path: Path, run_dedupe: RunDedupe
):
    folder, report = scanned
    data = (folder / "report.json").read_bytes()
    (folder / "packed.json.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + data))
    with reviewing(folder, "packed.json.gz") as running:
        assert ask(running)[1].count(b"<noscript id=") == 10
        place = {"place": 0, "id": report.clusters[0].representative}
        place["content_hash"] = report.clusters[0].members[0].content_hash
        assert post(running, {**place, "choice": "keep"})[0] == 200
    assert (folder / "packed.decisions.jsonl").exists()
    (tmp_path / "lines.jsonl").write_bytes(b"".join(render_jsonl(report)))
    wrong = {"empty": b"", "nothing": b"{}", "cut": data[: len(data) // 2], "deep": b"[" * 100_000,
             "newer": data.replace(b'"schema_version": 1', b'"schema_version": 99', 1)}  # fmt: skip
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)
        told = run_dedupe("review", name, "--no-open", code=2).stderr.decode()
        assert name in told and "Traceback" not in told
    assert "JSON Lines" in run_dedupe("review", "lines.jsonl", code=2).stderr.decode()
    run_dedupe("review", "gone.json", code=2)
    run_dedupe("review", code=2)
    (tmp_path / "text.jsonl").write_text("my notes")
    saved = str(folder / "report.json")
    run_dedupe("review", saved, "--decisions", "text.jsonl", code=2)
    assert (tmp_path / "text.jsonl").read_text() == "my notes"
    run_dedupe("review", saved, "--decisions", saved, code=2)
    run_dedupe("review", saved, "--decisions", "nowhere/d.jsonl", code=2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run_dedupe("review", saved, "--port", port, code=2).stderr.decode()
        assert f"port {port}" in told


def test_a_damaged_cluster_is_told_and_the_others_are_there(scanned: tuple[Path, Report]):
    folder, report = scanned
    data = (folder / "report.json").read_bytes()
    cluster = report.clusters[12]
    wrong = f'"representative": "{cluster.representative}"'.encode()
    assert data.count(wrong) == 1
    (folder / "damaged.json").write_bytes(data.replace(wrong, b'"representative": 7'))
    with reviewing(folder, "damaged.json", "--decisions", "damaged.jsonl") as running:
        assert ask(running, path="?page=1")[0] == 200
        status, told, _ = ask(running, path="?page=2")
        assert status == 422 and "cluster 13" in json.loads(told)["error"]
        assert ask(running, path="?page=3")[0] == 200


def test_texts_that_are_gone_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    report = write_corpus(tmp_path / "in", 2)
    (tmp_path / "report.json").write_bytes(render_json(report))
    gone, changed = report.clusters[0].members[1].id, report.clusters[1].members[1].id
    for path in (tmp_path / "in").iterdir():
        if path.name in gone:
            path.unlink()
        elif path.name in changed:
            path.write_text("something else")
    with reviewing(tmp_path, "report.json") as running:
        html = ask(running)[1].decode()
    remarks = re.findall("<p class=remark>(.*?)</p>", html)
    assert len(remarks) == 2
    assert "there is no such file or folder" in remarks[0]
    assert "its text has changed since the scan" in remarks[1]


def test_merging_lists_disagreements(tmp_path: Path, run_dedupe: RunDedupe):
    def write(name: str, *made: AnyDecision) -> None:
        (tmp_path / name).write_bytes(format_decisions(made))

    texts = ("1" * 32, "2" * 32)
    same = PairDecision(texts, "same", ("x\x1b[2J", "y"), by="ana")
    first, second = Decision("1" * 32, "x", "keep"), Decision("2" * 32, "y", "keep")
    write("a", same, first)
    write("b", first, second)
    done = run_dedupe("review", "--merge", "a", "b", "--output", "c")
    assert done.stdout == b"" and len((tmp_path / "c").read_text().splitlines()) == 4
    write("b", PairDecision(texts, "different", by="ben"), second)
    done = run_dedupe("review", "--merge", "a", "b", "--output", "c", code=1)
    told = "x\\x1b[2J and y: same by ana / different by ben"
    assert done.stdout.decode().splitlines() == [told]
    assert "1\u00a0disagreement" in done.stderr.decode()
    merged = read_decisions(str(tmp_path / "c"))
    assert merged.choices == {"x": "keep", "y": "keep"} and merged.pairs == ()
    (tmp_path / "notes").write_text("my notes")
    run_dedupe("review", "--merge", "a", "b", "--output", "notes", code=2)
    assert (tmp_path / "notes").read_text() == "my notes"
    for wrong in ([], ["--output", "c", "--blind"], ["--output", "c", "report.json"]):
        run_dedupe("review", "--merge", "a", "b", *wrong, code=2)
    run_dedupe("review", "--merge", "a", "gone", "--output", "c", code=2)
