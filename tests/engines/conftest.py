"""Fixtures of the tests of engines."""

from tests.support.spark_reports import spark  # noqa: F401
