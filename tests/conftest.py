"""What several tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

RunDedupe = Callable[..., "subprocess.CompletedProcess[bytes]"]


def dedupe_command() -> list[str]:
    """The installed command, or the module where the package is only on the path."""
    script = Path(sys.executable).with_name("dedupe")
    return [str(script)] if script.exists() else [sys.executable, "-m", "dedupe"]


def clean_environment(**changes: str) -> dict[str, str]:
    """The environment without what would colour or widen the output."""
    names = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return {**environment, "PYTHONUTF8": "1", **changes}


@pytest.fixture
def run_dedupe(tmp_path: Path) -> RunDedupe:
    """Run the command in a process of its own, in ``tmp_path``."""

    def run(
        *arguments: object, stdin: bytes = b"", code: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        result = subprocess.run(
            [*dedupe_command(), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=clean_environment(**environment),
            timeout=120,
            check=False,
        )
        assert result.returncode == code, result.stderr.decode()
        assert b"Traceback" not in result.stderr
        return result

    return run
