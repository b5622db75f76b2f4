"""Orders tests: quick ones run first, and if one of them fails, slow ones do not run.

A test is slow if it takes more than a second or two of CPU time. It has the mark ``slow``, or
uses a browser, a build or Spark.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

SLOW_FIXTURES = {"chromium", "bounds_build", "sanitizer_build", "spark"}


def is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and SLOW_FIXTURES.intersection(item.fixturenames):
            item.add_marker("slow")
    items.sort(key=is_slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    result = yield
    begins = nextitem is not None and is_slow(nextitem) and not is_slow(item)
    if begins and item.session.testsfailed:
        item.session.shouldfail = "what is quick has failed: what is slow was not run"
    return result
