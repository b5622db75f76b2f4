"""A short run of the fuzz campaign, and that it sees what it looks for."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.support import fuzz_readers
from tests.support.fuzz_inputs import make_input
from tests.support.fuzz_readers import run_campaign

pytestmark = pytest.mark.slow

for library in ("pyarrow", "pypdfium2", "trafilatura"):
    pytest.importorskip(library)

SEED = 1
SCANS = 8


def test_a_short_campaign_finds_nothing(tmp_path: Path) -> None:
    campaign = run_campaign(SEED, SCANS, tmp_path / "failures")
    assert not campaign.problems, campaign.as_json()
    assert campaign.inputs == SCANS * fuzz_readers.FILES_PER_SCAN
    assert campaign.documents > 100
    assert len(campaign.formats) > 10 and len(campaign.packings) == 6
    assert not (tmp_path / "failures").exists()


def test_inputs_are_functions_of_their_number() -> None:
    for number in range(100):
        first, second = (make_input(Random(f"1:{number}"), number) for _ in range(2))
        assert first == second


FAILING_PROGRAM = """
import os, sys, time
sys.path.insert(0, {root!r})
from dedupe.sources.formats.csv import reader
from tests.support import fuzz_readers

def fail(*arguments):
    {statement}
    yield from ()

reader.read_csv = fail
fuzz_readers.main()
"""


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("{}[1]", "KeyError"),
        ("bytearray(8 << 30)", "MemoryError"),
        ("os.kill(os.getpid(), 11)", "died with -11"),
        ("time.sleep(60)", "hangs"),
        ("sys.stdout.write(chr(27))", "control characters"),
    ],
)
def test_it_sees_what_it_looks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, problem: str
) -> None:
    """What a reader may do wrong is a problem of the campaign, and saved."""
    program = tmp_path / "program.py"
    program.write_text(FAILING_PROGRAM.format(root=str(fuzz_readers.ROOT), statement=statement))
    saved: list[str] = []
    monkeypatch.setattr(fuzz_readers, "PROGRAM", program)
    monkeypatch.setattr(fuzz_readers, "SCAN_SECONDS", 60.0 if problem != "hangs" else 4.0)
    monkeypatch.setattr(fuzz_readers, "_save", lambda *arguments: saved.append(arguments[2]))
    campaign = run_campaign(3, 1, tmp_path)
    assert len(campaign.problems) == len(saved) == 1
    assert problem in saved[0]


def test_what_fails_is_saved_as_short_as_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = list(fuzz_readers.files_of(1, 7))
    name, data = max(files, key=lambda file: len(file[1]))
    needle = data[len(data) // 2 :][:4]
    monkeypatch.setattr(
        fuzz_readers, "_fails", lambda what, tried, content, _: tried == name and needle in content
    )
    folder = fuzz_readers._save(1, 7, "problem", tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == sorted([name, "problem.json"])
    assert needle in (folder / name).read_bytes()
    assert len((folder / name).read_bytes()) < len(data) / 10
