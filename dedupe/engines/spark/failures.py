"""Turns what Spark raises into errors for people, without the tracebacks of two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dedupe.model.errors import DedupeError, EngineError

_LINE: Final = re.compile(
    r"^(?:[\w.]*\.)?(\w*(?:Error|Exception|Interrupt|Exit)): (.+)$", re.MULTILINE
)
"""The line of a Python traceback that tells the error."""

_OUT_OF_MEMORY: Final = ("OutOfMemoryError", "MemoryError", "exceeds spark.driver.maxResultSize")

_MAX_CHARACTERS: Final = 500


@contextmanager
def tell_failures(what: str = "Spark could not finish the scan") -> Iterator[None]:
    """Inside the context, what Spark raises becomes an :class:`EngineError`.

    :param what: begins the message
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except DedupeError:
        raise
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise EngineError(f"{what}: {describe_failure(str(error))}") from error


def describe_failure(message: str) -> str:
    """The part of an error of Spark that tells what happened, and what to do about it."""
    if "No module named 'dedupe" in message:
        return (
            "the executors have no package dedupe; install the same version there as on the driver "
            "(see docs/scale.md)"
        )
    found = _LINE.findall(message)
    told = f"{found[-1][0]}: {found[-1][1]}" if found else (message.strip().splitlines() or [""])[0]
    told = told[:_MAX_CHARACTERS]
    if any(word in message for word in _OUT_OF_MEMORY):
        told += "; give the driver or the executors more memory (see docs/scale.md)"
    return f"{told}; DEDUPE_DEBUG=1 shows where it happened"
