"""Mail: what is the text of a message, and where one ends and the next begins."""

from __future__ import annotations

import base64
import gzip
import json
import mailbox
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from dedupe.model.metadata import read_meta
from dedupe.model.settings import ScanSettings
from dedupe.sources import ReadLimits, SourceTexts
from tests.support.command import RunDedupe
from tests.support.every_format import as_mail, as_mailbox, zip_of
from tests.support.reading import Outcome, put, read

WORDS = [f"word{number}" for number in range(300)]
HEAD = (
    b"From: Ann <a@b.example>\nTo: c@d.example\nSubject: News\n"
    b"Date: Mon, 14 May 2001 16:39:00 -0700 (PDT)\nMessage-ID: <%s@b.example>\n"
)
FROM_LINE = b"From a@b.example Mon May 14 16:39:00 2001\n"


def sentence(begin: int, count: int = 40) -> str:
    return " ".join(WORDS[begin : begin + count])


def message(content: bytes, id: bytes = b"1") -> bytes:
    return HEAD % id + content


def meta_of(found: Outcome) -> list[dict[str, str]]:
    return [read_meta(meta) for batch in found.batches for meta in batch.metas]


def read_one(content: bytes) -> Outcome:
    return read("-", stdin=message(content), input_format="eml")


# --- the text of a message -----------------------------------------------------------------

PLAIN = b"Content-Type: text/plain; charset=%s\nContent-Transfer-Encoding: %s\n\n"
PARTS = b'MIME-Version: 1.0\nContent-Type: multipart/%s; boundary="=_b"\n\npreamble\n'


def parts(kind: bytes, *each: bytes) -> bytes:
    return PARTS % kind + b"".join(b"--=_b\n" + part + b"\n" for part in each) + b"--=_b--\nend\n"


HTML = b"Content-Type: text/html; charset=utf-8\n\n<p>one &amp; two</p><script>no()</script>"
PICTURE = b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="
FILE = b"Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nattached"
LONG_HTML = b"Content-Type: text/html\n\n<p>" + sentence(0, 60).encode() + b"</p>"

