"""What several tests share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browser import chromium, open_page  # noqa: F401 (fixtures for all)
from tests.support.builds import bounds_build, sanitizer_build  # noqa: F401
from tests.support.command import RunDedupe, run_command, run_main
from tests.support.ordering import (  # noqa: F401 (hooks)
    pytest_collection_modifyitems,
    pytest_runtest_protocol,
)


def _checked(run: Callable[..., subprocess.CompletedProcess[bytes]], folder: Path) -> RunDedupe:
    """Running in a folder, where the exit code must be the expected one."""

    def run_checked(
        *arguments: object, stdin: bytes = b"", code: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        result = run(*arguments, cwd=folder, stdin=stdin, **environment)
        assert result.returncode == code, result.stderr.decode()
        assert b"Traceback" not in result.stderr
        return result

    return run_checked


@pytest.fixture
def run_dedupe(tmp_path: Path) -> RunDedupe:
    """Run the command in a process of its own, in ``tmp_path``."""
    return _checked(run_command, tmp_path)


@pytest.fixture
def dedupe_here(tmp_path: Path) -> RunDedupe:
    """The same in this process, which is quicker: for tests that are not about processes."""
    return _checked(run_main, tmp_path)
