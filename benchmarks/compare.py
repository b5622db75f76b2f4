"""Compare ``dedupe scan`` with its peers, each as a whole process, in turn.

    python benchmarks/compare.py CORPUS.jsonl[.gz]... [--runs 5] [--times 5]

Each peer is installed once, into an environment of its own (``--environments``).
benchmarks/README.md says what is measured and what is not.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
from edited_copies import write_edited_copies
from environments import DEFAULT_FOLDER, PEER_FOLDER, PEERS, Peer, PeerMissing, make_environment
from measuring import MEGABYTE, BenchmarkError, Limits, Usage, run_measured
from scanning import Outline, dedupe_command
from tables import format_command, format_facts, format_table, megabytes

DEFAULT_PEERS: Final = "rensa,datasketch,text-dedup"
HEAD_RECORDS: Final = 10
HEADER: Final = (
    "program", "wall s, median (min–max)", "CPU s", "peak MB", "wall / dedupe's", "verified",
    "pairs found",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Program:
    """A program to compare: makes its command line for a corpus."""

    name: str
    command: Callable[[Path], Sequence[str]]
    verifies: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A corpus to compare on, and a file of its first records."""

    name: str
    path: Path
    head: Path
    document_count: int

    @property
    def byte_count(self) -> int:
        return self.path.stat().st_size


@dataclass(slots=True)
class Comparison:
    """The measurements on one corpus.

    :param whole: usages on the whole corpus, by program, one for each round
    :param head: usages on its first records, by program, one for each round
    :param pairs: the number of pairs that each program reports; none if it does not say
    :param remarks: reasons why programs were left out
    """

    name: str
    byte_count: int
    document_count: int
    token_count: int = 0
    whole: dict[str, list[Usage]] = field(default_factory=dict)
    head: dict[str, list[Usage]] = field(default_factory=dict)
    pairs: dict[str, int | None] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


# --- the programs ---------------------------------------------------------------------------


def dedupe_program(options: Sequence[str]) -> Program:
    """``dedupe scan``, its report written but not kept."""

    def command(corpus: Path, output: str = os.devnull) -> list[str]:
        head = [*dedupe_command(), "scan", str(corpus), "--format", "json"]
        return [*head, *options, "--output", output]

    return Program("dedupe", command, "yes")


def parsing_program() -> Program:
    """The program that only parses the corpus: no program can be faster."""
    script = str(PEER_FOLDER / "parsing_script.py")
    return Program("parsing alone", lambda corpus: [sys.executable, script, str(corpus)])


def peer_program(peer: Peer, python: str) -> Program:
    """The script of a peer, in its own environment."""
    script = str(PEER_FOLDER / peer.script)
    return Program(
        peer.name, lambda corpus: [python, script, str(corpus), *peer.options], peer.verifies
    )


def install_peers(names: Sequence[str], folder: Path) -> tuple[list[Program], list[str]]:
    """The peers that can run here, and a remark on each."""
    programs, facts = [], []
    for name in names:
        try:
            environment = make_environment(PEERS[name], folder)
        except PeerMissing as missing:
            facts.append(str(missing))
            print(missing, file=sys.stderr)
        else:
            programs.append(peer_program(PEERS[name], environment.python))
            facts.append(f"{name}: {environment.description}")
    return programs, facts


# --- measuring ------------------------------------------------------------------------------


def compare(
    subject: Subject,
    dedupe: Program,
    peers: Sequence[Program],
    runs: int,
    limits: Limits,
    work: Path,
) -> Comparison:
    """Run all programs in turn, A B C A B C …; a peer that fails is left out from then on."""
    parsing = parsing_program()
    result = Comparison(subject.name, subject.byte_count, subject.document_count)
    outline = _outline(dedupe, subject.path, limits, work)
    result.pairs[dedupe.name] = outline.search.duplicate_pair_count
    result.token_count = outline.token_count
    alive = [dedupe, *peers, parsing]

    def run(program: Program, corpus: Path, label: str) -> Usage | None:
        try:
            usage = run_measured(program.command(corpus), work / "stdout", limits)
            if not usage.stopped:
                print(f"{label}: {program.name} {usage.wall_seconds:.2f} s", file=sys.stderr)
                return usage
            fault = f"it took too much {usage.stopped}"
        except BenchmarkError as error:
            fault = str(error)
        if program not in peers:
            raise BenchmarkError(f"{program.name} on {subject.name}: {fault}")
        print(f"{program.name} failed: {fault}", file=sys.stderr)
        result.remarks.append(f"{program.name} left out: {fault.splitlines()[-1]}")
        alive.remove(program)
        for found in (result.whole, result.pairs):
            found.pop(program.name, None)
        return None

    # The first records are enough to fill the file cache with each program.
    for program in list(alive):
        run(program, subject.head, f"{subject.name}, warm-up")
    for number in range(1, runs + 1):
        label = f"{subject.name}, run {number}"
        for program in list(alive):
            if usage := run(program, subject.path, label):
                result.whole.setdefault(program.name, []).append(usage)
                if program in peers:
                    result.pairs[program.name] = _read_pairs(work / "stdout")
        for program in (dedupe, parsing):
            if usage := run(program, subject.head, f"{label}, first {HEAD_RECORDS}"):
                result.head.setdefault(program.name, []).append(usage)
    return result


