"""Finds lines of the kernels that no test executed, by the counts of gcov."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.builds import miss

SKETCH = Path("dedupe", "sketch")

GUARD = "runs only where a kernel is at fault"
EXCEPTIONS = {
    "break  # guard": GUARD,
    'fail(f"of a segment of {size} values {count} were left")  # guard': GUARD,
    "return i  # guard: the caller does not accept it": GUARD,
}
"""Lines that no test executes, with the reason."""


class Line(NamedTuple):
    """A line in the source of the kernels."""

    file: str
    number: int
    code: str


def find_unexecuted(source: Path) -> list[Line]:
    """Lines of ``_kernels.pyx`` and ``kernels.h`` that were compiled but never executed."""
    gcov = shutil.which("gcov")
    if gcov is None:
        miss("no gcov")
    [notes] = source.glob("build/temp*/**/_kernels.gcno")
    assert notes.with_suffix(".gcda").exists()
    command = [gcov, "--json-format", "--stdout", str(notes)]
    output = subprocess.run(command, cwd=source, capture_output=True, check=True).stdout
    counts = {file["file"]: _highest(file["lines"]) for file in json.loads(output)["files"]}
    found = {
        "kernels.h": counts[str(SKETCH / "kernels.h")],
        "_kernels.pyx": _counts_of_cython(
            (source / SKETCH / "_kernels.c").read_text(), counts[str(SKETCH / "_kernels.c")]
        ),
    }
    return [*_unexecuted(source, found)]


def _unexecuted(source: Path, found: dict[str, dict[int, int]]) -> Iterator[Line]:
    for name, counts in found.items():
        lines = (source / SKETCH / name).read_text().splitlines()
        assert len(counts) > len(lines) / 4  # other lines are declarations, or no code
        for number, count in sorted(counts.items()):
            code = lines[number - 1].strip()
            # For a class Cython generates functions that the garbage collector may never call.
            if count == 0 and not code.startswith("cdef class "):
                yield Line(name, number, code)


def _highest(lines: list[dict[str, Any]]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for line in lines:
        number = line["line_number"]
        counts[number] = max(counts.get(number, 0), line["count"])
    return counts


ORIGIN = re.compile(r'\s*/\* "dedupe/sketch/_kernels\.pyx":(\d+)$')
FUNCTION_EXIT = "/* function exit code */"


def _counts_of_cython(generated: str, counts: dict[int, int]) -> dict[int, int]:
    """The counts of Cython lines, from the counts of the C code generated for them.

    A comment in the C names the Cython line that the code behind it was made from. Only the first
    line of that code counts: a later one may be a label that belongs to the surrounding code.
    """
    found: dict[int, int] = {}
    origin: int | None = None
    for number, line in enumerate(generated.splitlines(), 1):
        if match := ORIGIN.match(line):
            origin = int(match[1])
        elif FUNCTION_EXIT in line:
            origin = None
        elif origin is not None and number in counts:
            found[origin] = max(found.get(origin, 0), counts[number])
            origin = None
    return found
