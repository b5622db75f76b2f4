"""Archives read as folders: what is read, named and refused, and that reading again works."""

from __future__ import annotations

import gzip
import lzma
import os
import stat
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dedupe.sources import ReadLimits, SourceTexts
from tests.support.every_format import COMPRESSORS, tar_of, zip_of
from tests.support.reading import lines, put, read

FILES = {
    "a.txt": b"some text",
    "deep/er/r.jsonl": lines({"text": "one"}, {"id": "own", "text": "two"}),
    "packed/b.txt.gz": gzip.compress(b"packed text"),
    "packed/s.jsonl.xz": lzma.compress(lines(*({"text": f"s {n}"} for n in range(9)))),
}


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def check_files(path: Path, name: str) -> None:
    found = read(path)
    prefix = f"{name}/" if path.is_dir() else f"{path}/"
    assert not found.skipped and not found.notices
    assert found.texts[prefix + "a.txt"] == "some text"
    assert found.texts[prefix + "deep/er/r.jsonl:1"] == "one"
    assert found.texts["own"] == "two"
    assert found.texts[prefix + "packed/b.txt.gz"] == "packed text"
    assert found.texts[prefix + "packed/s.jsonl.xz:9"] == "s 8"
    assert len(found.texts) == 13
    for by_name in (False, True):
        assert found.provider(by_name).read_texts(found.texts) == found.texts


@pytest.mark.parametrize("packing", COMPRESSORS)
def test_tar_files_are_read_like_folders(tmp_path: Path, packing: str) -> None:
    path = write(tmp_path / f"x.tar{packing}", COMPRESSORS[packing](tar_of(FILES)))
    check_files(tmp_path, path.name)
    check_files(path, path.name)


@pytest.mark.parametrize("name", ["x.tgz", "x.TAR", "x", "x.tbz2"])
def test_other_names_of_tar_files(tmp_path: Path, name: str) -> None:
    packing = {"x.tgz": ".gz", "x.tbz2": ".bz2"}.get(name, "")
    write(tmp_path / name, COMPRESSORS[packing](tar_of(FILES)))
    check_files(tmp_path, name)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
@pytest.mark.parametrize("name", ["x.zip", "noending"])
def test_zip_files_are_read_like_folders(tmp_path: Path, method: int, name: str) -> None:
    write(tmp_path / name, zip_of(FILES, method))
    check_files(tmp_path, name)


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_archives_come_through_pipes(tmp_path: Path, kind: str, packing: str) -> None:
    data = COMPRESSORS[packing](zip_of(FILES) if kind == "zip" else tar_of(FILES))
    for input_format in ("auto", "text"):
        found = read("-", stdin=data, input_format=input_format)
        assert not found.skipped and not found.notices
        assert found.texts["-/a.txt"] == "some text"
        assert found.provider().read_texts(found.texts) == found.texts
    assert "cannot be read again" in found_problem(found.provider(by_name=True))
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    found = read(path)
    writer.join()
    assert len(found.texts) == 13 and not found.skipped
    assert found.provider().read_texts(found.texts) == found.texts


def found_problem(provider: SourceTexts) -> str:
    assert provider.read_texts(["-/a.txt"]) == {}
    return provider.problem("-/a.txt")


def test_broken_archives_in_pipes(tmp_path: Path) -> None:
    for data, reason in (
        (zip_of(FILES)[:-30], "not_zip"),
        (gzip.compress(zip_of(FILES))[:-9], "truncated"),
        (tar_of(FILES)[:1700], "truncated"),
    ):
        assert read("-", stdin=data).reasons["-"] == reason
    limits = ReadLimits(unpacked_bytes=200)
    found = read("-", stdin=zip_of(FILES), limits=limits)
    assert found.reasons == {"-": "unreadable"}
    assert "--max-unpacked-bytes" in found.skipped[0].detail


@pytest.mark.parametrize("packing", ["", ".gz"])
def test_a_zip_file_may_be_compressed_once_more(tmp_path: Path, packing: str) -> None:
    write(tmp_path / "x.zip", COMPRESSORS[packing](zip_of(FILES)))
    check_files(tmp_path, "x.zip")


@pytest.mark.parametrize("first", ["", "[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"])
def test_formats_that_are_zip_inside_are_not_opened(tmp_path: Path, first: str) -> None:
    name = "noending" if first else "x.docx"
    write(tmp_path / name, zip_of({first or "a": b"", **FILES}))
    assert read(tmp_path).reasons == {name: "known_format"}


def test_glob_exclude_and_hidden_names_count_inside_too(tmp_path: Path) -> None:
    files = {
        "./a.txt": b"a",
        "b.md": b"b",
        "drafts/c.txt": b"c",
        ".git/x.txt": b"x",
        ".h.txt": b"h",
    }
    write(tmp_path / "x.zip", zip_of(files))
    write(tmp_path / "y.tar", tar_of(files))
    found = read(tmp_path, glob=("*.txt",), exclude=("drafts/",))
    assert found.texts == {"x.zip/a.txt": "a", "y.tar/a.txt": "a"}
    assert not found.skipped
    assert set(read(tmp_path, exclude=("x.zip",)).texts) == {
        "y.tar/a.txt",
        "y.tar/b.md",
        "y.tar/drafts/c.txt",
    }