RUSSIAN = "Сегодня в городе открыли новый мост через реку, и жители прошли по нему впервые"
TEXTS = {
    "no header of content": (b"\none\n\n> two\n", "one\n\n> two"),
    "crlf": (b"\r\none\r\ntwo\r\n", "one\ntwo"),
    "no blank line": (b"one two three\n\nfour\n", "one two three\n\nfour"),
    "quoted-printable": (
        PLAIN % (b"utf-8", b"Quoted-Printable") + b"na=C3=AFve t=\next=20\n",
        "naïve text ",
    ),
    "base64": (
        PLAIN % (b"koi8-r", b"base64") + base64.b64encode("привет".encode("koi8-r")),
        "привет",
    ),
    "base64 in pieces": (
        PLAIN % (b"utf-8", b"base64") + b"b25l\nIHR3bw==\nIHRocmVl\n",
        "one two three",
    ),
    "iso-2022-jp": (
        PLAIN % (b"iso-2022-jp", b"7bit") + "新聞の記事".encode("iso2022_jp"),
        "新聞の記事",
    ),
    "utf-7": (PLAIN % (b"UTF-7", b"7bit") + "größer".encode("utf-7"), "größer"),
    "utf-16le": (
        PLAIN % (b"utf-16le", b"base64") + base64.b64encode("漢字".encode("utf-16-le")),
        "漢字",
    ),
    "said to be ascii": (PLAIN % (b"us-ascii", b"8bit") + "größer".encode(), "größer"),
    "said to be ascii, and is none": (
        PLAIN % (b"us-ascii", b"8bit") + RUSSIAN.encode("cp1251"),
        RUSSIAN,
    ),
    "unknown charset": (PLAIN % (b"x-none", b"8bit") + "größer".encode(), "größer"),
    "unknown transfer encoding": (PLAIN % (b"utf-8", b"8 bit") + b"one", "one"),
    "html": (HTML, "one & two"),
    "alternative": (parts(b"alternative", HTML, b"\nplain text"), "plain text"),
    "alternative, no plain": (parts(b"alternative", b"\n \n", HTML), "one & two"),
    "alternative that points": (parts(b"alternative", b"\nSee HTML.", LONG_HTML), sentence(0, 60)),
    "mixed": (parts(b"mixed", b"\none", PICTURE, FILE, HTML), "one\n\none & two"),
    "html and a footer": (parts(b"mixed", HTML, b"\nthe list"), "one & two\n\nthe list"),
    "digest": (parts(b"digest", b"\nSubject: a\n\none", b"\nSubject: b\n\ntwo"), "one\n\ntwo"),
    "forwarded": (
        parts(b"mixed", b"\nsee", b"Content-Type: message/rfc822\n\nSubject: a\n\none"),
        "see\n\none",
    ),
    "not closed": (parts(b"mixed", b"\none", b"\ntwo")[: -len(b"--=_b--\nend\n")], "one\n\ntwo"),
    "longer boundary inside": (parts(b"mixed", b"\none\n--=_b2\ntwo"), "one\n--=_b2\ntwo"),
    "flowed": (
        b"Content-Type: text/plain; format=flowed\n\none \ntwo\n three\n"
        b"> four \n> five\n>> six\n-- \nme",
        "one two\nthree\n> four five\n>> six\n-- \nme",
    ),
    "flowed, delsp": (
        b"Content-Type: text/plain; format=flowed; delsp=yes\n\n" + "漢 \n字".encode(),
        "漢字",
    ),
    "a from line is no quote here": (b"\n>From here\n", ">From here"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_text_is_what_was_written(kind: str) -> None:
    content, text = TEXTS[kind]
    found = read_one(content)
    assert found.texts == {"-": text}
    attached = {"mixed": ["not_compared"]}.get(kind, [])
    assert [each.reason for each in found.notices] == attached
    assert found.provider().read_texts(["-"]) == found.texts


SIGNED = b"Content-Type: application/pgp-signature; name=a.asc\n\nwsFzBAAB"


def test_attachments_are_counted_and_signatures_are_none(tmp_path: Path) -> None:
    files = parts(b"mixed", b"\none", PICTURE, FILE)
    letters = [files, parts(b"signed", b"\ntwo", SIGNED), parts(b"mixed", b"\nthree", PICTURE)]
    messages = [message(each, b"%d" % n) for n, each in enumerate(letters)]
    put(tmp_path / "in.mbox", b"\n".join(FROM_LINE + each for each in messages))
    put(tmp_path / "a.eml", messages[0])
    put(tmp_path / "b.eml", messages[1])
    assert [(each.id, each.reason, each.detail) for each in read(tmp_path).notices] == [
        ("a.eml", "not_compared", "pictures and other attachments of the message: 2"),
        ("in.mbox", "not_compared", "messages with attachments: 2; the first: 0@b.example"),
    ]


ODD = {
    "list footer behind base64": (
        PLAIN % (b"utf-8", b"base64") + b"b25lIHR3bw==\n____\nmy list, a@b\n",
        "one two\n____\nmy list, a@b",
    ),
    "base64 cut": (PLAIN % (b"utf-8", b"base64") + b"b25lI", "one"),
    "parts taken out": (PARTS % b"mixed" + b"one\ntwo\n", "preamble\none\ntwo"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_damaged_is_read_and_told(kind: str) -> None:
    content, text = ODD[kind]
    found = read_one(content)
    assert found.texts == {"-": text}
    assert found.notice_reasons == {"-": "damaged"}


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(40)
)
UNUSABLE = {
    "no_text": parts(b"mixed", PICTURE, FILE),
    "encrypted": b"Content-Type: multipart/encrypted; boundary=x\n\n--x\n\none\n--x--\n",
    "not_decodable": PLAIN % (b"utf-8", b"x-uuencode") + b"begin 644 a\n#0V%T\n`\nend\n",
    "too_deep": NESTED + b"\none",
    "too_large": parts(b"mixed", *[b"\nx"] * 10_001),
}


@pytest.mark.parametrize("reason", UNUSABLE)
def test_what_has_no_text_is_skipped_alone(reason: str, tmp_path: Path) -> None:
    put(tmp_path / "a.eml", message(UNUSABLE[reason]))
    messages = [message(UNUSABLE[reason], b"1"), message(b"\none\n", b"2")]
    put(tmp_path / "b.mbox", b"".join(FROM_LINE + each + b"\n" for each in messages))
    found = read(tmp_path)
    assert found.texts == {"2@b.example": "one"}
    assert found.reasons == {"a.eml": reason, "1@b.example": reason}


def test_a_header_without_an_end_is_told(tmp_path: Path) -> None:
    put(tmp_path / "a.eml", HEAD % b"1" + b"X-Y: z\n" * 300_000)
    assert read(tmp_path).reasons == {"a.eml": "too_large"}


def test_metadata_is_that_of_the_header(tmp_path: Path) -> None:
    head = (
        "Message-ID: <1@x>\nSubject: =?koi8-r?B?8NLJ18XU?= =?utf-8?q?_du?=\n there\n"
        "From: a@b.example\nArchived-At: <https://lists.example/1>\n"
    )
    put(tmp_path / "a.eml", f"{head}Date: 14 May 01 16:39 EST\n\none")
    put(tmp_path / "b.eml", f"{head}Date: one day\n\none")
    first, second = meta_of(read(tmp_path))
    assert first == {
        "title": "Привет du there",
        "date": "2001-05-14T16:39:00-05:00",
        "url": "https://lists.example/1",
        "site": "lists.example",
    }
    assert second["date"] == "one day"


# --- where messages begin ------------------------------------------------------------------

FROM_TEXT = "From time to time\n\nFrom here on:\n\nFrom 12:30 on\n\nFrom Mon to Fri\n\n"
BODIES = [
    FROM_TEXT.encode() + b">>From quoted\n>From x",
    b"a \xe9\n\n",
    b"From a@b.example Mon May 14 16:39:00 2001 is no beginning without a header\n",
    b"",
]


def test_messages_are_cut_where_they_begin_and_nowhere_else(tmp_path: Path) -> None:
    box = b"".join(
        FROM_LINE + message(b"\n" + body, b"%d" % number) + b"\n"
        for number, body in enumerate(BODIES)
    )
    put(tmp_path / "a.mbox", box)
    put(tmp_path / "b.mbox", b"\xef\xbb\xbf\n" + box.replace(b"\n", b"\r\n"))
    found = read(tmp_path)
    texts = [
        FROM_TEXT + ">From quoted\nFrom x",
        "a é",
        "From a@b.example Mon May 14 16:39:00 2001 is no beginning without a header",
        "",
    ]
    ids = [id for batch in found.batches for id in batch.ids]
    assert ids == [f"{number}@b.example" for number in range(4)] * 2
    assert [found.texts[id] for id in ids[:4]] == texts
    assert found.provider(by_name=True).read_texts(ids) == found.texts


def box_without_charsets() -> bytes:
    """A mailbox in cp866: the first message declares KOI8-R, the others nothing that is true."""
    russian, plain = "Осень близко.", b"Content-Type: text/%s; charset=%s\n\n"
    bodies = [
        plain % (b"plain", b"koi8-r") + russian.encode("koi8-r"),
        plain % (b"plain", b"us-ascii") + russian.encode("cp866"),
        plain % (b"html", b"x-unknown") + b"<p>" + russian.encode("cp866"),
        b"\n" + russian.encode("cp866"),
        b"\nASCII alone",
    ]
    return b"".join(
        FROM_LINE + message(body, b"%d" % number) + b"\n" for number, body in enumerate(bodies)
    )


def test_the_settings_decide_for_parts_that_declare_no_charset(tmp_path: Path) -> None:
    put(tmp_path / "a.mbox", box_without_charsets())
    one = message(b"\n" + "Осень близко.".encode("cp866"), b"one")
    put(tmp_path / "b.eml", one.replace(b"News", "Зима".encode("cp866")))
    found = read(tmp_path, encoding="cp866")
    assert [*found.texts.values()] == ["Осень близко."] * 4 + ["ASCII alone", "Осень близко."]
    assert meta_of(found)[-1]["title"] == "Зима"
    assert not found.notices
    again = SourceTexts(
        found.corpus.source_infos, found.locators, found.hashes(), ScanSettings(encoding="cp866")
    )
    assert again.read_texts(found.texts) == found.texts


def test_doubtful_charsets_are_told_once_with_a_count(tmp_path: Path) -> None:
    put(tmp_path / "a.mbox", (FROM_LINE + message("\nДа".encode("cp866")) + b"\n") * 3)
    put(tmp_path / "b.eml", message("\nДа".encode("cp866")))
    found = read(tmp_path)
    assert found.notice_reasons == {"a.mbox": "encoding_doubtful", "b.eml": "encoding_doubtful"}
    detail = found.notices[0].detail
    assert "messages in a doubtful encoding: 3; the first: " in detail and "--encoding" in detail


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 18])
def test_blocks_do_not_matter(size: int) -> None:
    bodies = (sentence(n, n % 90).encode() + b"\n\nFrom a\nb:\n" for n in range(60))
    messages = (message(b"\n" + body, b"%d" % n) for n, body in enumerate(bodies))
    box = b"".join(FROM_LINE + each + b"\n" for each in messages)
    found = read("-", stdin=box, limits=ReadLimits(block_bytes=size))
    assert found.texts == {
        f"{n}@b.example": f"{sentence(n, n % 90)}\n\nFrom a\nb:".lstrip("\n") for n in range(60)
    }
    assert found.provider().read_texts(found.texts) == found.texts


def test_the_library_writes_and_reads_the_same_mailbox(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "m")
    for number in range(5):
        each = EmailMessage()
        each["Subject"], each["From"], each["Date"] = (
            "x",
            "a@b.example",
            "14 May 2001 16:39:00 +0000",
        )
        each.set_content(f"From {number}\n\nFrom me: ü {sentence(number)}\n")
        each.add_alternative(f"<p>{number}</p>", subtype="html")
        box.add(mailbox.mboxMessage(each))
    box.close()
    found = read(tmp_path)
    assert found.texts == {
        f"m#{number + 1}": f"From {number}\n\nFrom me: ü {sentence(number)}" for number in range(5)
    }
    assert found.provider().read_texts(found.texts) == found.texts


def test_a_message_that_is_too_long_costs_itself_alone(tmp_path: Path) -> None:
    bodies = [b"one", b"x" * 3000, b"From time to time\n" * 400, b"two"]
    box = b"".join(
        FROM_LINE + message(b"\n" + body, b"%d" % n) + b"\n\n" for n, body in enumerate(bodies)
    )
    put(tmp_path / "a.mbox", box)
    for size in (64, 1 << 18):
        found = read(tmp_path, limits=ReadLimits(document_bytes=2000, block_bytes=size))
        assert found.texts == {"0@b.example": "one", "3@b.example": "two"}
        assert found.reasons == {"a.mbox#2": "too_large", "a.mbox#3": "too_large"}
        assert found.provider().read_texts(found.texts) == found.texts


def test_the_message_in_which_data_breaks_off_is_left_out(tmp_path: Path) -> None:
    texts = [sentence(n) for n in range(200)]
    whole = gzip.compress(as_mailbox(texts, ""))
    (tmp_path / "a.mbox.gz").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path)
    (skipped,) = found.skipped
    assert skipped.reason == "truncated"
    assert skipped.id == f"a.mbox.gz#{len(found.texts) + 1}"
    assert [*found.texts.values()] == texts[: len(found.texts)]
    assert 50 < len(found.texts) < 200


