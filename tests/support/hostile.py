"""A folder of files that are made to harm a reader, beside good documents.

``python -m tests.support.hostile FOLDER`` writes one to look at. The compression bombs repeat one
compressed part, so that writing ten gigabytes takes a second.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import struct
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import zstandard

from tests.support.every_format import database, epub

GOOD = " ".join(f"word{number}" for number in range(200))
BOMB_BYTES = 10 * 10**9
PART_BYTES = 50_000_000

PART = b"a" * PART_BYTES
RECORDS = b'{"text": "a b c d e f"}\n' * (PART_BYTES // 24)
ROWS = b"id,text\n" * (PART_BYTES // 8)


def write_hostile(folder: Path) -> dict[str, str]:
    """Fill the folder; returns, by id, the reason with which a scan must report each bad file."""
    folder.mkdir(parents=True, exist_ok=True)
    expected = {
        **_write_bombs(folder),
        **_write_large(folder),
        **_write_odd_files(folder),
        **_write_archives(folder),
        **_write_containers(folder),
    }
    for name in ("good1.txt", "good2.txt"):
        (folder / name).write_text(GOOD)
    (folder / "good3.jsonl.zst").write_bytes(
        zstandard.ZstdCompressor().compress(json.dumps({"id": "good3", "text": GOOD}).encode())
    )
    return expected


def _write_bombs(folder: Path) -> dict[str, str]:
    """Write compression bombs: of one repeated letter, and of millions of valid records."""
    compressors: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "xz": lambda part: lzma.compress(part, preset=1),
        "zst": zstandard.ZstdCompressor().compress,
    }
    bombs = [(f"bomb.jsonl.{ending}", ending, PART) for ending in compressors]
    bombs += [(f"records.jsonl.{ending}", ending, RECORDS) for ending in ("gz", "xz")]
    bombs += [("rows.csv.zst", "zst", ROWS), ("bomb.txt.gz", "gz", PART)]
    for name, ending, part in bombs:
        packed = compressors[ending](part)
        with open(folder / name, "wb") as file:
            for _ in range(BOMB_BYTES // len(part) + 1):
                file.write(packed)
    noise = b'{"id": "noise", "text": "%s"}\n' % random.Random(1).randbytes(200_000).hex().encode()
    good = json.dumps({"id": "before", "text": GOOD}).encode()
    (folder / "behind.jsonl.gz").write_bytes(
        gzip.compress(good + b"\n" + noise) + (folder / "records.jsonl.gz").read_bytes()
    )
    return dict.fromkeys([name for name, _, _ in bombs] + ["behind.jsonl.gz"], "bomb")


def _write_containers(folder: Path) -> dict[str, str]:
    """Write mail, books and a database that claim more than they hold."""
    head = b"From: a@b.example\nDate: today\nMessage-ID: <%d@b.example>\n"
    opened = (b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(5000))
    (folder / "nested.eml").write_bytes(head % 0 + b"".join(opened))
    box = b"From a@b.example Mon May 14 16:39:00 2001\n"
    mixed = b"Content-Type: multipart/mixed; boundary=b\n\n"
    with open(folder / "parts.mbox", "wb") as file:
        file.write(box + head % 1 + mixed + b"--b\n" * 10_000_000 + b"\n")
        file.write(box + head % 2 + b"\n" + b"From x\n" * 8_000_000 + b"\n")
        file.write(box + head % 3 + b"Subject: " + b"=?utf-8?q?" * 900_000 + b"\n\n\n")
        file.write(box + head % 4 + b"X: y\n" * 900_000)
    page = {"a.xhtml": "<p>" + "a " * 50_000_000}
    (folder / "bomb.epub").write_bytes(epub(page))
    laughs = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    laughs = f'<!DOCTYPE p [<!ENTITY e0 "ha">{laughs}]><package>&e12;</package>'
    (folder / "laughs.epub").write_bytes(epub({}, more={"OPS/p.opf": laughs.encode()}))
    data = bytearray(database({"text": f"{n} {GOOD}"} for n in range(20_000)))
    root = next(at for at in range(4096, len(data), 4096) if data[at] == 5)
    cells = int.from_bytes(data[root + 3 : root + 5], "big")
    for n in range(cells):  # each of them is the first
        places = (int.from_bytes(data[root + at : root + at + 2], "big") for at in (12, 12 + 2 * n))
        first, this = (root + place for place in places)
        data[this : this + 4] = data[first : first + 4]
    (folder / "again.db").write_bytes(data)
    return {
        "nested.eml": "too_deep",
        "1@b.example": "too_large",
        "parts.mbox#4": "too_large",
        "bomb.epub": "too_large",
        "laughs.epub": "damaged",
        "again.db/articles": "damaged",
    }


def _write_large(folder: Path) -> dict[str, str]:
    with open(folder / "line.jsonl", "wb") as file:
        for _ in range(1000):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + json.dumps({"id": "after", "text": GOOD}).encode() + b"\n")
    (folder / "tokens.txt").write_bytes(b"a b " * 15_000_000)
    with open(folder / "tokens50m.txt", "wb") as file:
        for _ in range(50):
            file.write("漢字".encode() * 500_000)
    deep = b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    (folder / "deep.jsonl").write_bytes(deep + b"\n" + b'{"x":' * 100_000)
    lists = b"[" + b"[]," * 20_000_000 + b"[]]"
    (folder / "lists.jsonl").write_bytes(b'{"text": ' + lists + b"}\n")
    (folder / "deep.xml").write_bytes(b"<a>" * 1_000_000)
    (folder / "tags.rss").write_bytes(
        b"<rss><item><description>" + b"<a/>b" * 10_000_000 + b"</description></item>"
        b"<item><guid>x:1</guid><description>%s</description></item></rss>" % GOOD.encode()
    )
    laughs = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 20) for n in range(1, 20))
    (folder / "laughs.xml").write_bytes(b"<!DOCTYPE x [<!ENTITY a0 'ha'>%s]><x>&a19;</x>" % laughs)
    repeated = b"".join(b'{"id": "same", "text": "number %d"}\n' % n for n in range(20_000))
    (folder / "same.jsonl").write_bytes(repeated)
    return {
        "line.jsonl:1": "too_large",
        "tokens.txt": "too_many_tokens",
        "tokens50m.txt": "too_large",
        "deep.jsonl:1": "too_deep",
        "deep.jsonl:2": "too_deep",
        "lists.jsonl:1": "too_large",
        "deep.xml": "too_deep",
        "tags.rss#1": "too_large",
    }


def _write_odd_files(folder: Path) -> dict[str, str]:
    names = [b"two\nlines.txt", b"\x1b[31mred\x1b]0;title\x07.txt", b"caf\xe9.txt", b"..txt.txt"]
    for number, name in enumerate(names):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(b"odd name %d" % number)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "nuls.txt").write_bytes(bytes(1_000_000))
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "loop").symlink_to(folder)
    (folder / "self").symlink_to("self")
    secret = folder / "secret.txt"
    secret.write_text("secret")
    secret.chmod(0)
    expected = {"empty.txt": "no_tokens", "nuls.txt": "not_text", "pipe.jsonl": "not_a_file"}
    if os.geteuid() != 0:
        expected["secret.txt"] = "permission_denied"
    return expected


def _write_archives(folder: Path) -> dict[str, str]:
    _write_zip_bomb(folder / "bomb.zip")
    _write_large_member(folder / "records.zip")
    _write_tar_bomb(folder / "records.tar.gz")
    with tarfile.open(folder / "odd.tar.gz", "w:gz") as archive:
        for name, kind in (("../../up.txt", tarfile.REGTYPE), ("link", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            info.size = len(GOOD) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(GOOD.encode()))
    bombs = ["bomb.zip", "records.zip", "records.zip/0.jsonl", "records.tar.gz"]
    return {**dict.fromkeys(bombs, "bomb"), "odd.tar.gz/link": "not_a_file"}


def _write_tar_bomb(path: Path) -> None:
    """Write a tar archive with one member of ten gigabytes of records."""
    info = tarfile.TarInfo("r.jsonl")
    info.size = BOMB_BYTES // len(RECORDS) * len(RECORDS)
    packed = gzip.compress(RECORDS)
    with open(path, "wb") as file:
        file.write(gzip.compress(info.tobuf()))
        for _ in range(info.size // len(RECORDS)):
            file.write(packed)


def _write_zip_bomb(path: Path) -> None:
    """Write a ZIP archive of ten gigabytes in 200 equal members."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(PART) + packer.flush()
    _write_zip(path, [packed] * (BOMB_BYTES // len(PART) + 1), len(PART), zlib.crc32(PART))


def _write_large_member(path: Path) -> None:
    """Write one member of three gigabytes of records, a size that a ZIP without ZIP64 can state."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(RECORDS) + packer.flush(zlib.Z_FULL_FLUSH)
    _write_zip(path, [packed * 60 + packer.flush()], 60 * len(RECORDS))


def _write_zip(path: Path, members: list[bytes], unpacked_bytes: int, checksum: int = 0) -> None:
    """Write a ZIP archive whose members all claim to unpack to ``unpacked_bytes``."""
    with open(path, "wb") as file:
        directory = b""
        for number, packed in enumerate(members):
            name, offset = b"%d.jsonl" % number, file.tell()
            sizes = struct.pack("<III", checksum, len(packed), unpacked_bytes)
            local = struct.pack("<4s5H", b"PK\x03\x04", 20, 0, 8, 0, 33) + sizes
            entry = struct.pack("<4s6H", b"PK\x01\x02", 20, 20, 0, 8, 0, 33) + sizes
            file.write(local + struct.pack("<HH", len(name), 0) + name + packed)
            tail = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset)
            directory += entry + tail + name
        begin, count = file.tell(), len(members)
        end = struct.pack("<4s4HIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), begin, 0)
        file.write(directory + end)


if __name__ == "__main__":
    print(write_hostile(Path(sys.argv[1])))
