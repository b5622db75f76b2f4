"""The tests of the kernels against builds that check every access to the hostile bytes.

Bounds of what Cython does, and with AddressSanitizer also of the loops in C.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/test_tokens.py", "tests/test_kernels.py")

needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CC", "cc").split()[0]) is None
    or os.environ.get("CC") == "false"
    or sysconfig.get_config_var("INCLUDEPY") is None
    or not Path(sysconfig.get_config_var("INCLUDEPY"), "Python.h").exists(),
    reason="no C compiler or no Python headers",
)


def build(folder: Path, **environment: str) -> Path:
    """The package, built into a folder of its own with other flags."""
    source = folder / "source"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".*", "build", "dist", "*.so", "_kernels.c", "*.egg-info"),
    )
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    settings = {**os.environ, "DEDUPE_REQUIRE_KERNELS": "1", **environment}
    result = subprocess.run(
        command, cwd=source, env=settings, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return source


def run_tests(source: Path, **environment: str) -> str:
    # An index error in a function that cannot raise is told as "unraisable".
    strict = ["-W", "error::pytest.PytestUnraisableExceptionWarning"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *strict, *TESTS]
    expected = {"PYTHONPATH": str(source), "DEDUPE_EXPECT_KERNELS": str(source)}
    settings = {**os.environ, **expected, **environment}
    result = subprocess.run(
        [*command, "--rootdir", str(source), "--override-ini", "filterwarnings="],
        cwd=source,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return result.stdout


def run_python(source: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "PYTHONPATH": str(source), **environment}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=source,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


OVERRUN = """
import numpy as np
from dedupe.sketch import _kernels
print(_kernels.__file__)
offsets, too_small = np.array([0, 40]), np.empty(8, np.uint64)
hashes = np.arange(40, dtype=np.uint64)
_kernels.sort_unique(hashes, offsets, too_small, offsets.copy(), np.empty(41, np.int64))
"""
"""Gives a kernel less room than it writes: a checked build must notice."""


@needs_compiler
def test_with_bounds_checks(tmp_path):
    source = build(tmp_path, DEDUPE_BOUNDS_CHECK="1")
    overrun = run_python(source, OVERRUN)
    assert str(source) in overrun.stdout
    assert "IndexError" in overrun.stderr
    assert " passed" in run_tests(source)


@needs_compiler
def test_with_address_sanitizer(tmp_path):
    compiler = os.environ.get("CC", "cc").split()[0]
    library = subprocess.run(
        [compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not Path(library).is_absolute():
        pytest.skip("the compiler has no AddressSanitizer library")
    source = build(tmp_path, DEDUPE_SANITIZE="address")
    # Python's own allocator would hide overruns of small blocks from the sanitizer.
    sanitizer = {"PYTHONMALLOC": "malloc", "LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0"}
    overrun = run_python(source, OVERRUN, **sanitizer)
    assert str(source) in overrun.stdout
    assert "heap-buffer-overflow" in overrun.stderr
    assert " passed" in run_tests(source, **sanitizer)
