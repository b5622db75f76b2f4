"""A fuzz campaign over all readers: mutated valid files, scanned as the command scans them.

``python -m tests.support.fuzz_readers --count 50000 --seed 1`` makes 50,000 files, 40 a scan, and
scans them with random options, through the command's own ``main``. These must hold:

- the exit code is 0, or 2 with a :class:`DedupeError`; no other exception reaches ``main``;
- the process lives, ends in time and stays below a limit of address space;
- two good documents among the files are clustered, whatever the other files are;
- the report mentions each file: as read, or as skipped;
- nothing that acts on a terminal reaches the output;
- reports are equal whatever the number of workers.

Scans run in a child process with a watchdog, since native code may hang or crash. A scan that
fails is repeated file by file. A file that fails alone is shortened and saved below
``--failures``, with its options and the problem. The outcome is printed as JSON;
``docs/limits.md`` has the outcome of the campaign for this version.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import json
import os
import re
import resource
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

PROGRAM = Path(__file__).resolve()
ROOT = PROGRAM.parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import click  # noqa: E402

from dedupe import cli  # noqa: E402
from dedupe.model.errors import DedupeError  # noqa: E402
from tests.support.fuzz_inputs import COMPRESSORS, make_input, make_options  # noqa: E402

FILES_PER_SCAN = 40
SCANS_PER_CHILD = 25
SCAN_SECONDS = 180.0
FILE_SECONDS = 60.0
MAX_ADDRESS_SPACE = 4 << 30
MAX_RESIDENT_KILOBYTES = 1 << 20
SHRINKING_RUNS = 40
MAX_SAVED = 3
PACKINGS = ("zip", "tar", *COMPRESSORS)
GOOD = {"zz1.txt", "zz2.txt"}
GOOD_TEXT = " ".join(f"lighthouse{number}" for number in range(18))


# --- in the child: scans ---------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """The outcome of one scan.

    :ivar problem: a violation of the rules above; equal problems have an equal first line
    """

    code: int = 0
    problem: str = ""
    report: dict[str, Any] = field(default_factory=dict)


def run_scan(folder: Path, options: list[str]) -> Outcome:
    """Run one scan through ``main``, in the format JSON unless the options say otherwise."""
    unexpected: list[str] = []
    report_error = cli._report_error

    def note(error: BaseException) -> int:
        os.environ.pop("DEDUPE_DEBUG", None)
        expected = (SystemExit, DedupeError, click.ClickException, click.exceptions.Exit)
        if not isinstance(error, expected):
            unexpected.append(_signature(error))
        return report_error(error)

    streams = sys.argv, sys.stdin, sys.stdout, sys.stderr
    piped = min(path for path in folder.iterdir() if path.name not in GOOD).read_bytes()
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace")
    code: Any = None
    try:
        cli._report_error = note
        os.environ["DEDUPE_DEBUG"] = "1"  # what a reader raises is raised, not a skip
        sys.argv = ["dedupe", "scan", str(folder), "--format", "json", *options]
        sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(piped)), out, err
        cli.main()
    except SystemExit as ended:
        code = ended.code
    finally:
        cli._report_error = report_error
        sys.argv, sys.stdin, sys.stdout, sys.stderr = streams
    given, said = (_written(stream) for stream in (out, err))
    problem = unexpected[0] if unexpected else _judge(folder, options, code, given, said)
    report = json.loads(given) if given.startswith("{") and not problem else {}
    return Outcome(code, problem, report)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def _signature(error: BaseException) -> str:
    """The type of an error and where it was raised, then its traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "dedupe" in Path(frame.filename).parts]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "?"
    traceback_text = "".join(traceback.format_exception(error))
    return f"{type(error).__name__} in {place}\n{traceback_text}"


def _judge(folder: Path, options: list[str], code: Any, out: str, err: str) -> str:
    """The problem of a finished scan; empty if there is none."""
    if code not in (0, 2):
        return f"exit code {code}\n{err}"
    if re.search(r"Traceback|Exception (ignored )?in", err):
        return f"traceback on standard error\n{err}"
    if any(ord(character) < 32 and character != "\n" for character in out + err):
        return "control characters in the output\n" + ascii(out + err)
    if code == 2 and not {"--input-format", "-"} & set(options):
        return f"exit code 2 with good documents\n{err}"
    return _judge_report(folder, options, json.loads(out)) if out.startswith("{") else ""


def _judge_report(folder: Path, options: list[str], report: dict[str, Any]) -> str:
    clusters = [{member["id"] for member in each["members"]} for each in report["clusters"]]
    good = {str(folder / name) for name in GOOD} if "-" in options else GOOD
    if "--input-format" not in options and good not in clusters:
        return "the good documents are not clustered"
    mentioned = [source["path"] for source in report["run"]["sources"]]
    mentioned += [str(folder / item["id"]) for item in report["skipped"]]
    silent = [
        path.name for path in folder.iterdir() if not any(_mentions(x, path) for x in mentioned)
    ]
    return f"nothing is told of a file\n{silent}" if silent else ""


