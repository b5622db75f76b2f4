"""What is quick runs first, and its failure keeps what is slow from running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

TESTS = """
import pytest

@pytest.fixture(params=[1, 2])
def chromium(request):
    return request.param

@pytest.mark.slow
def test_marked(): pass

def test_in_a_browser(chromium): pass

def test_quick(): assert {passes}

@pytest.mark.slow
def test_marked_and_fails(): assert False

def test_quick_too(): pass
"""


def run_pytest(folder: Path, passes: bool, *options: str) -> list[str]:
    """The tests that ran, in their order, and the last line."""
    (folder / "test_some.py").write_text(TESTS.format(passes=passes))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow: slow\n")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-p", "tests.support.ordering", "--rootdir", folder, *options, folder],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
    )
    lines = result.stdout.splitlines()
    ran = [
        line.split()[0].partition("::")[2]
        for line in lines
        if " PASSED" in line or " FAILED" in line
    ]
    return [*ran, lines[-1].strip("= ")]


def test_the_quick_run_first(tmp_path: Path):
    *ran, last = run_pytest(tmp_path, True)
    assert ran == [
        "test_quick",
        "test_quick_too",
        "test_marked",
        "test_in_a_browser[1]",
        "test_in_a_browser[2]",
        "test_marked_and_fails",
    ]
    assert last.startswith("1 failed, 5 passed")


def test_a_quick_failure_ends_the_run_before_the_slow(tmp_path: Path):
    *ran, last = run_pytest(tmp_path, False)
    assert ran == ["test_quick", "test_quick_too"]
    assert last.startswith("1 failed, 1 passed")


@pytest.mark.parametrize(("chosen", "count"), [("slow", 4), ("not slow", 2)])
def test_a_mark_chooses(tmp_path: Path, chosen: str, count: int):
    assert len(run_pytest(tmp_path, True, "-m", chosen)) == count + 1
