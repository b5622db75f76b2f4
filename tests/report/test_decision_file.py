"""The file of decisions: what is written is read, and two files become one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.model.errors import InputError
from dedupe.model.output_marks import kind_of_output
from dedupe.report.decision_file import (
    Decision,
    PairDecision,
    format_decisions,
    gather_decisions,
    merge_decisions,
    parse_decisions,
    read_decisions,
)
from tests.support.injections import VECTORS

A, B, C = ("a" * 32, "b" * 32, "c" * 32)
KEPT = Decision(A, "a.txt", "keep", by="ana", at="2026-12-01T10:00:00Z")
SAME = PairDecision((A, B), "same", ("a.txt", "b.txt"))
OTHER = PairDecision((A, C), "different", by="ben")


def parse(text: str):  # type: ignore[no-untyped-def]
    return parse_decisions(f'{{"dedupe_decisions": 2}}\n{text}'.encode(), "d")


def test_what_is_written_is_read_in_any_order_and_repeated(tmp_path: Path):
    data = format_decisions([OTHER, SAME, KEPT])
    assert kind_of_output(data) == "decisions", "no scan takes it for a document"
    head, *lines = data.splitlines(keepends=True)
    assert len(lines) == 3 and lines == sorted(lines, key=lambda line: b"hashes" in line)
    (tmp_path / "d").write_bytes(b"".join([head, *reversed(lines), head, *lines, b"\n"]))
    found = read_decisions(str(tmp_path / "d"))
    assert found.decisions == (KEPT,) and found.pairs == (SAME, OTHER)
    assert found.different == {(A, C)} and found.choices == {"a.txt": "keep"}
    assert format_decisions([*found.decisions, *found.pairs]) == data


def test_hostile_ids_are_ascii_on_one_line():
    made = [Decision(A, f"{vector}\n\x7f{n}", "drop") for n, vector in enumerate(VECTORS)]
    data = format_decisions(made)
    assert data.isascii() and b"\x7f" not in data and data.count(b"\n") == len(made) + 1
    assert set(parse_decisions(data, "d").decisions) == set(made)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('{"content_hash": "a", "id": "x"}', "d:2: is no decision"),
        ('{"content_hash": "a", "id": "x", "choice": "burn"}', "d:2: is no decision"),
        (f'{{"content_hashes": ["{A}", "{A}"], "choice": "same"}}', "with itself"),
        (f'{{"content_hashes": ["{A}", "x"], "choice": "same"}}', "d:2: is no decision"),
        ("<<<<<<< ours", "a merge conflict is not resolved"),
        (
            f'{{"content_hashes": ["{A}", "{B}"], "choice": "same"}}\n'
            f'{{"content_hashes": ["{B}", "{A}"], "choice": "unsure"}}',
            r"contradicts itself about .*line 3",
        ),
        ("[" * 100_000, "d:2: is no decision"),
    ],
)
def test_what_is_no_decision_is_named_by_its_line(lines: str, told: str):
    with pytest.raises(InputError, match=told):
        parse(lines)


def test_two_files_become_one_and_disagreements_are_listed():
    earlier = Decision(A, "a.txt", "keep", by="ben", at="2026-11-30T10:00:00Z")
    unlike = PairDecision((A, B), "unsure", by="ben")
    left, right = gather_decisions([KEPT, SAME]), gather_decisions([earlier, unlike, OTHER])
    for pair in ((left, right), (right, left)):
        merged, against = merge_decisions(*pair)
        assert merged == [earlier, OTHER]
        assert [{each.left.choice, each.right.choice} for each in against] == [{"same", "unsure"}]
