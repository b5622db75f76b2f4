"""The kinds of misreading that people reported, each as one short scan through the command.

Each kind has tests of its own elsewhere; this is the list, but for books, whose differences take
long (``tests/diff/test_long_texts.py``). What is plausible and misread is worse
than an error: either a text is read right, or it is told that it is not.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.support.every_format import (
    csv_rows,
    http_response,
    json_lines,
    page,
    pdf_of,
    warc_record,
)

SYLLABLES = [first + vowel for first in "bdfklmnprst" for vowel in "aeiou"]


def prose(seed: object, count: int = 60) -> str:
    """A text of its own for each seed, with commas."""
    chance = random.Random(str(seed))
    words = ["".join(chance.choices(SYLLABLES, k=chance.choice((1, 2, 3)))) for _ in range(count)]
    return ", ".join(" ".join(words[i : i + 4]) for i in range(0, count, 4))


TWINS = (prose("a"), prose("a"), prose("b"))
"""Two equal texts and another one."""


class Scanned:
    """What one scan of some files found, and what it printed for people."""

    def __init__(self, report: dict[str, Any], told: str) -> None:
        self.count = report["corpus"]["document_count"]
        self.duplicates = report["corpus"]["duplicate_count"]
        self.skipped = {each["reason"]: each["detail"] for each in report["skipped"]}
        self.notices = {each["reason"]: each["detail"] for each in report["notices"]}
        self.warnings = {each["reason"] for each in report["warnings"]}
        self.kept = {each["representative"] for each in report["clusters"]}
        self.encodings = set(report["corpus"]["encoding_counts"])
        self.told = told

    @property
    def found(self) -> tuple[int, int]:
        return self.count, self.duplicates


Scan = Callable[..., Scanned]


@pytest.fixture
def scan(dedupe_here: Any, tmp_path: Path) -> Scan:
    """Scan files of these contents, given by name."""

    def scan_files(files: Mapping[str, bytes | str], *options: str, **more: str) -> Scanned:
        for name, content in files.items():
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        result = dedupe_here("scan", "in", "--format", "json", *options, **more)
        return Scanned(json.loads(result.stdout), result.stderr.decode())

    return scan_files


@pytest.fixture
def refused(dedupe_here: Any, tmp_path: Path) -> Callable[[str, bytes], str]:
    """The error for a file that cannot be read."""

    def scan_file(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return dedupe_here("scan", name, code=2).stderr.decode()

    return scan_file


def records(*texts: Any, name: str = "text") -> list[dict[str, Any]]:
    return [{"no": number, name: text} for number, text in enumerate(texts)]


# --- tables --------------------------------------------------------------------------------


def test_a_row_is_wider_than_its_header(scan: Scan, dedupe_here: Any, tmp_path: Path) -> None:
    texts = [f"The same start, {prose(number)}" for number in range(4)]
    found = scan({"a.csv": "\n".join(["text", *texts])})
    assert found.found == (4, 0) and "odd_layout" in found.notices
    dedupe_here("scan", "in", "--output", "r.json")
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    assert (tmp_path / "out/a.csv").read_bytes() == (tmp_path / "in/a.csv").read_bytes()


def test_a_space_stands_before_a_quote(scan: Scan) -> None:
    rows = [f'{number}, "The same start, {prose(number)}"' for number in range(4)]
    found = scan({"a.csv": "\n".join(["id, text", *rows])})
    assert found.found == (4, 0) and "odd_layout" in found.notices


@pytest.mark.parametrize("end", ["\r", "\n"])
def test_a_carriage_return_stands_alone(scan: Scan, end: str) -> None:
    text = prose("a").replace(", ", "\r" if end == "\n" else "\n")
    cells = [text, text, prose("b")]
    rows = [f'"{each}"' if end == "\r" else each for each in cells]
    assert scan({"a.csv": end.join(["text", *rows, ""])}).found == (3, 1)


def test_a_spreadsheet_names_its_separator(scan: Scan) -> None:
    rows = csv_rows([["No", "Text"], *enumerate(TWINS)], delimiter=";", lineterminator="\r\n")
    assert scan({"a.csv": b"sep=;\r\n" + rows}).found == (3, 1)


# --- records -------------------------------------------------------------------------------


def test_names_of_fields_are_in_capitals(scan: Scan) -> None:
    rows = csv_rows(
        [["ID", "Title", "CONTENT"], *([n, "News", text] for n, text in enumerate(TWINS))]
    )
    lines = json_lines(records(*TWINS, name="Body"))
    assert scan({"a.csv": rows, "b.jsonl": lines}).found == (6, 4)


def test_records_are_under_a_key(scan: Scan) -> None:
    answer = {"status": "ok", "totalResults": 3, "articles": records(*TWINS)}
    by_id = {f"x{number}": each for number, each in enumerate(records(*TWINS))}
    assert scan({"a.json": json.dumps(answer), "b.json": json.dumps(by_id)}).found == (6, 4)


def test_a_text_is_a_list_of_paragraphs(scan: Scan) -> None:
    lists = [text.split(", ") for text in TWINS]
    assert scan({"a.jsonl": json_lines(records(*lists, name="content"))}).found == (3, 1)


def test_a_blank_text_stands_before_the_text(scan: Scan) -> None:
    blank = [{"text": "", "body": text} for text in TWINS]
    assert scan({"a.jsonl": json_lines(blank)}).found == (3, 1)


def test_a_hint_names_the_longest_prose(refused: Any) -> None:
    named = [
        {"url": f"https://a.example/{n}" + "x" * 900, "split": "train", "speech": text}
        for n, text in enumerate(TWINS)
    ]
    assert "--text-field 'speech'" in refused("a.jsonl", json_lines(named))
    numbers = json_lines([{"n": 1, "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}])
    assert "none holds prose" in refused("b.jsonl", numbers)


def test_the_file_of_a_skipped_record_is_named(scan: Scan, dedupe_here: Any) -> None:
    schema = {"id": "https://schema.example/x", "title": "x", "type": "object"}
    scan({"a.txt": prose("a"), "schema.json": json.dumps(schema)})
    assert b"schema.json" in dedupe_here("scan", "in").stdout


def test_a_line_is_a_text(scan: Scan) -> None:
    lines = {"a.txt": "\n".join(TWINS) + "\n"}
    assert scan(lines, "--input-format", "lines").found == (3, 1)


def test_dates_decide_or_are_missed_aloud(scan: Scan) -> None:
    dates = ["01.03.2017", "25.04.2017", "02.05.2017"]
    dated = [{"id": date, "date": date, "text": TWINS[0]} for date in reversed(dates)]
    assert scan({"a.jsonl": json_lines(dated)}, "--keep", "latest").kept == {"02.05.2017"}
    other = [
        {"id": each["id"], "crawled": {"on": each["date"]}, "text": TWINS[0]} for each in dated
    ]
    found = scan({"a.jsonl": json_lines(other)}, "--keep", "latest")
    assert "3 of 3" in found.notices["no_date"] and "--date-field" in found.told
    found = scan({}, "--keep", "latest", "--date-field", "crawled.on")
    assert found.kept == {"02.05.2017"} and not found.notices


# --- pages, crawls, XML ---------------------------------------------------------------------


def test_a_consent_text_is_taken_for_the_article(scan: Scan) -> None:
    consent = f"<main><article><h1>Cookies</h1><p>{prose('consent', 160)}</p></article></main>"
    pages = {
        f"{n}.html": f"<html><body>{consent}<aside><p>{prose(n, 200)}</p></aside></body></html>"
        for n in range(4)
    }
    found = scan(pages)
    assert found.found == (4, 0) and "extraction_doubtful" in found.notices


def test_tags_that_close_themselves_are_no_depth(scan: Scan) -> None:
    icons = "<svg>" + '<path d="M0 0"/><use href="#a"/>' * 300 + "</svg>"
    plain = page("A title\n\n" + prose("a", 200)).decode()
    pages = {"a.html": plain, "b.html": plain.replace("<nav>", f"{icons}<nav>")}
    found = scan(pages)
    assert found.found == (2, 1) and not found.notices


def test_contents_of_a_crawl_are_encoded(scan: Scan) -> None:
    codings: dict[str, Callable[[bytes], bytes]] = {
        "deflate": zlib.compress,
        "deflate ": lambda data: zlib.compress(data)[2:-4],
        "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
        "zstd": zstandard.compress,
        "compress": lambda data: b"\x1f\x9d\x90" + zlib.compress(data),
    }
    crawl = b""
    for number, (name, encode) in enumerate(codings.items()):
        body = encode(TWINS[0].encode())
        response = http_response(body, "text/plain", f"Content-Encoding: {name}")
        crawl += warc_record("response", f"https://a.example/{number}", response)
    found = scan({"a.warc": crawl})
    assert found.found == (4, 3) and "compress" in found.skipped["not_decodable"]


def test_items_of_xml_are_documents(scan: Scan) -> None:
    items = "".join(
        f"<item><link>https://a.example/{n}</link><content:encoded><![CDATA[<p>{text}</p>]]>"
        "</content:encoded><wp:post_type>post</wp:post_type></item>"
        for n, text in enumerate(TWINS)
    )
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="urn:wp"'
    export = f'<?xml version="1.0"?><rss {spaces}><channel>{items}</channel></rss>'
    found = scan({"a.xml": export, "b.xml": f"<record><p>{prose('c')}</p></record>"})
    assert found.found == (4, 1) and "unknown_xml" in found.notices


# --- kinds of files --------------------------------------------------------------------------


def test_a_compressed_name_holds_plain_content(scan: Scan) -> None:
    found = scan({"a.jsonl.gz": json_lines(records(*TWINS))})
    assert found.found == (3, 1) and "misnamed" in found.notices


def test_a_window_is_long_and_nothing_is_damaged(refused: Any) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    told = refused("a.jsonl.zst", packer.compress(json_lines(records(*TWINS))) + packer.flush())
    assert "--max-window 256MiB" in told and "damaged" not in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(99), "RAR archive: unpack it"),
        ("a.db", b"SQLite format 3\0" + bytes(99), "SQLite database is damaged"),
        ("a.rtf", rb"{\rtf1\ansi some text}", "RTF document: save it as text or HTML"),
        ("a.pdf", pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Kids [] >>"]), "PDF"),
    ],
)
def test_a_kind_that_is_not_read_is_named(
    refused: Any, name: str, content: bytes, told: str
) -> None:
    error = refused(name, content)
    assert told in error and "binary" not in error


def test_what_is_no_prose_is_left_out_of_a_mirror(scan: Scan) -> None:
    noise = {"lib.js": prose("a"), "style.css?v=2": prose("a"), "logo.svg": "<svg><g/></svg>"}
    found = scan({"a.txt": prose("a"), "b.txt": prose("b"), **noise})
    assert found.found == (2, 0)
    assert "style sheets 1" in found.notices["left_out"] and "SVG" in found.skipped["known_format"]
    assert scan({}, "--all-files").count == 4


def test_folders_that_git_ignores_are_left_out(scan: Scan, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "in"], check=True)
    ignored = {".gitignore": "build/\n", "build/a.txt": prose("a")}
    found = scan({"a.txt": prose("a"), **ignored})
    assert found.found == (1, 0) and "--no-ignore" in found.notices["ignored"]
    assert scan({}, "--no-ignore").found == (2, 1)


def test_a_cache_is_made_of_links(scan: Scan, dedupe_here: Any, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/0a1b").write_bytes(json_lines(records(*TWINS)))
    (tmp_path / "in").mkdir()
    (tmp_path / "in/train.jsonl").symlink_to("../blobs/0a1b")
    assert b"--follow" in dedupe_here("scan", "in", code=2).stderr
    assert scan({}, "--follow").found == (3, 1)


# --- encodings -------------------------------------------------------------------------------

RUSSIAN = "Паром не вышел из гавани из-за сильного ветра, и жители острова ждали до утра. "
CHINESE = "港口的渡轮今天没有出航，因为风太大，岛上的居民一直等到早上。"


def test_block_limits_cut_no_character(scan: Scan) -> None:
    texts = {f"{shift}.txt": ("x" * shift + CHINESE * 400).encode("gb18030") for shift in (0, 1)}
    found = scan(texts)
    assert found.count == 2 and not found.skipped and found.encodings == {"gb18030 (detected)"}


def test_old_encodings_are_told_apart_or_named(scan: Scan) -> None:
    codings = ("utf-8", "cp866", "iso8859-5", "koi8-r")
    found = scan({f"{name}.txt": (RUSSIAN * 6).encode(name) for name in codings})
    assert found.found == (4, 3)
    japanese = "港のフェリーは強い風のため今日は出航しませんでした。" * 5
    found = scan({f"{name}.md": japanese.encode(name) for name in ("utf-8", "iso2022_jp")})
    assert found.found == (6, 4)
    assert (
        scan(
            {"cp866.txt": RUSSIAN.encode("cp866")}, "--encoding", "cp866", "--glob", "cp866.txt"
        ).count
        == 1
    )


# --- the gate, and what is told ----------------------------------------------------------------


def test_line_ends_of_another_machine_are_no_new_text(dedupe_here: Any, tmp_path: Path) -> None:
    for folder, end in (("lf", b"\n"), ("crlf", b"\r\n")):
        (tmp_path / folder).mkdir()
        for name in ("a.txt", "b.txt"):
            text = prose("a").replace(", ", "\n").encode()
            (tmp_path / folder / name).write_bytes(text.replace(b"\n", end))
    dedupe_here("check", "lf", "--baseline", "known", "--update-baseline")
    dedupe_here("check", "crlf", "--baseline", "known")


def test_annotations_name_files_from_the_root(run_dedupe: Any, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(prose("a"))
    root = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tmp_path.parent)}
    result = run_dedupe("check", ".", "--format", "github", code=1, **root)
    assert f"file={tmp_path.name}/a.txt".encode() in result.stdout


def test_a_passage_before_each_article_is_told(scan: Scan) -> None:
    about = prose("about", 120)
    texts = [f"{about}, {prose(number, 24)}" for number in range(5)]
    assert "shared_passage" in scan({"a.jsonl": json_lines(records(*texts))}).warnings