def _outline(dedupe: Program, corpus: Path, limits: Limits, work: Path) -> Outline:
    """The counts of a report, from a further scan; the measured scans do not keep their reports."""
    report = work / "report.json"
    command = [*dedupe.command(corpus)[:-1], str(report)]
    if run_measured(command, work / "stdout", limits).stopped:
        raise BenchmarkError(f"{dedupe.name}: over the limits")
    return msgspec.json.decode(report.read_bytes(), type=Outline)


def _read_pairs(stdout: Path) -> int | None:
    """The number of pairs, from the last line that a peer's script prints."""
    pairs: int | None = json.loads(stdout.read_text(errors="replace").splitlines()[-1])["pairs"]
    return pairs


# --- the corpora ----------------------------------------------------------------------------


def prepare(corpus: Path, times: int, work: Path) -> Subject:
    """A plain file of the corpus, or of its edited copies, and its first records."""
    path, name = corpus, corpus.name
    if corpus.suffix == ".gz":
        path, name = work / corpus.stem, corpus.stem
        with gzip.open(corpus, "rb") as packed, path.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    if times > 1:
        print(f"{name}: making {times} edited copies …", file=sys.stderr)
        copies = work / f"copies-{name}"
        write_edited_copies(path, times, copies)
        path, name = copies, f"{name} × {times}"
    head = work / f"head-{corpus.stem}.jsonl"
    with path.open("rb") as lines:
        head.write_bytes(b"".join(itertools.islice(lines, HEAD_RECORDS)))
        document_count = HEAD_RECORDS + sum(1 for line in lines if line.strip())
    return Subject(name, path, head, document_count)


# --- the tables -----------------------------------------------------------------------------


def ratio_to(left: Sequence[float], right: Sequence[float]) -> float:
    """The median of the ratios within each round."""
    return median(a / b for a, b in zip(left, right, strict=True))


def walls(usages: Sequence[Usage]) -> list[float]:
    return [usage.wall_seconds for usage in usages]


def format_pairs(program: Program, pairs: int | None) -> str:
    """The number of pairs that a program found, if it looks for pairs and reports them."""
    if not program.verifies:
        return "–"
    return "not stated" if pairs is None else f"{pairs:,}"


def format_comparison(result: Comparison, programs: Sequence[Program]) -> str:
    """The table of one corpus."""
    rows = []
    for program in programs:
        usages = result.whole.get(program.name)
        if not usages:
            continue
        seconds = walls(usages)
        rows.append([
            program.name,
            f"{median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})",
            f"{median(usage.cpu_seconds for usage in usages):.2f}",
            megabytes(median(usage.memory_bytes for usage in usages)),
            f"{ratio_to(seconds, walls(result.whole['dedupe'])):.2f}",
            program.verifies or "–",
            format_pairs(program, result.pairs.get(program.name)),
        ])  # fmt: skip
    size = f"{result.document_count:,} documents, {result.byte_count / MEGABYTE:.1f} MB"
    return f"## {result.name} ({size})\n\n{format_table(HEADER, rows)}"


def marginal(result: Comparison, name: str) -> list[float]:
    """The seconds of each round without those for the first records."""
    pairs = zip(walls(result.whole[name]), walls(result.head[name]), strict=True)
    return [whole - head for whole, head in pairs]


def format_marginal(result: Comparison) -> str:
    """A table of whole runs minus runs on the first records, compared with only parsing."""
    floor = marginal(result, "parsing alone")
    rows = []
    for name in ("dedupe", "parsing alone"):
        seconds = marginal(result, name)
        rows.append([
            name,
            f"{median(walls(result.whole[name])):.3f}",
            f"{median(walls(result.head[name])):.3f}",
            f"{median(seconds):.3f}",
            f"{ratio_to(seconds, floor):.2f}",
        ])  # fmt: skip
    header = ("marginal time", "whole s", f"first {HEAD_RECORDS} records s", "rest s", "/ parsing")
    return format_table(header, rows)


