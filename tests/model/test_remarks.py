"""Skipped documents and notices in groups of one detail."""

from __future__ import annotations

from dedupe.model.documents import SkippedDocument
from dedupe.model.remarks import first_names, group_remarks


def test_one_detail_is_told_once_with_the_names_that_it_concerns():
    found = [("a:2", "odd"), ("b:1", "broken"), ("a:10", "broken"), ("c:3", "late")]
    remarks = [(SkippedDocument(name, "damaged", detail), name) for name, detail in found]
    assert group_remarks(remarks) == [
        ("broken", ["b:1", "a:10"]), ("odd", ["a:2"]), ("late", ["c:3"])
    ]  # fmt: skip


def test_line_2_comes_before_line_10():
    names = ["a:1", "a:10", "a:2", "a:9"]
    assert first_names(names, 3) == ["a:1", "a:2", "a:9"]
    assert first_names(names[:1], 3) == ["a:1"]
