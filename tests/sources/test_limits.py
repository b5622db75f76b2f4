"""Compression in every form, the limits, lists of paths, and failing at the first error."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dedupe.model.errors import ConfigError
from dedupe.model.settings import Config, ScanSettings
from dedupe.sketch import load_kernels
from dedupe.sketch.token_limit import drop_oversized
from dedupe.sources import ReadLimits, make_batch, parse_path_list
from dedupe.sources.formats.json.depth import is_too_deep
from dedupe.sources.unpack.compression import CODECS, Codec, CompressionError, unpack
from tests.support.every_format import COMPRESSORS
from tests.support.reading import cut, lines, put, read

CODEC_OF = {codec.ending: codec for codec in CODECS}


@settings(max_examples=60, deadline=None)
@given(
    codec=st.sampled_from(CODECS),
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    repeat=st.integers(1, 50),
    in_bytes=st.integers(1, 400),
    out_bytes=st.integers(1, 400),
)
def test_every_codec_gives_what_was_packed(
    codec: Codec, members: list[bytes], repeat: int, in_bytes: int, out_bytes: int
) -> None:
    packed = b"".join(COMPRESSORS[codec.ending](member * repeat) for member in members)
    blocks = list(unpack(cut(packed, in_bytes), codec, out_bytes))
    assert b"".join(blocks) == b"".join(member * repeat for member in members)
    assert max(map(len, blocks), default=0) <= out_bytes
    with pytest.raises(EOFError):
        list(unpack(cut(packed[:-1], in_bytes), codec, out_bytes))
    with pytest.raises((CompressionError, EOFError)):
        list(unpack(cut(packed + b"garbage", in_bytes), codec, out_bytes))


@pytest.mark.slow
@pytest.mark.parametrize("ending", CODEC_OF)
def test_compressed_files_whole_cut_and_wrong(tmp_path: Path, ending: str) -> None:
    records = [
        {"id": f"r{n}", "text": np.random.default_rng(n).bytes(3000).hex()} for n in range(333)
    ]
    packed = COMPRESSORS[ending](lines(*records))
    (tmp_path / f"r.jsonl{ending}").write_bytes(packed)
    (tmp_path / "unnamed.jsonl").write_bytes(COMPRESSORS[ending](b'{"id": "u", "text": "t"}'))
    (tmp_path / f"none.txt{ending}").write_bytes(bytes(range(256)))
    found = read(tmp_path)
    assert len(found.texts) == 334 and found.texts["u"] == "t"
    name = CODEC_OF[ending].name
    assert found.reasons == {f"none.txt{ending}": f"not_{name}"}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    (tmp_path / f"r.jsonl{ending}").write_bytes(packed[: len(packed) * 2 // 3])
    found = read(tmp_path)
    assert 100 < len(found.texts) < 267
    assert found.reasons[f"r.jsonl{ending}"] == "truncated"
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


@pytest.mark.slow
@pytest.mark.parametrize("ending", CODEC_OF)
def test_a_bomb_ends_early_and_names_its_limit(tmp_path: Path, ending: str) -> None:
    part = COMPRESSORS[ending](b"a" * 5_000_000)
    (tmp_path / f"x.jsonl{ending}").write_bytes(part * 20)
    found = read(tmp_path)
    assert found.reasons[f"x.jsonl{ending}"] == "bomb"
    assert "--max-ratio" in found.skipped[-1].detail
    found = read(tmp_path, max_unpacked_bytes=1000)
    assert "--max-unpacked-bytes" in found.skipped[-1].detail
    assert not read(tmp_path, max_ratio=1_000_000).reasons.get(f"x.jsonl{ending}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*CODEC_OF, ".zip"])
def test_a_bomb_of_records_gives_no_documents_and_what_stood_before_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Blocks are held back until it is clear that they are not a bomb's beginning."""
    monkeypatch.setattr("dedupe.sources.unpack.budget.EXCESS_BYTES", 1_000_000)
    noise = [np.random.default_rng(number).bytes(300).hex() for number in range(4000)]
    good = lines(*({"id": f"g{number}", "text": text} for number, text in enumerate(noise)))
    bomb = b'{"text": "a b c"}\n' * 400_000
    if kind == ".zip":
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("1.jsonl", good)
            archive.writestr("2.jsonl", bomb)
            archive.writestr("3.jsonl", good[:700])
    else:
        path = tmp_path / f"x.jsonl{kind}"
        path.write_bytes(COMPRESSORS[kind](good) + COMPRESSORS[kind](bomb))
    found = read(path, max_ratio=5)
    assert found.reasons[str(path)] == "bomb"
    assert len(found.texts) > 1000 and all(id.startswith("g") for id in found.texts)


def test_a_small_file_may_compress_as_well_as_it_likes(tmp_path: Path) -> None:
    for ending, compress in COMPRESSORS.items():
        (tmp_path / f"x{ending or '.plain'}").write_bytes(compress(b'{"text": "a b"}\n' * 9999))
    found = read(tmp_path, max_ratio=2, input_format="jsonl")
    assert not found.skipped and len(found.texts) == 9999 * len(COMPRESSORS)


@pytest.mark.parametrize(
    ("raw", "depth"),
    [
        (b'{"a": [1, {"b": []}]}', 4),
        (b'{"a": "[[[[[[[["}', 1),
        (rb'{"a": "\"[[[[[["}', 1),
        (rb'{"a": "\\", "b": [[]]}', 3),
        (b"[" + b"[]," * 1000 + b"[]]", 2),
    ],
)
def test_depth(raw: bytes, depth: int) -> None:
    assert not is_too_deep(raw, depth)
    assert is_too_deep(raw, depth - 1) or depth == 1