def _mentions(mentioned: str, path: Path) -> bool:
    return mentioned == str(path) or mentioned.startswith((f"{path}/", f"{path}:", f"{path}#"))


def _differs(folder: Path, options: list[str], report: dict[str, Any]) -> str:
    """The problem, if the same scan gives another report with four workers; else empty."""
    again = run_scan(folder, [*options, "--workers", "4"])
    if again.problem:
        return again.problem
    told = json.dumps(
        [each[name] for each in (report, again.report) for name in ("notices", "skipped")]
    )
    if "--html-max-seconds" in told:  # a page that was too slow on a machine that is busy
        return ""
    first, second = ({**each, "run": None} for each in (report, again.report))
    if first == second:
        return ""
    parts = [name for name in first if first[name] != second.get(name)]
    return f"the report changes with the workers\n{parts}"


def files_of(seed: int, scan: int) -> Iterator[tuple[str, bytes]]:
    """The files of one scan; each depends only on the seed and its number."""
    for number in range(scan * FILES_PER_SCAN, (scan + 1) * FILES_PER_SCAN):
        yield make_input(Random(f"{seed}:{number}"), number)


def options_of(seed: int, scan: int) -> list[str]:
    """The options of one scan."""
    rng = Random(f"{seed}:options:{scan}")
    options = [*make_options(rng), "--html-max-seconds", "20"]
    if rng.random() < 0.2:
        options.append("-")
    if rng.random() < 0.4:
        options += ["--diff", rng.choice(["full", "hunks", "summary"]), "--top", "0"]
        options += ["--format", "text"]
    return options


def write_files(folder: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Write the files, and the two good documents beside them."""
    folder.mkdir()
    for name, data in files:
        (folder / name).write_bytes(data)
    for name in GOOD:
        (folder / name).write_text(GOOD_TEXT)


def serve(seed: int, scans: range) -> None:
    """Run scans in this process and print a line of JSON for each."""
    _limit_this_process()
    for scan in scans:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place, "files")
            write_files(folder, files_of(seed, scan))
            options = options_of(seed, scan)
            began = time.monotonic()
            outcome = run_scan(folder, options)
            if scan % 10 == 0 and outcome.report and "--workers" not in options:
                outcome.problem = _differs(folder, options, outcome.report)
            _print_outcome(outcome, scan, time.monotonic() - began)


def serve_folder(folder: Path, options: list[str]) -> None:
    """Scan an existing folder once."""
    _limit_this_process()
    began = time.monotonic()
    _print_outcome(run_scan(folder, options), 0, time.monotonic() - began)


def _limit_this_process() -> None:
    faulthandler.enable()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, hard))


def _own_peak_kilobytes() -> int:
    """The most memory that this process had; ``getrusage`` counts what its parent held, too."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split()[0])


def _print_outcome(outcome: Outcome, scan: int, seconds: float) -> None:
    corpus = outcome.report.get("corpus", {})
    notices = Counter(item["reason"] for item in outcome.report.get("notices", ()))
    peak = _own_peak_kilobytes()
    if peak > MAX_RESIDENT_KILOBYTES and not outcome.problem:
        outcome.problem = f"memory above {MAX_RESIDENT_KILOBYTES} KB\n{peak}"
    line = {
        "scan": scan,
        "code": outcome.code,
        "problem": outcome.problem,
        "seconds": seconds,
        "documents": corpus.get("document_count", 0),
        "reasons": {**corpus.get("skipped_counts", {}), **notices},
        "peak_kilobytes": peak,
    }
    print(json.dumps(line), flush=True)


# --- in the parent: the campaign -------------------------------------------------------------


@dataclass(slots=True)
class Campaign:
    """The outcome of a campaign, as counts.

    :ivar codes: scans by exit code
    :ivar formats: inputs by the format of their names; archives as ``archive``
    :ivar packings: compressed inputs and archives, by the last ending
    :ivar reasons: skipped documents and notices by reason, in the scans that wrote JSON
    :ivar problems: scans by problem
    """

    seed: int
    inputs: int = 0
    documents: int = 0
    seconds: float = 0
    slowest_scan_seconds: float = 0
    peak_kilobytes: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    packings: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: dict[str, Any]) -> None:
        self.inputs += FILES_PER_SCAN
        self.documents += outcome["documents"]
        self.slowest_scan_seconds = max(self.slowest_scan_seconds, round(outcome["seconds"], 1))
        self.peak_kilobytes = max(self.peak_kilobytes, outcome["peak_kilobytes"])
        self.codes[str(outcome["code"])] += 1
        self.reasons.update(outcome["reasons"])
        for name, _ in files_of(self.seed, outcome["scan"]):
            endings = name.split(".")[1:] or ["none"]
            self.formats["archive" if endings[0] in ("zip", "tar") else endings[0]] += 1
            if endings[-1] in PACKINGS:
                self.packings[endings[-1]] += 1

    def as_json(self) -> str:
        shown = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(
            {k: dict(v.most_common()) if isinstance(v, Counter) else v for k, v in shown.items()},
            indent=2,
        )