# --- recognising ---------------------------------------------------------------------------

ENRON = (
    b"Message-ID: <1.JavaMail@x>\nDate: Mon, 14 May 2001 16:39:00 -0700 (PDT)\nFrom: a@b.example\n"
    b"To: c@d.example\nSubject: \nMime-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n"
)
POST = b"From: a@b.example (Ann)\nSubject: Re: news\nOrganization: none\nLines: 3\n\n"
MEMO = b"From: the mayor\nTo: all\nDate: today\nSubject: water\n\n"
USENET = b"From -4568921457985622125\nX-Google-Language: ENGLISH,ASCII-7-bit\n"
PELICAN = b"Title: News\nDate: 2010-12-03\nSubject: water\nAuthor: Ann\n\n"
SAVED = b"From: <Saved by Blink>\nSnapshot-Content-Location: https://a.example/\n"


def formats_of(found: Outcome) -> dict[str, str]:
    return {source.path.rpartition("/")[2]: source.format for source in found.corpus.source_infos}


def test_mail_is_known_by_its_content(tmp_path: Path) -> None:
    body = sentence(0).encode() + b"\n"
    two = FROM_LINE + message(b"\n" + body) + b"\n"
    files = {
        "1.": ENRON + body,
        "post": POST + body,
        "cur:2,S": b"Received: from x\n\tby y\n" + message(b"\n" + body),
        "Inbox": two + two.replace(b"<1@", b"<2@"),
        "alt.news": USENET + POST + body + b"\n" + USENET + POST + b"other " + body,
        "one.mbox": ENRON + body,
        "two.eml": two,
        "memo": MEMO + body,
        "from": b"From John\nTo: Mary\n\n" + body,
        "pelican": PELICAN + body,
        "mhtml": SAVED + ENRON + body,
        "diary": b"From Mon on, 12:30 is lunch time.\n" + body,
    }
    for name, data in files.items():
        put(tmp_path / name, data)
    found = read(tmp_path)
    expected = {
        **dict.fromkeys(("1.", "post", "cur:2,S", "one.mbox"), "eml"),
        **dict.fromkeys(("Inbox", "alt.news", "two.eml"), "mbox"),
        **dict.fromkeys(("memo", "from", "pelican", "diary"), "text"),
        "mhtml": "auto",
    }
    assert formats_of(found) == expected
    assert found.texts["1."] == found.texts["post"] == sentence(0)
    assert found.texts["alt.news#2"] == f"other {sentence(0)}"
    assert found.texts["memo"].startswith("From: the mayor")


