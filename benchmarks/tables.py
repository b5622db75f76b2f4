"""Markdown tables, and the facts below them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from measuring import MEGABYTE, describe_machine, describe_python, package_version


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def format_facts(*facts: str) -> str:
    """A list of facts on a measurement, such as the machine and the versions."""
    versions = f"dedupe-corpus {package_version('dedupe-corpus')}, {describe_python()}"
    return "\n".join(f"- {fact}" for fact in (f"Machine: {describe_machine()}", versions, *facts))


def format_command(script: str, arguments: Sequence[str]) -> str:
    """The command that made a table, as it is typed, without folders."""
    words = [word.rsplit("/", 1)[-1] if word.startswith("/") else word for word in arguments]
    return f"```sh\npython benchmarks/{script} {shlex.join(words)}".rstrip() + "\n```"


def megabytes(byte_count: float) -> str:
    """Bytes as MB (10⁶), without decimals."""
    return f"{byte_count / MEGABYTE:,.0f}"
