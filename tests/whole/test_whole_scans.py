"""Whole scans of generated corpora: by builds that find faults in the kernels, and by the normal.

The corpora hold what kernels treat in ways of their own: rows over and over, sizes around each of
their constants, templates, near copies, one-line documents, all scripts. Every scan gives the same
report, but for what it tells of the run, and warns of the same documents.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from dedupe import sketch
from tests.support.builds import ROOT, Build, miss
from tests.support.command import FIXTURES, clean_environment, dedupe_command

pytestmark = pytest.mark.slow

CORPORA = {
    "few": {"repeats": 30},
    "many": {"repeats": 700, "normal": 1500, "template": 700, "lines": 1500, "furniture": 300},
}
"""Presets of ``benchmarks/make_corpus.py``, and documents of each.

A kernel that writes behind its segment may sort all that stands there, which takes very long: with
few documents it ends.
"""

PLAIN_CORPORA = {"repeats": 150, "normal": 400, "template": 100, "lines": 200}
"""What the plain kernels scan in a few seconds."""

SECONDS = 120
"""A scan may take; three are what a slow one needs."""

KNOWN_WARNING = re.compile(
    r"dedupe: warning: .* \((no_tokens|not_json|field_missing|text_null|duplicate_id|same_form)\)"
)
"""What there is to warn of in ``fixtures``; the generated corpora are sound, but for letters of one
form."""

needs_kernels = pytest.mark.skipif(
    sketch.load_kernels().name != "compiled", reason="the extension is not built"
)


class Scan(NamedTuple):
    """What a scan gave that must not depend on the build.

    :param report: the bytes of each field but ``run``
    """

    report: dict[str, bytes]
    errors: str

    @property
    def pair_count(self) -> int:
        search: dict[str, int] = msgspec.json.decode(self.report["search"])
        return search["duplicate_pair_count"]


def arguments(folder: Path, workers: int, *options: str) -> list[str]:
    settings = ["--format", "json", "--no-progress", f"--workers={workers}"]
    return ["scan", str(folder), *settings, *options]


def read_scan(result: subprocess.CompletedProcess[str]) -> Scan:
    assert result.returncode == 0, result.stderr[-4000:]
    for line in result.stderr.splitlines():
        assert KNOWN_WARNING.fullmatch(line), result.stderr[-4000:]
    report = msgspec.json.decode(result.stdout.encode(), type=dict[str, msgspec.Raw])
    del report["run"]
    return Scan({name: bytes(value) for name, value in report.items()}, result.stderr)


def scan_normally(folder: Path, workers: int, *options: str, **environment: str) -> Scan:
    """By the installed command, as users do."""
    result = subprocess.run(
        [*dedupe_command(), *arguments(folder, workers, *options)],
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(**environment),
        timeout=SECONDS,
    )
    return read_scan(result)


def make_corpora(folder: Path, counts: dict[str, int]) -> Path:
    """Corpora of these presets in one folder, their ids told apart, and ``fixtures``."""
    for preset, count in counts.items():
        made = folder / "made" / preset
        script = [str(ROOT / "benchmarks" / "make_corpus.py"), str(made), "--preset", preset]
        subprocess.run(
            [sys.executable, *script, "--documents", str(count)], check=True, capture_output=True
        )
        lines = (made / "corpus.jsonl").read_bytes()
        target = folder / "scanned" / f"{preset}.jsonl"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(lines.replace(b'{"id":"', b'{"id":"%s-' % preset.encode()))
    shutil.copytree(FIXTURES, folder / "scanned" / "fixtures")
    return folder / "scanned"


@pytest.fixture(scope="module", params=[*CORPORA])
def corpora(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpora(tmp_path_factory.mktemp(request.param), CORPORA[request.param])


@pytest.fixture(scope="module")
def expected(corpora: Path) -> Scan:
    scan = scan_normally(corpora, 2)
    documents = sum(len(path.read_bytes().splitlines()) for path in corpora.glob("*.jsonl"))
    assert scan.pair_count > documents / 2
    warnings = scan.errors.splitlines()
    assert sum(not each.endswith("(same_form)") for each in warnings) == 6
    return scan


@needs_kernels
@pytest.mark.parametrize("workers", [1, 2])
def test_with_bounds_checks(bounds_build: Build, corpora: Path, expected: Scan, workers: int):
    result = bounds_build.run("-m", "dedupe", *arguments(corpora, workers), seconds=SECONDS)
    assert read_scan(result) == expected


@needs_kernels
@pytest.mark.parametrize("workers", [1, 2])
def test_with_sanitizers(sanitizer_build: Build, corpora: Path, expected: Scan, workers: int):
    result = sanitizer_build.run("-m", "dedupe", *arguments(corpora, workers), seconds=SECONDS)
    assert read_scan(result) == expected


@pytest.fixture(scope="module")
def checked_heap() -> dict[str, str]:
    """What has glibc check its heap at every call, and fill what is freed or new."""
    names = [f"/lib/{sys.implementation._multiarch}", "/usr/lib64", "/usr/lib", "/lib"]
    found = [path for name in names if (path := Path(name, "libc_malloc_debug.so.0")).exists()]
    if not found:
        miss("no debugging library of glibc's allocator")
    return {"LD_PRELOAD": str(found[0]), "MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "165"}


@needs_kernels
@pytest.mark.parametrize("workers", [1, 2])
def test_the_normal_build_with_a_checked_heap(
    checked_heap: dict[str, str], corpora: Path, expected: Scan, workers: int
):
    """Where a processor's own instructions are used, which sanitizers cannot follow."""
    assert scan_normally(corpora, workers, **checked_heap) == expected


OVERRUN = """
import numpy as np
from dedupe.sketch import _kernels
offsets, too_small = np.array([0, 400]), np.empty(300, np.uint64)
hashes = np.arange(400, dtype=np.uint64)
_kernels.sort_unique(hashes, offsets, too_small, offsets.copy(), np.empty(401, np.int64))
del too_small
print("went on")
"""


@needs_kernels
def test_a_checked_heap_notices_an_overrun(checked_heap: dict[str, str]):
    result = subprocess.run(
        [sys.executable, "-c", OVERRUN],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **checked_heap},
    )
    assert result.returncode < 0
    assert "went on" not in result.stdout


@needs_kernels
def test_the_plain_kernels(tmp_path: Path):
    folder = make_corpora(tmp_path, PLAIN_CORPORA)
    compiled, plain = (
        scan_normally(folder, 2, f"--kernels={name}") for name in ("compiled", "plain")
    )
    assert compiled == plain
    assert compiled.pair_count > 300
