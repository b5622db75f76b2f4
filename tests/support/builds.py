"""Builds of the package that find faults in the kernels, and runs of Python and its tests on them.

Each is built once for all tests that ask for it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".*", "build", "dist", "*.so", "_kernels.c", "*.egg-info", "golden", "__pycache__")

has_compiler = (
    shutil.which(os.environ.get("CC", "cc").split()[0]) is not None
    and os.environ.get("CC") != "false"
    and Path(sysconfig.get_config_var("INCLUDEPY") or "", "Python.h").exists()
)

Completed = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Build:
    """The package, built with special flags in a folder of its own.

    :param environment: variables that a process needs to use it
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, seconds: float = 400, **environment: str) -> Completed:
        """Run Python with these arguments and with the package that was built."""
        path = {"PYTHONPATH": str(self.folder), "PYTHONUTF8": "1", "COLUMNS": "500"}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **path, **self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def run_kernel_tests(self, **environment: str) -> Completed:
        """Run the tests of the kernels; a variable tells them that this build is slower."""
        # Python reports an index error that was only printed as "unraisable".
        strict = ["-W", "error::pytest.PytestUnraisableExceptionWarning"]
        options = ["-p", "no:cacheprovider", "--override-ini", "filterwarnings=", *strict]
        expected = {"DEDUPE_EXPECT_KERNELS": str(self.folder)}
        return self.run("-m", "pytest", *options, "tests/sketch", **expected, **environment)


def miss(reason: str) -> NoReturn:
    """Skip the test; in CI fail it, because there a build that finds faults must not be missing."""
    if os.environ.get("DEDUPE_REQUIRE_BUILDS"):
        pytest.fail(reason)
    pytest.skip(reason)


def build(folder: Path, **flags: str) -> Path:
    """Build a copy of the package; ``setup.py`` documents the variables."""
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    settings = {**os.environ, "DEDUPE_REQUIRE_KERNELS": "1", **flags}
    result = subprocess.run(
        command, cwd=source, env=settings, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return source


@pytest.fixture(scope="session")
def bounds_build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """A build in which an out-of-bounds access from Cython ends the process; it counts lines.

    gcov writes the counts of executed lines to the folder that ``GCOV_PREFIX`` names, and which
    only the tests of the kernels set (``GCOV_PREFIX_STRIP`` keeps the rest of the path).
    """
    if not has_compiler:
        miss("no C compiler or no Python headers")
    folder = tmp_path_factory.mktemp("bounds")
    source = build(folder, DEDUPE_BOUNDS_CHECK="1", DEDUPE_COVERAGE="1")
    yield Build(source, {"GCOV_PREFIX": str(folder / "counts_of_others")})
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sanitizer_build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """A build with AddressSanitizer and UndefinedBehaviorSanitizer, without checks of bounds.

    Checks of bounds would stop a wrong access before the sanitizer sees it.
    """
    if not has_compiler:
        miss("no C compiler or no Python headers")
    compiler = os.environ.get("CC", "cc").split()[0]
    library = subprocess.run(
        [compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not Path(library).is_absolute():
        miss("the compiler has no AddressSanitizer library")
    folder = tmp_path_factory.mktemp("sanitizer")
    source = build(folder, DEDUPE_SANITIZE="address,undefined")
    # Python's own allocator would hide overruns of small blocks from the sanitizer. Recording only
    # a few stack frames for each allocation saves much time.
    options = {
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "detect_leaks=0:malloc_context_size=2",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    yield Build(source, options)
    shutil.rmtree(folder)