def format_throughput(results: Sequence[Comparison]) -> str:
    """A table of the throughput of whole scans, in bytes and in tokens.

    Both are given because a script may need 1 to 8 bytes a token.
    """

    def rates(result: Comparison) -> tuple[float, float]:
        seconds = median(walls(result.whole["dedupe"]))
        return result.byte_count / seconds, result.token_count / seconds

    first = rates(results[0])
    rows = []
    for result in results:
        by_bytes, by_tokens = rates(result)
        rows.append([
            result.name,
            f"{result.byte_count / MEGABYTE:.1f}",
            f"{by_bytes / MEGABYTE:.1f}",
            f"{by_bytes / first[0]:.2f}",
            f"{result.token_count / MEGABYTE:.2f}",
            f"{by_tokens / MEGABYTE:.2f}",
            f"{by_tokens / first[1]:.2f}",
        ])  # fmt: skip
    of_first = f"/ that of {results[0].name}"
    header = ("whole scans", "MB", "MB/s", of_first, "million tokens", "a second", of_first)
    return f"## Throughput\n\n{format_table(header, rows)}"


def format_all(
    results: Sequence[Comparison], programs: Sequence[Program], runs: int, facts: Sequence[str]
) -> str:
    """All tables and facts as Markdown."""
    parts = []
    for result in results:
        parts += [format_comparison(result, programs), format_marginal(result)]
        if result.remarks:
            parts.append("\n".join(f"- {remark}" for remark in result.remarks))
    parts += [
        format_throughput(results),
        format_facts(f"{runs} rounds, programs in turn, medians", *facts),
        format_command("compare.py", sys.argv[1:]),
    ]
    return "\n\n".join(parts)


# --- the command line -----------------------------------------------------------------------


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this script's command line."""
    parser = argparse.ArgumentParser(description="Compare `dedupe scan` with its peers.")
    parser.add_argument("corpora", type=Path, nargs="+", metavar="CORPUS.jsonl[.gz]")
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument(
        "--times",
        type=int,
        default=1,
        metavar="N",
        help="compare on N copies of each corpus, each with a tenth of its words replaced",
    )
    parser.add_argument(
        "--peers",
        default=DEFAULT_PEERS,
        help=f"of {', '.join(PEERS)}; empty for none (default: %(default)s)",
    )
    parser.add_argument("--environments", type=Path, default=DEFAULT_FOLDER, metavar="FOLDER")
    parser.add_argument(
        "--scan", default="", metavar="OPTIONS", help="of `dedupe scan`, as --scan='--workers 1'"
    )
    parser.add_argument("--timeout", type=float, default=3600, help="seconds a run may take")
    parser.add_argument("--max-gigabytes", type=float, default=1000, help="that a run may take")
    parser.add_argument("--output", type=Path, metavar="FILE.md", help="write the tables there too")
    parser.add_argument("--json", type=Path, metavar="FILE.json", help="every figure of every run")
    return parser


def parse_arguments() -> tuple[argparse.Namespace, list[str]]:
    """The command line, checked, and the names of the peers."""
    parser = build_parser()
    arguments = parser.parse_args()
    names = [name.strip() for name in arguments.peers.split(",") if name.strip()]
    for name in names:
        if name not in PEERS:
            parser.error(f"unknown peer {name!r}; the known ones are {', '.join(PEERS)}")
    if arguments.runs < 1 or arguments.times < 1:
        parser.error("--runs and --times must be at least 1")
    for corpus in arguments.corpora:
        if not corpus.is_file():
            parser.error(f"no such file: {corpus}")
    return arguments, list(dict.fromkeys(names))


def main() -> int:
    arguments, names = parse_arguments()
    limits = Limits(arguments.timeout, arguments.max_gigabytes * 1e9)
    peers, facts = install_peers(names, arguments.environments.absolute())
    dedupe = dedupe_program(shlex.split(arguments.scan))
    results = []
    for corpus in arguments.corpora:
        with tempfile.TemporaryDirectory(prefix="dedupe-compare-") as folder:
            try:
                subject = prepare(corpus, arguments.times, Path(folder))
                found = compare(subject, dedupe, peers, arguments.runs, limits, Path(folder))
            except BenchmarkError as error:
                print(f"error: {error}", file=sys.stderr)
                return 2
            results.append(found)
    tables = format_all(results, [dedupe, *peers, parsing_program()], arguments.runs, facts)
    print(tables)
    if arguments.output is not None:
        arguments.output.write_text(tables + "\n", encoding="utf-8")
    if arguments.json is not None:
        figures: list[dict[str, Any]] = [asdict(result) for result in results]
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