def test_the_input_format_is_that_of_members(tmp_path: Path) -> None:
    write(tmp_path / "x.zip", zip_of({"a.txt": lines({"text": "one"})}))
    assert read(tmp_path, input_format="jsonl").texts == {"x.zip/a.txt:1": "one"}


ODD_NAMES = ["/etc/passwd", "../../up.txt", "two\nlines\x1b[31m.txt", os.fsdecode(b"caf\xe9.txt")]


def test_odd_names_are_only_names(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    files = {name: f"text {number}".encode() for number, name in enumerate(ODD_NAMES)}
    write(folder / "x.tar", tar_of(files))
    write(
        folder / "x.zip",
        zip_of({name: data for name, data in files.items() if "\udce9" not in name}),
    )
    found = read(folder)
    assert found.texts["x.tar//etc/passwd"] == "text 0"
    assert found.texts["x.tar/../../up.txt"] == "text 1"
    assert found.texts["x.tar/caf\\xe9.txt"] == "text 3"
    assert len(found.texts) == 7
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["c", "x.tar", "x.zip"]


def test_what_is_no_file_is_told_and_not_followed(tmp_path: Path) -> None:
    files: dict[Any, bytes] = {
        "a.txt": b"a",
        special("link.txt", tarfile.SYMTYPE, "/etc/passwd"): b"",
        special("hard.txt", tarfile.LNKTYPE, "a.txt"): b"",
        special("fifo", tarfile.FIFOTYPE): b"",
        special("device", tarfile.CHRTYPE): b"",
        special("folder", tarfile.DIRTYPE): b"",
        "in.zip": zip_of({"b.txt": b"b"}),
        "in.tar.gz": b"anything",
    }
    write(tmp_path / "x.tar", tar_of(files))
    info = zipfile.ZipInfo("link.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    members: dict[Any, bytes] = {info: b"/etc/passwd", "b.txt": b"b"}
    write(tmp_path / "y.zip", zip_of(members))
    found = read(tmp_path)
    assert found.texts == {"x.tar/a.txt": "a", "y.zip/b.txt": "b"}
    assert found.reasons == {
        **dict.fromkeys(
            (f"x.tar/{n}" for n in ("link.txt", "hard.txt", "fifo", "device")), "not_a_file"
        ),
        "x.tar/in.zip": "nested_archive",
        "x.tar/in.tar.gz": "nested_archive",
        "y.zip/link.txt": "not_a_file",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_members_of_one_name_the_first_is_read(tmp_path: Path) -> None:
    members = {zipfile.ZipInfo("a.txt"): data for data in (b"first", b"second")}
    write(tmp_path / "x.zip", zip_of(members))
    found = read(tmp_path)
    assert found.texts == {"x.zip/a.txt": "first"}
    assert found.reasons == {"x.zip/a.txt": "duplicate_member"}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_an_encrypted_member_loses_nothing_else(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a.txt": b"some text", "b.txt": b"b"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    write(tmp_path / "x.zip", bytes(data))
    found = read(tmp_path)
    assert found.texts == {"x.zip/b.txt": "b"}
    assert found.reasons == {"x.zip/a.txt": "encrypted"}


def test_damaged_archives_keep_what_stood_before(tmp_path: Path) -> None:
    rows = lines(*({"text": f"text {os.urandom(20).hex()}"} for _ in range(10_000)))
    files = {"a.txt": b"a", "r.jsonl": rows, "z.txt": b"z"}
    for packing in COMPRESSORS:
        data = COMPRESSORS[packing](tar_of(files))
        write(tmp_path / f"cut.tar{packing}", data[: len(data) * 2 // 3])
    write(tmp_path / "cut.zip", zip_of(files)[:-30])
    write(tmp_path / "none.tar", b"this is no archive" * 100)
    write(tmp_path / "empty.zip", b"")
    write(tmp_path / "empty.tar", b"")
    found = read(tmp_path)
    for packing in COMPRESSORS:
        name = f"cut.tar{packing}"
        if packing != ".bz2":  # all of it is one block of that
            assert found.texts[f"{name}/a.txt"] == "a"
            assert f"{name}/r.jsonl:50" in found.texts
        assert found.reasons[name] == "truncated"
        assert f"{name}/z.txt" not in found.texts
    told = {name: found.reasons[name] for name in ("cut.zip", "empty.zip", "empty.tar")}
    assert told == {
        "cut.zip": "not_zip",
        "empty.zip": "not_zip",
        "empty.tar": "not_tar",
    }
    assert found.texts["none.tar"] == "this is no archive" * 100
    assert found.notice_reasons["none.tar"] == "misnamed"


def test_a_damaged_member_loses_nothing_else(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a.txt": b"some text" * 99, "b.txt": b"b"}, zipfile.ZIP_STORED))
    data[60] ^= 1
    write(tmp_path / "x.zip", bytes(data))
    found = read(tmp_path)
    assert found.texts["x.zip/b.txt"] == "b" and len(found.texts["x.zip/a.txt"]) == 9 * 99
    assert found.notice_reasons == {"x.zip/a.txt": "damaged"}
    assert "checksum" in found.notices[0].detail
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    data[60] ^= 1
    data[data.index(b"PK\x01\x02") + 42 : data.index(b"PK\x01\x02") + 46] = b"\xff" * 4
    write(tmp_path / "x.zip", bytes(data))  # the directory tells a place beyond the end
    found = read(tmp_path)
    assert found.texts == {"x.zip/b.txt": "b"}
    assert found.reasons == {"x.zip/a.txt": "damaged"}


def test_an_archive_without_its_end_is_told(tmp_path: Path) -> None:
    whole = tar_of({"a.txt": b"a", "b.txt": b"b" * 600, "c.txt": b"c"})
    for packing, compress in COMPRESSORS.items():
        write(tmp_path / f"x.tar{packing}", compress(whole[:2560]))  # after the second member
    write(tmp_path / "cut.zip", zip_of({"a.txt": b"a", "b.txt": b"b"})[:-60])
    found = read(tmp_path)
    told = {item.id: (item.reason, item.detail) for item in found.skipped}
    for packing in COMPRESSORS:
        reason, detail = told[f"x.tar{packing}"]
        assert reason == "truncated" and "end mark" in detail and "member 2" in detail
        assert found.texts[f"x.tar{packing}/b.txt"] == "b" * 600
    assert told["cut.zip"][0] == "not_zip" and "directory" in told["cut.zip"][1]
    assert len(found.texts) == 2 * len(COMPRESSORS)


def test_too_many_members(tmp_path: Path) -> None:
    files = {f"{number}.txt": b"text" for number in range(20)}
    write(tmp_path / "x.zip", zip_of(files))
    write(tmp_path / "y.tar", tar_of(files))
    found = read(tmp_path, limits=ReadLimits(members=10))
    assert found.reasons == {"x.zip": "too_many_members", "y.tar": "too_many_members"}
    assert set(found.texts) == {f"y.tar/{number}.txt" for number in range(10)}
    assert all("--max-members" in item.detail for item in found.skipped)


def test_a_tar_file_of_compressed_members_is_no_bomb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dedupe.sources.unpack.budget.EXCESS_BYTES", 200_000)
    rows = lines(*({"text": os.urandom(500).hex()} for _ in range(200)))
    files = {f"{number}.jsonl.gz": gzip.compress(rows) for number in range(20)}
    for name, data in (("x.tar", tar_of(files)), ("y.tar.gz", COMPRESSORS[".gz"](tar_of(files)))):
        write(tmp_path / name, data)
    write(tmp_path / "z.zip", zip_of(files))
    found = read(tmp_path, max_ratio=5)
    assert not found.skipped and len(found.texts) == 3 * 20 * 200


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_many_small_bombs_are_one(tmp_path: Path, name: str) -> None:
    inner = gzip.compress(b"word " * 400_000)
    files = {f"{number}.txt.gz": inner for number in range(60)}
    data = (
        zip_of(files, zipfile.ZIP_STORED) if name == "x.zip" else COMPRESSORS[".gz"](tar_of(files))
    )
    write(tmp_path / name, data)
    found = read(tmp_path)
    assert found.reasons[name] == "bomb"
    assert "--max-ratio" in {item.id: item.detail for item in found.skipped}[name]
    assert len(found.skipped) < 60


def test_a_saved_report_names_members(tmp_path: Path) -> None:
    write(tmp_path / "x.zip", zip_of({"a.txt": b"a"}))
    put(tmp_path / "b.txt", "b")
    infos = {info.name: info for info in read(tmp_path).corpus.source_infos}
    archive = str(tmp_path / "x.zip")
    assert set(infos) == {archive, f"{archive}/a.txt", str(tmp_path / "b.txt")}
    assert infos[archive].format == "zip" and infos[f"{archive}/a.txt"].format == "text"


def test_a_member_that_changed_or_is_gone_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "x.zip", zip_of({"a.txt": b"one", "b.txt": b"two", "c.txt": b"three"}))
    found = read(tmp_path)
    write(path, zip_of({"a.txt": b"ONE", "c.txt": b"three"}))
    provider = found.provider(by_name=True)
    assert provider.read_texts(found.texts) == {"x.zip/c.txt": "three"}
    assert "changed" in provider.problem("x.zip/a.txt")
    assert "changed" in provider.problem("x.zip/b.txt")
    path.unlink()
    assert provider.read_texts(found.texts) == {}
    assert "no such file" in provider.problem("x.zip/c.txt")
