"""The public functions, against datasketch and brute force."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xxhash
from datasketch import MinHash

import dedupe
from dedupe import sketch
from dedupe.model.errors import ConfigError, InputError, KernelsError
from dedupe.report.json import parse_report, render_json
from dedupe.sketch import load_kernels

TEXT = "The ferry did not sail on Monday, because the crew were on strike again."
OTHER = "The ferry did not sail on Monday, because the crew were on strike. Again!"


def test_signatures_are_those_of_datasketch():
    config = dedupe.Config(num_perm=96, seed=7, shingle_size=3)
    minhash = MinHash(
        96,
        seed=7,
        scheme="affine32",
        hashfunc=lambda b: xxhash.xxh3_64_intdigest(b) & 0xFFFFFFFF,
    )
    minhash.update_batch([s.encode() for s in dedupe.shingle_text(TEXT, 3)])
    signatures = dedupe.sign_texts([TEXT, "", OTHER], config)
    assert signatures.dtype == np.uint32
    assert signatures.shape == (3, 96)
    np.testing.assert_array_equal(signatures[0], minhash.hashvalues)
    assert (signatures[1] == 0xFFFFFFFF).all()
    ours = dedupe.to_datasketch(signatures[0], config)
    assert ours == minhash
    ours.update(b"one more shingle")
    minhash.update(b"one more shingle")
    assert ours == minhash
    assert ours.jaccard(dedupe.to_datasketch(signatures[2], config)) < 1


@pytest.mark.parametrize("name", dedupe.__all__)
def test_every_public_name_is_there(name):
    """Each is imported when it is asked for, from the module that defines it."""
    value = getattr(dedupe, name)
    if name != "__version__":
        assert value.__name__ == name and value.__module__.startswith("dedupe.")


def test_sign_texts_of_nothing():
    assert dedupe.sign_texts([]).shape == (0, 128)


def test_sign_texts_is_the_same_plain():
    texts = [TEXT, OTHER, "", "ｶﾞ a\u0301\ud800b 今天的新闻"] * 3
    compiled = dedupe.sign_texts(texts)
    plain = dedupe.sign_texts(texts, dedupe.Config(kernels="plain"))
    np.testing.assert_array_equal(compiled, plain)


def test_shingles():
    assert dedupe.tokenize_text("Don’t STOP") == ["don", "t", "stop"]
    assert dedupe.shingle_text("a b c d", 3) == ["a b c", "b c d"]
    assert dedupe.shingle_text("a b", 3) == ["a b"]
    assert dedupe.shingle_text("…", 3) == []
    with pytest.raises(ValueError, match="at least 1"):
        dedupe.shingle_text("a", 0)


def test_find_duplicates_takes_texts_or_a_mapping():
    report = dedupe.find_duplicates([TEXT, "something else", TEXT])
    assert [m.id for m in report.clusters[0].members] == ["0", "2"]
    named = dedupe.find_duplicates({"x": TEXT, "y": TEXT}, dedupe.Config(embed_text=True))
    assert named.texts == {"x": TEXT, "y": TEXT}
    assert dedupe.find_duplicates([]).clusters == ()


def test_texts_that_utf8_cannot_hold():
    texts = {"a\ud800": f"{TEXT} \ud800", "b": f"{TEXT} \ud801"}
    report = dedupe.find_duplicates(texts, dedupe.Config(embed_text=True))
    assert parse_report(render_json(report)) == report
    assert {member.id for member in report.clusters[0].members} == {"a\ufffd", "b"}


@pytest.mark.parametrize("texts", ["abc", b"abc", [5], {1: 5}, [TEXT, 5], [(1, 5)], {TEXT}, 5])
def test_texts_of_another_type(texts):
    with pytest.raises(TypeError, match=r"texts are taken as a list of strings"):
        dedupe.find_duplicates(texts)


def test_numbers_of_numpy_are_settings_too():
    config = dedupe.Config(threshold=np.float64(0.5), keep=["first"])
    report = dedupe.find_duplicates([TEXT, TEXT], config)
    assert parse_report(render_json(report)) == report


def test_reports_read_back_equal():
    report = dedupe.find_duplicates({"x\x9b\u2028": TEXT, "y": TEXT, "z": "?"})
    data = render_json(report)
    assert parse_report(data) == report
    assert not any(control in data for control in (b"\xc2\x9b", b"\xe2\x80\xa8", b"\x1b"))


def test_scan_of_nothing_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no document could be read"):
        dedupe.scan(tmp_path)
    (tmp_path / "a.txt").write_text("…")
    with pytest.raises(InputError, match=r"a\.txt: .*no_tokens"):
        dedupe.scan([tmp_path])


@pytest.mark.parametrize(
    "settings",
    [
        {"threshold": 0},
        {"threshold": 1.5},
        {"shingle_size": 0},
        {"num_perm": 0},
        {"recall": 1},
        {"seed": -1},
        {"linkage": "chain"},
        {"keep": ("oldest",)},
        {"max_bucket": 1},
        {"threshold": "high"},
        {"shingle_size": 2.5},
        {"embed_text": 1},
        {"glob": (1,)},
        {"workers": -1},
        {"kernels": "gpu"},
        {"input_format": "docx"},
        {"num_perm": 1, "threshold": 0.5},
    ],
)
def test_settings_out_of_range(settings):
    with pytest.raises(ConfigError):
        dedupe.find_duplicates([TEXT], dedupe.Config(**settings))


def test_missing_kernels_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "dedupe.sketch.compiled", None)
    # (It was found already.)
    monkeypatch.delattr(sketch, "compiled", raising=False)
    monkeypatch.setattr(sketch, "_compiled", sketch._compiled.__wrapped__)
    assert load_kernels("auto").name == "plain"
    with pytest.raises(KernelsError, match="C compiler"):
        load_kernels("compiled")


def test_import_is_light():
    code = (
        "import sys, dedupe, dedupe.cli; heavy = {'numpy', 'rich', 'datasketch', 'msgspec', "
        "'rapidfuzz', 'xxhash'} & set(sys.modules); print(sorted(heavy))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"[]"


@pytest.mark.skipif(load_kernels().name == "plain", reason="the plain path needs datasketch")
def test_compiled_scan_does_not_import_datasketch(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    code = (
        f"import sys, dedupe; dedupe.scan({str(tmp_path)!r}); "
        "print(sorted({'scipy', 'datasketch', 'rich', 'click'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"[]"