class _Child:
    """A process that scans; each of its lines is awaited for a limited time."""

    def __init__(self, *arguments: object) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with this)
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        self._held = b""

    def next_line(self, seconds: float) -> dict[str, Any] | str:
        """The next line of the process; else the reason why there is none."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._held:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return f"hangs: no end after {seconds:g} seconds"
                part = os.read(self._process.stdout.fileno(), 1 << 16)
                if not part:
                    return f"died with {self._process.wait()}\n{self._said()}"
                self._held += part
        line, _, self._held = self._held.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")[-4000:]


def run_campaign(
    seed: int, scans: int, failures: Path, say: Callable[[str], None] = lambda line: None
) -> Campaign:
    """Run a campaign of ``scans`` scans; returns its outcome."""
    campaign = Campaign(seed)
    began = time.monotonic()
    for first in range(0, scans, SCANS_PER_CHILD):
        last = min(scans, first + SCANS_PER_CHILD)
        while first < last:
            first = _run_some(campaign, range(first, last), failures, say)
        campaign.seconds = round(time.monotonic() - began, 1)
        say(f"{campaign.inputs} inputs, {campaign.seconds:.0f} s, {dict(campaign.problems)}")
    return campaign


def _run_some(campaign: Campaign, scans: range, failures: Path, say: Callable[[str], None]) -> int:
    """Run scans in one child until a failure; returns the number of the next scan."""
    child = _Child("--serve", campaign.seed, scans.start, scans.stop)
    try:
        for scan in scans:
            outcome = child.next_line(SCAN_SECONDS)
            problem = outcome if isinstance(outcome, str) else outcome["problem"]
            if isinstance(outcome, dict):
                campaign.add(outcome)
            if problem:
                what = problem.partition("\n")[0]
                campaign.problems[what] += 1
                say(f"scan {scan}: {problem[:3000] if campaign.problems[what] == 1 else what}")
                child.close()
                if campaign.problems[what] <= MAX_SAVED:
                    say(f"saved {_save(campaign.seed, scan, problem, failures)}")
                return scan + 1
    finally:
        child.close()
    return scans.stop


def _save(seed: int, scan: int, problem: str, failures: Path) -> Path:
    """Save the file that fails alone, shortened; if there is none, all files of the scan."""
    options = options_of(seed, scan)
    target = failures / f"{seed}-{scan}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    what = problem.partition("\n")[0]
    for name, data in files_of(seed, scan):
        if _fails(what, name, data, options):
            data = _shrink(what, name, data, options)
            (target / name).write_bytes(data)
            break
    else:
        for name, data in files_of(seed, scan):
            (target / name).write_bytes(data)
    details = {"seed": seed, "scan": scan, "options": options, "problem": problem}
    (target / "problem.json").write_text(json.dumps(details, indent=2))
    return target


def _fails(what: str, name: str, data: bytes, options: list[str]) -> bool:
    """Whether a scan of this file alone has the same problem."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "files")
        write_files(folder, iter([(name, data)]))
        child = _Child("--serve-folder", folder, *options)
        with contextlib.closing(child):
            outcome = child.next_line(FILE_SECONDS)
    problem = outcome if isinstance(outcome, str) else outcome["problem"]
    return problem.partition("\n")[0].partition(": no end")[0] == what.partition(": no end")[0]


def _shrink(what: str, name: str, data: bytes, options: list[str]) -> bytes:
    """Shorten a file: leave out halves, quarters and so on, as long as the problem remains."""
    runs, size = 0, len(data) // 2
    while size and runs < SHRINKING_RUNS:
        begin = 0
        while begin < len(data) and runs < SHRINKING_RUNS:
            runs += 1
            shorter = data[:begin] + data[begin + size :]
            if _fails(what, name, shorter, options):
                data = shorter
            else:
                begin += size
        size //= 2
    return data


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        seed, first, last = map(int, sys.argv[2:])
        serve(seed, range(first, last))
        return
    if sys.argv[1:2] == ["--serve-folder"]:
        serve_folder(Path(sys.argv[2]), sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=50_000, help="inputs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    chosen = parser.parse_args()
    scans = -(-chosen.count // FILES_PER_SCAN)
    campaign = run_campaign(
        chosen.seed, scans, chosen.failures, lambda line: print(line, file=sys.stderr, flush=True)
    )
    print(campaign.as_json())
    sys.exit(1 if campaign.problems else 0)


if __name__ == "__main__":
    main()
