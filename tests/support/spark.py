"""A session of Spark for tests: real, with two threads, and one for all tests of a run."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from dedupe.model.errors import EngineError
from dedupe.model.settings import Config


def _skip(reason: str) -> None:
    """CI sets the variable: there, missing Spark is a failure."""
    if os.environ.get("DEDUPE_REQUIRE_SPARK") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def skip_without_spark() -> None:
    """Skip the test where the packages of Spark, or Java, are missing."""
    from dedupe.engines.spark.session import check_java, check_packages

    try:
        check_packages()
        check_java()
    except EngineError as error:
        _skip(str(error))


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
    """A session with two threads on this machine."""
    skip_without_spark()
    from dedupe.engines.spark.session import open_session

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = open_session("local[2]", Config())
        session = opened.__enter__()
        session.conf.set("spark.sql.shuffle.partitions", "4")
    yield session
    opened.__exit__(None, None, None)
