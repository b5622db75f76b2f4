"""Compare `dedupe scan` with its peers on one corpus, each as a whole process.

    python benchmarks/compare.py CORPUS.jsonl[.gz] [--runs 5] [--output RESULTS.md]

See benchmarks/README.md for what is measured and what is not.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import importlib.util
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PEER_DIRECTORY = Path(__file__).resolve().parent / "peers"
PEER_PACKAGES = {"rensa": ("rensa",), "datasketch": ("datasketch", "xxhash")}
REPORTED_PACKAGES = ("dedupe-corpus", "rensa", "datasketch", "xxhash", "numpy", "msgspec")
MEGABYTE = 1_000_000


class BenchmarkError(Exception):
    """The comparison cannot go on; the message says why."""


@dataclass(frozen=True)
class Settings:
    """The validated command line."""

    corpus: Path
    runs: int
    warmup: int
    peers: tuple[str, ...]
    shingle_size: int
    num_perm: int
    threshold: float
    dedupe_command: tuple[str, ...]
    dedupe_args: tuple[str, ...]
    output: Path | None


@dataclass(frozen=True)
class Program:
    """A contestant: the command to run, and how to count the pairs it found.

    `count_pairs` takes the path of the captured standard output; it returns `None` where the
    program does not say.
    """

    name: str
    command: tuple[str, ...]
    verifies_exactly: bool
    count_pairs: Callable[[Path], int | None]


@dataclass(frozen=True)
class Usage:
    """What one process used: wall and CPU seconds, and its peak resident set in bytes."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


# --- the command line ---------------------------------------------------------------------------


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this script's command line."""
    parser = argparse.ArgumentParser(description="Compare `dedupe scan` with its peers.")
    parser.add_argument("corpus", type=Path, metavar="CORPUS.jsonl[.gz]")
    parser.add_argument("--runs", type=int, default=5, help="measured rounds (default: 5)")
    parser.add_argument("--warmup", type=int, default=1, help="discarded rounds (default: 1)")
    parser.add_argument(
        "--peers",
        default=",".join(PEER_PACKAGES),
        help="comma-separated, or empty for none (default: %(default)s)",
    )
    parser.add_argument("--shingle-size", type=int, default=5, help="words (default: 5)")
    parser.add_argument("--num-perm", type=int, default=128, help="of the peers (default: 128)")
    parser.add_argument("--threshold", type=float, default=0.7, help="Jaccard (default: 0.7)")
    parser.add_argument(
        "--dedupe-command",
        default=shlex.join((sys.executable, "-m", "dedupe")),
        metavar="CMD",
        help="the command before `scan` (default: this Python's `-m dedupe`)",
    )
    parser.add_argument(
        "--dedupe-args",
        default="",
        metavar="ARGS",
        help="further options of `dedupe scan`, as --dedupe-args='--workers 1'",
    )
    parser.add_argument("--output", type=Path, metavar="RESULTS.md", help="also write the report")
    return parser


