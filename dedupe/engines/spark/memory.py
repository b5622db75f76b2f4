"""The memory of the driver: a scan that would not fit says so before it tries."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from dedupe.model.errors import DedupeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PAIR_BYTES: Final = 120
"""About what a candidate pair takes on the driver while jobs are planned and their results come."""

DOCUMENT_BYTES: Final = 400
"""About what a document in the report takes there, with its id and metadata."""

SENT_PAIR_BYTES: Final = 32
"""What a pair takes at most on its way through the driver's JVM."""

_UNITS: Final = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class DriverMemoryError(DedupeError):
    """The driver could not hold the pairs and documents of a report."""


class DriverMemory(msgspec.Struct, frozen=True):
    """The bytes that there are for results on the driver (0: not known).

    :param process: in the process of Python
    :param results: what Spark lets a job send to the driver (``spark.driver.maxResultSize``)
    """

    process: int
    results: int

    @classmethod
    def of_session(cls, session: SparkSession) -> DriverMemory:
        """What there is now."""
        configured = session.conf.get("spark.driver.maxResultSize", None) or "1g"
        return cls(available_memory(), parse_size(configured))

    def check(self, what: str, process_bytes: int, result_bytes: int) -> None:
        """Refuse what does not fit.

        :param what: what is to be held, with its number
        :raises DriverMemoryError: if so
        """
        way = (
            "let the executors write tables in place of a report (--tables FOLDER --tables-alone), "
            "give the driver more (spark.driver.memory, spark.driver.maxResultSize), or look for "
            "fewer pairs with a higher --threshold or a lower --max-bucket"
        )
        if self.process and process_bytes > self.process:
            raise DriverMemoryError(
                f"the driver would need about {process_bytes / 1e9:.1f} GB for {what}, "
                f"but has {self.process / 1e9:.1f} GB: {way}"
            )
        if self.results and result_bytes > self.results:
            raise DriverMemoryError(
                f"about {result_bytes / 1e9:.1f} GB would be sent to the driver for {what}, but "
                f"spark.driver.maxResultSize is {self.results / 1e9:.1f} GB: {way}"
            )


def parse_size(text: str) -> int:
    """A size as Spark writes it (``1g``, ``512m``), in bytes; 0 (no limit) for what is none."""
    found = re.fullmatch(r"(\d+)([bkmgt]?)b?", text.strip().lower())
    return int(found[1]) * _UNITS[found[2]] if found else 0


def available_memory() -> int:
    """The memory that this process can still take, in bytes; 0 where that is not known."""
    limits = []
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                limits.append(int(line.split()[1]) << 10)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            limits.append(int(Path(path).read_text("ascii")))
    if not limits:
        with suppress(OSError, ValueError, AttributeError):
            limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits, default=0)
