"""Modules and functions stay small enough to be read at one sitting.

A module counts all its lines. A function counts the lines from ``def`` to its last one, blank lines
and comments too, but neither its decorators nor its docstring; a function inside another counts in
both.
"""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "dedupe"

MODULE_LINES = 400
FUNCTION_LINES = 60
MEDIAN = 7
NINETIETH_PERCENTILE = 20

Function = ast.FunctionDef | ast.AsyncFunctionDef


def count_lines(function: Function) -> int:
    assert function.end_lineno is not None
    whole = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return whole
    docstring = function.body[0]
    assert docstring.end_lineno is not None
    return whole - (docstring.end_lineno - docstring.lineno + 1)


def functions_in(source: str) -> dict[str, int]:
    """The lines of each function, by its name and the line at which it begins."""
    return {
        f"{node.name}, line {node.lineno}": count_lines(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, Function)
    }


def modules() -> dict[str, str]:
    """The source of each module, by its path."""
    return {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def lines_of_functions() -> dict[str, int]:
    found = {
        f"{path}: {name}": lines
        for path, source in modules().items()
        for name, lines in functions_in(source).items()
    }
    assert len(found) > 1000  # the package was found
    return found


def test_docstrings_decorators_and_nothing_else_are_left_out():
    source = '@cache\ndef f(\n    x,\n):\n    """One\n    two."""\n\n    # why\n    return x\n'
    assert functions_in(source) == {"f, line 2": 6}
    nested = (
        "class A:\n    async def f(self):\n        def g():\n            return 1\n        return g"
    )
    assert functions_in(nested) == {"f, line 2": 4, "g, line 3": 2}


def test_modules_are_short():
    lines = {path: source.count("\n") for path, source in modules().items()}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES} == {}


def test_functions_are_short():
    lines = lines_of_functions()
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES} == {}


def test_most_functions_are_very_short():
    lengths = sorted(lines_of_functions().values())
    assert lengths[len(lengths) // 2] <= MEDIAN
    assert lengths[len(lengths) * 9 // 10] <= NINETIETH_PERCENTILE
