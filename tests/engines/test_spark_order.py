"""Order keys, by which Spark sorts documents, sort them as a local scan does."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupe.engines.spark.order_keys import encode_natural_key, make_order_keys
from dedupe.matching.order import order_documents
from dedupe.model.metadata import pack_meta
from dedupe.model.natural_order import natural_key
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.identities import pack_identities
from dedupe.store.work_folder import WorkFolder

NAMES = st.text(st.sampled_from("ab\0\x01ä0129\ud800\uffff𝒳"), max_size=9)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NAMES, min_size=2, max_size=30))
def test_natural_keys_sort_as_names_do(names: list[str]) -> None:
    names = sorted(set(names))
    by_bytes = sorted(names, key=lambda id: (encode_natural_key(id), id))
    assert by_bytes == sorted(names, key=lambda id: (natural_key(id), id))


def make_documents(work: WorkFolder, count: int, references: int) -> Documents:
    rng = random.Random(3)
    ids = [f"{rng.choice(['a', 'b/'])}{number * 7 % count}" for number in range(count)]
    dates = [f"2024-01-0{rng.randrange(1, 9)}", "1.2.1950", "", "no date"]
    metas = [
        pack_meta({"date": rng.choice(dates), "site": rng.choice(["x.example", "y.example"])})
        for _ in ids
    ]
    few = np.array([[rng.randrange(3), rng.randrange(3)] for _ in ids], np.uint64)
    documents = Documents(work, num_perm=1)
    documents.append(
        SketchedBatch.without_sketches(
            pack_identities(ids, np.zeros((count, 4), np.int64), metas),
            few[:, 0].astype(np.int64),
            few[:, 1].astype(np.int64),
            few,
            few << np.uint64(62) | few,
        )
    )
    documents.reference_count = references
    return documents


def test_order_keys_sort_as_documents_are_ordered(tmp_path: Path) -> None:
    rules = [(), ("first",), ("longest",), ("shortest",), ("earliest",), ("latest", "longest")]
    rules += [("site=y.example,x.example", "first"), ("earliest", "degree")]
    rules += [("content", "longest"), ("degree", "content")]
    with WorkFolder(str(tmp_path)) as work:
        for references in (0, 20):
            documents = make_documents(work, 300, references)
            chosen = np.arange(300)
            degrees, content = chosen * 7 % 4, chosen * 5 % 11 - 4
            for keep in rules:
                expected = order_documents(documents, chosen, keep, degrees, content)
                keys = make_order_keys(documents, chosen, keep, degrees, content, {})
                found = sorted(range(300), key=keys.__getitem__)
                assert found == expected.tolist(), keep
