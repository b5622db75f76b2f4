"""A folder of hostile files through the real process: it ends, in bounded time and memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedupe.sketch import load_kernels
from tests.support.command import run_measured
from tests.support.hostile import write_hostile

pytestmark = pytest.mark.slow

MAX_SECONDS = 120
MAX_KILOBYTES = 1_000_000


@pytest.mark.skipif(
    load_kernels().name == "plain", reason="the plain path takes minutes for 64 MB of tokens"
)
def test_a_hostile_folder_is_survived(tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    expected = write_hostile(folder)
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run_measured("scan", folder, "--format", "json", "--quiet", cwd=tmp_path)
    assert result.code == 0, result.stderr.decode()
    assert result.stderr == b""
    report = json.loads(result.stdout)
    told = {(item["id"], item["reason"]) for item in report["skipped"]}
    assert set(expected.items()) <= told
    members = [
        # Some rows of a damaged database were read before the damage was met.
        {member["id"] for member in each["members"] if "again.db/" not in member["id"]}
        for each in report["clusters"]
    ]
    assert {
        "good1.txt",
        "good2.txt",
        "good3",
        "before",
        "after",
        "x:1",
        "odd.tar.gz/../../up.txt",
    } in members
    notices = {(item["id"], item["reason"]) for item in report["notices"]}
    assert {("same", "duplicate_id"), (str(folder), "links_not_followed")} <= notices
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert result.seconds < MAX_SECONDS
    assert result.peak_kilobytes < MAX_KILOBYTES