def test_limits_are_settings_and_messages_name_their_flags(tmp_path: Path) -> None:
    put(tmp_path / "long.txt", "x" * 111)
    put(tmp_path / "long.html", "<p>" * 111)
    put(tmp_path / "r.jsonl", b'{"text": "a", "x": [[[1]]]}\n{"text": "' + b"y" * 200 + b'"}\n')
    put(tmp_path / "v.jsonl", b'{"text": "a", "x": [1' + b",1" * 50 + b"]}\n")
    put(tmp_path / "v.json", b'[{"text": "a", "x": [' + b"[]," * 20 + b"[]]}]")
    put(tmp_path / "r.csv", b"id,text\n1," + b"x" * 120 + b"\n2,two\n")
    found = read(tmp_path, max_document_bytes=110, max_line_bytes=150, max_depth=3, max_values=40)
    told = {item.id: (item.reason, item.detail) for item in found.skipped}
    assert told["long.txt"][0] == "too_large" and "--max-document-bytes" in told["long.txt"][1]
    for place in ("long.html", "1"):
        assert told[place][0] == "too_large" and "--max-document-bytes" in told[place][1]
    for place in ("v.jsonl:1", "v.json#1"):
        assert told[place][0] == "too_large" and "--max-values" in told[place][1]
    assert told["r.jsonl:1"][0] == "too_deep" and "--max-depth" in told["r.jsonl:1"][1]
    assert told["r.jsonl:2"][0] == "too_large" and "--max-line-bytes" in told["r.jsonl:2"][1]
    assert ReadLimits.of_settings(ScanSettings()) == ReadLimits()
    for name in ("max_tokens", "max_ratio", "max_line_bytes"):
        with pytest.raises(ConfigError, match=name):
            Config(**{name: 0})


@pytest.mark.parametrize("text", ["a " * 100, "漢" * 100, "㌫" * 34, "a" * 3000 + " b" * 99])
def test_documents_of_too_many_tokens(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.sketch.token_limit._SLICE_BYTES", 30)
    kernels = load_kernels("auto")
    batch = make_batch(["small", "large", "after"], ["one two", text, "three"])
    batch = replace(batch, metas=[b"\x81\xa1a\xa1s", b"", b"\x81\xa1a\xa1b"])
    kept, dropped = drop_oversized(batch, 99, kernels)
    assert [id for id, _ in dropped] == ["large"] and kept.ids == ["small", "after"]
    assert kept.data.tobytes() == b"one twothree" and kept.offsets.tolist() == [0, 7, 12]
    assert kept.metas == [batch.metas[0], batch.metas[2]]


def test_lists_of_paths() -> None:
    assert parse_path_list(b"a.txt\r\n\nb c.txt\n") == ["a.txt", "b c.txt"]
    assert parse_path_list(b"a\nb.txt\0c.txt\0") == ["a\nb.txt", "c.txt"]
    assert parse_path_list(b"a.txt") == ["a.txt"]
    assert parse_path_list(b" a.txt \r\n\r\n\tb.txt\n") == [" a.txt ", "\tb.txt"]
    assert parse_path_list(b"a\0b\0\0") == ["a", "b"]
    assert parse_path_list(b"caf\xe9\n") == [os.fsdecode(b"caf\xe9")]
    for encoding in ("utf-8-sig", "utf-16"):
        assert parse_path_list("é.txt\r\nb.txt\r\n".encode(encoding)) == ["é.txt", "b.txt"]
    assert parse_path_list(b"") == parse_path_list(b"\r\n\n") == parse_path_list(b"\0") == []


def test_files_from(dedupe_here: Any, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", ".hidden.txt"):
        put(tmp_path / name, "one and the same text")
    (tmp_path / "list").write_text("a.txt\n.hidden.txt\n")
    for arguments, stdin in ((["list"], b""), (["-"], b"a.txt\0.hidden.txt\0")):
        result = dedupe_here("scan", "--files-from", *arguments, "--format", "json", stdin=stdin)
        members = json.loads(result.stdout)["clusters"][0]["members"]
        assert {member["id"] for member in members} == {"a.txt", ".hidden.txt"}
    dedupe_here("scan", "b.txt", "--files-from", "-", stdin=b"a.txt\nnowhere\n", code=2)
    assert b"no path" in dedupe_here("scan", "--files-from", "-", code=2).stderr
    assert b"missing" in dedupe_here("scan", "--files-from", "missing", code=2).stderr
    assert b"PATH" in dedupe_here("scan", code=2).stderr


def test_on_error_fail(dedupe_here: Any, tmp_path: Path) -> None:
    put(tmp_path / "c" / "r.jsonl", b'{"text": "a b c"}\nbroken\n')
    put(tmp_path / "c" / "empty.txt", "")
    dedupe_here("scan", "c")
    failed = dedupe_here("scan", "c", "--on-error", "fail", code=2)
    assert b"r.jsonl:2" in failed.stderr and b"not_json" in failed.stderr and not failed.stdout
    (tmp_path / "c" / "r.jsonl").write_bytes(b'{"text": "a b c"}\n')
    dedupe_here("scan", "c", "--on-error", "fail")