def parse_settings(argv: list[str] | None = None) -> Settings:
    """Parse and check the command line."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    peers = tuple(name.strip() for name in arguments.peers.split(",") if name.strip())
    unknown = [name for name in peers if name not in PEER_PACKAGES]
    if unknown:
        known = ", ".join(PEER_PACKAGES)
        parser.error(f"unknown peer {unknown[0]!r}; the known ones are {known}")
    if arguments.runs < 1 or arguments.warmup < 0:
        parser.error("--runs must be at least 1 and --warmup at least 0")
    if not arguments.corpus.is_file():
        parser.error(f"no such file: {arguments.corpus}")
    return Settings(
        corpus=arguments.corpus,
        runs=arguments.runs,
        warmup=arguments.warmup,
        peers=tuple(dict.fromkeys(peers)),
        shingle_size=arguments.shingle_size,
        num_perm=arguments.num_perm,
        threshold=arguments.threshold,
        dedupe_command=tuple(shlex.split(arguments.dedupe_command)),
        dedupe_args=tuple(shlex.split(arguments.dedupe_args)),
        output=arguments.output,
    )


# --- the programs -------------------------------------------------------------------------------


def dedupe_program(settings: Settings, corpus: Path, work: Path) -> Program:
    """Return `dedupe scan` over the corpus, its JSON result going to a file in `work`."""
    result_path = work / "dedupe-result.json"

    def count_pairs(_stdout: Path) -> int | None:
        try:
            report = json.loads(result_path.read_bytes())
            return int(report["search"]["duplicate_pair_count"])
        except (OSError, ValueError, KeyError) as error:
            raise BenchmarkError(f"dedupe left no JSON result: {error}") from error

    command = (
        *settings.dedupe_command,
        *("scan", str(corpus), "--format", "json"),
        *("--shingle-size", str(settings.shingle_size)),
        *("--num-perm", str(settings.num_perm)),
        *("--threshold", str(settings.threshold)),
        *settings.dedupe_args,
        *("--output", str(result_path)),
    )
    return Program("dedupe", command, verifies_exactly=True, count_pairs=count_pairs)


def count_printed_pairs(stdout: Path) -> int | None:
    """Read the pair count from the summary, the last line that a peer script printed."""
    lines = stdout.read_text().splitlines()
    if not lines:
        raise BenchmarkError("a peer script printed no summary line")
    return int(json.loads(lines[-1])["pairs"])


def peer_program(name: str, settings: Settings, corpus: Path) -> Program:
    """Return the script of one peer over the corpus."""
    command = (
        sys.executable,
        str(PEER_DIRECTORY / f"{name}_script.py"),
        str(corpus),
        *("--shingle-size", str(settings.shingle_size)),
        *("--num-perm", str(settings.num_perm)),
        *("--threshold", str(settings.threshold)),
    )
    return Program(name, command, verifies_exactly=False, count_pairs=count_printed_pairs)


def missing_packages(peer: str) -> list[str]:
    """Return the packages that a peer script needs and this Python lacks."""
    return [name for name in PEER_PACKAGES[peer] if importlib.util.find_spec(name) is None]


def split_peers(peers: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the peers that can run, and a message for each that cannot."""
    runnable: list[str] = []
    messages: list[str] = []
    for peer in peers:
        missing = missing_packages(peer)
        if missing:
            packages = " ".join(missing)
            messages.append(f"{peer} skipped: not installed (`pip install {packages}`)")
        else:
            runnable.append(peer)
    return runnable, messages


# --- measuring ----------------------------------------------------------------------------------


def peak_bytes(ru_maxrss: int) -> int:
    """Return the peak resident set in bytes: macOS counts it in bytes, the others in KiB."""
    return ru_maxrss if sys.platform == "darwin" else ru_maxrss * 1024


def run_program(program: Program, work: Path) -> Usage:
    """Run a program once to its end and return what it used.

    Raises:
        BenchmarkError: the program cannot be started, or it ends with a non-zero status.
    """
    stderr_path = work / f"{program.name}.stderr"
    with stdout_path(program, work).open("wb") as stdout, stderr_path.open("wb") as stderr:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                program.command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
        except OSError as error:
            raise BenchmarkError(f"{program.name} cannot be started: {error}") from error
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchmarkError(describe_failure(program, process.returncode, stderr_path))
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Usage(wall_seconds, cpu_seconds, peak_bytes(usage.ru_maxrss))


def stdout_path(program: Program, work: Path) -> Path:
    """Return where a program's standard output is captured."""
    return work / f"{program.name}.stdout"


def describe_failure(program: Program, exit_code: int, stderr_path: Path) -> str:
    """Say how a program failed, with its command and its standard error."""
    how = f"exited with {exit_code}" if exit_code > 0 else f"was killed by signal {-exit_code}"
    stderr = stderr_path.read_text(errors="replace").strip() or "(nothing on standard error)"
    return f"{program.name} {how}\n$ {shlex.join(program.command)}\n{stderr}"


def run_rounds(programs: list[Program], settings: Settings, work: Path) -> list[list[Usage]]:
    """Run the programs in turn, A B C A B C …, and return the measured rounds."""
    rounds: list[list[Usage]] = []
    for number in range(settings.warmup + settings.runs):
        rounds.append([])
        for program in programs:
            usage = run_program(program, work)
            rounds[-1].append(usage)
            label = "warm-up" if number < settings.warmup else f"run {number - settings.warmup + 1}"
            print(f"{label}: {program.name} {usage.wall_seconds:.2f} s", file=sys.stderr)
    return rounds[settings.warmup :]