def test_other_files_of_these_endings_are_told(tmp_path: Path) -> None:
    put(tmp_path / "a.mbx", b"*mbx*\r\n12345678\r\n" + ENRON)
    put(tmp_path / "b.mbox", b"some words and no header\n")
    put(tmp_path / "c.eml", b"some words and no header\n")
    put(tmp_path / "d.eml", b"\x7fELF\2\1\1\0\0" + bytes(range(256)))
    put(tmp_path / "e.mbox", b"")
    found = read(tmp_path)
    assert not found.texts
    assert {*found.reasons.values()} == {"not_text", "known_format"} and len(found.skipped) == 4
    assert "UW IMAP" in found.skipped[0].detail


def test_mail_in_archives_is_read_and_read_again(tmp_path: Path) -> None:
    members = {"a/1.eml": as_mail([sentence(0)], ""), "a/in": as_mailbox([sentence(9)], "in")}
    put(tmp_path / "a.zip", zip_of(members))
    found = read(tmp_path)
    assert [*found.texts.values()] == [sentence(0), sentence(9)]
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


# --- taking messages out -------------------------------------------------------------------


def test_apply_takes_out_messages_and_nothing_else(tmp_path: Path, dedupe_here: RunDedupe) -> None:
    kept = [
        FROM_LINE + message(b"\n" + sentence(n * 50).encode() + b"\n\n", b"%d" % n)
        for n in range(5)
    ]
    copy = FROM_LINE + message(b"\n" + sentence(50).encode() + b"\n\n", b"copy")
    put(tmp_path / "in" / "a.mbox", b"".join([*kept[:3], copy, *kept[3:]]))
    put(tmp_path / "in" / "b.eml", b"\n".join(kept[2].split(b"\n")[1:]))
    put(tmp_path / "in" / "c.eml", b"\n".join(kept[0].split(b"\n")[1:]).replace(b"word9", b"x"))
    report = json.loads(dedupe_here("scan", "in", "--format", "json", "--keep", "first").stdout)
    dedupe_here("scan", "in", "--keep", "first", "--output", "report.json")
    assert [len(each["members"]) for each in report["clusters"]] == [2, 2, 2]
    dedupe_here("apply", "report.json", "--output", "out", "--yes")
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written == {"a.mbox": b"".join(kept)}


