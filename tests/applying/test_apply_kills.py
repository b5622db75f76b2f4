"""``dedupe apply`` ended at calls that change files, by a kill or a full disk; then run again, or
undone.

``DEDUPE_KILLS`` says how often; with 1,000 every call of every action gets its turn.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.command import clean_environment
from tests.support.kills import FILE_SYSTEMS

COUNT = int(os.environ.get("DEDUPE_KILLS", "20"))
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "kill portable", "fail"])
def test_nothing_is_lost_whenever_a_run_ends(mode: str):
    count = COUNT if mode == "kill" else COUNT // 2
    base = next(path for path in FILE_SYSTEMS if path.is_dir())
    with tempfile.TemporaryDirectory(dir=base, prefix="dedupe-kills-") as folder:
        result = subprocess.run(
            [sys.executable, "-m", "tests.support.kills", folder, str(count), *mode.split()],
            cwd=ROOT,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    done, times, *_ = result.stdout.splitlines()[-1].split()
    assert done == f"{mode.split()[0]}ed"
    assert int(times) >= count * 0.8