def prepare_corpus(corpus: Path, work: Path) -> Path:
    """Return a plain corpus file: a .gz is unpacked into `work`, others are taken as they are."""
    if corpus.suffix != ".gz":
        return corpus
    plain = work / corpus.stem
    with gzip.open(corpus, "rb") as packed, plain.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)
    return plain


# --- the report ---------------------------------------------------------------------------------


def format_row(program: Program, usages: list[Usage], ratio: float, pairs: int | None) -> str:
    """Return one row of the table."""
    walls = [usage.wall_seconds for usage in usages]
    cells = (
        program.name,
        f"{median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f})",
        f"{median(usage.cpu_seconds for usage in usages):.2f}",
        f"{median(usage.peak_bytes for usage in usages) / MEGABYTE:.0f}",
        f"{ratio:.2f}",
        "yes" if program.verifies_exactly else "no",
        "not stated" if pairs is None else f"{pairs:,}",
    )
    return f"| {' | '.join(cells)} |"


def format_table(programs: list[Program], rounds: list[list[Usage]], work: Path) -> str:
    """Return the Markdown table; the first program is the one that the ratios refer to."""
    lines = [
        "| program | wall s, median (min–max) | CPU s | peak MB | wall / dedupe's "
        "| verified exactly | pairs found |",
        "|---|---|---|---|---|---|---|",
    ]
    for column, program in enumerate(programs):
        usages = [usages[column] for usages in rounds]
        ratio = median(usages[column].wall_seconds / usages[0].wall_seconds for usages in rounds)
        pairs = program.count_pairs(stdout_path(program, work))
        lines.append(format_row(program, usages, ratio, pairs))
    return "\n".join(lines)


def cpu_model() -> str:
    """Return the name of the CPU as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_core_count() -> int:
    """Return the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def package_version(name: str) -> str:
    """Return the installed version of a package, or say that there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def display_command(program: Program, corpus: Path, work: Path) -> str:
    """Return a command without this machine's directories: short names stand for the paths."""
    script = PEER_DIRECTORY / f"{program.name}_script.py"
    short_names = {
        sys.executable: "python",
        str(script): f"benchmarks/peers/{script.name}",
        str(corpus): corpus.name,
    }
    words = (short_names.get(word, word) for word in program.command)
    return shlex.join(word.removeprefix(f"{work}{os.sep}") for word in words)


def format_report(
    settings: Settings,
    table: str,
    commands: list[str],
    messages: list[str],
    corpus_bytes: int,
) -> str:
    """Return the whole report as Markdown."""
    versions = ", ".join(f"{name} {package_version(name)}" for name in REPORTED_PACKAGES)
    facts = [
        f"Corpus: {settings.corpus.name}, {corpus_bytes / MEGABYTE:.1f} MB unpacked",
        f"Rounds: {settings.runs} measured, after {settings.warmup} discarded, interleaved",
        f"Machine: {cpu_model()}, {usable_core_count()} cores, {platform.system()}",
        f"Python: {platform.python_implementation()} {platform.python_version()}",
        f"Packages: {versions}",
        *messages,
    ]
    listed = "\n".join(f"- {fact}" for fact in facts)
    return "\n".join((table, "", listed, "", "```sh", *commands, "```", ""))


def compare(settings: Settings) -> str:
    """Run the whole comparison and return the report."""
    peers, messages = split_peers(settings.peers)
    for message in messages:
        print(message, file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="dedupe-benchmark-") as directory:
        work = Path(directory)
        corpus = prepare_corpus(settings.corpus, work)
        programs = [dedupe_program(settings, corpus, work)]
        programs += [peer_program(peer, settings, corpus) for peer in peers]
        rounds = run_rounds(programs, settings, work)
        table = format_table(programs, rounds, work)
        commands = [display_command(program, corpus, work) for program in programs]
        return format_report(settings, table, commands, messages, corpus.stat().st_size)


def main() -> int:
    """Print the report, and write it where `--output` says; return the exit status."""
    settings = parse_settings()
    try:
        report = compare(settings)
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(report, end="")
    if settings.output is not None:
        settings.output.write_text(report, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