# --- hostile input -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: multipart/mixed; boundary=-\n\n" + b"---x\n" * 400_000,
        b"Content-Type: text/plain; " + b'a="' + b";" * 900_000 + b"\n\none",
        b"Content-Type: text/plain; charset=utf16le" + b"x" * 900_000 + b"\n\none",
        b"Content-Type: text/plain; charset=\"utf-8\x00\"; format*=x''flowed\n\none",
        b"Subject: " + b"=?utf-8?q?" * 90_000 + b"\n\none",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 9000,
        b"Content-Transfer-Encoding: base64\n\n" + b"A" * 4_000_001,
        b"\n" + b"From \n" * 300_000,
        b"Content-Type: text/html\n\n" + b"<a " * 300_000,
        b"Content-Type: text/plain; format=flowed\n\n" + b"> \n" * 300_000,
        b"Content-Type: text/plain; format=flowed\n\n" + b"words \n" * 300_000,
    ],
    ids=range(11),
)
def test_hostile_messages_take_little_time(content: bytes, tmp_path: Path) -> None:
    put(tmp_path / "a.eml", message(content))
    put(
        tmp_path / "b.mbox",
        FROM_LINE + message(content) + b"\n\n" + FROM_LINE + message(b"\nend", b"2"),
    )
    began = time.process_time()
    found = read(tmp_path)
    assert time.process_time() - began < 4
    assert found.texts["2@b.example"] == "end"
    assert "reader_failed" not in found.reasons.values()


def test_archives_of_lists_are_mailboxes_though_named_as_text(
    tmp_path: Path, dedupe_here: RunDedupe
) -> None:
    """Mailman names them ``2004-May.txt``; what only quotes such a line stays a text."""
    body = b"\n" + sentence(0, 60).encode() + b"\n"
    box = FROM_LINE + message(body, b"1") + b"\n" + FROM_LINE + message(body, b"2") + b"\n"
    put(tmp_path / "in" / "2004-May.txt", box)
    story = b"is how it began. " + sentence(100, 60).encode()
    put(tmp_path / "in" / "story.txt", FROM_LINE + story)
    found = read(tmp_path / "in")
    assert set(found.texts) == {"1@b.example", "2@b.example", "story.txt"}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    assert ("2004-May.txt", "misnamed") in {(each.id, each.reason) for each in found.notices}
    dedupe_here("scan", "in", "--output", "r.json")
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    assert (tmp_path / "out" / "2004-May.txt").read_bytes().count(b"From a@b.example") == 1
    assert (tmp_path / "out" / "story.txt").exists()
