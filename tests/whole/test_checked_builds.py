"""The tests of the kernels against builds that check every access to the hostile bytes.

Bounds of what Cython does; with AddressSanitizer also of the loops in C, and with
UndefinedBehaviorSanitizer what C leaves undefined. (``test_whole_scans.py`` scans corpora with
them.)
"""

from __future__ import annotations

import signal

import pytest

from tests.support.builds import Build, Completed
from tests.support.executed_lines import EXCEPTIONS, find_unexecuted

pytestmark = pytest.mark.slow

OVERRUN = """
import numpy as np
from dedupe.sketch import _kernels
print(_kernels.__file__, flush=True)
offsets, too_small = np.array([0, 40]), np.empty(8, np.uint64)
hashes = np.arange(40, dtype=np.uint64)
_kernels.sort_unique(hashes, offsets, too_small, offsets.copy(), np.empty(41, np.int64))
print("went on")
"""
"""Gives a kernel less room than it writes: a checked build must notice."""

OVERFLOW = """
import numpy as np
from dedupe.sketch import _kernels
offsets = np.array([-(2**62) - 2**62, 2**62])
hashes = np.arange(40, dtype=np.uint64)
_kernels.sort_unique(hashes, offsets, hashes.copy(), offsets.copy(), np.empty(41, np.int64))
"""
"""A segment whose length is beyond what its type can hold."""


@pytest.fixture(scope="module")
def tested_with_bounds(bounds_build: Build) -> Completed:
    # Without the prefix, the counts lie where gcov looks for them.
    return bounds_build.run_kernel_tests(GCOV_PREFIX="")


def told(result: Completed) -> str:
    return result.stdout[-4000:] + result.stderr[-4000:]


def test_kernels_with_bounds_checks(tested_with_bounds: Completed):
    assert tested_with_bounds.returncode == 0, told(tested_with_bounds)
    assert " passed" in tested_with_bounds.stdout


def test_an_index_error_where_none_can_be_raised_ends_the_process(bounds_build: Build):
    overrun = bounds_build.run("-c", OVERRUN)
    assert str(bounds_build.folder) in overrun.stdout
    assert "IndexError" in overrun.stderr
    assert overrun.returncode == -signal.SIGABRT
    assert "went on" not in overrun.stdout


def test_every_line_of_the_kernels_is_executed(bounds_build: Build, tested_with_bounds: Completed):
    assert tested_with_bounds.returncode == 0, told(tested_with_bounds)
    unexecuted = find_unexecuted(bounds_build.folder)
    assert [line for line in unexecuted if line.code not in EXCEPTIONS] == []
    # An exception that is executed after all, or gone, is none.
    assert {line.code for line in unexecuted} == {*EXCEPTIONS}


def test_kernels_with_sanitizers(sanitizer_build: Build):
    result = sanitizer_build.run_kernel_tests()
    assert result.returncode == 0, told(result)
    assert " passed" in result.stdout


def test_an_overrun_ends_the_process_of_the_sanitizers(sanitizer_build: Build):
    overrun = sanitizer_build.run("-c", OVERRUN)
    assert str(sanitizer_build.folder) in overrun.stdout
    assert "heap-buffer-overflow" in overrun.stderr
    assert overrun.returncode != 0
    assert "went on" not in overrun.stdout


def test_a_signed_overflow_ends_the_process_of_the_sanitizers(sanitizer_build: Build):
    """Which it does not where Python's own ``-fwrapv`` is in force."""
    overflow = sanitizer_build.run("-c", OVERFLOW)
    assert "signed integer overflow" in overflow.stderr
    assert overflow.returncode != 0
