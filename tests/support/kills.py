"""Kill ``dedupe apply`` after every call that changes a file, in turn; nothing may be lost.

``python -m tests.support.kills FOLDER [COUNT [MODE...]]`` tries ``COUNT`` calls (500 by default),
spread over all actions, and prints how many it tried. Each run is a process of its own, forked
from this one, which counts its calls and is ended by ``SIGKILL`` right after one of them.

The modes: with ``fail`` the call fails instead, as if the disk were full; with ``portable`` the
calls that only Linux has are missing; with ``trace`` the installed command runs under strace,
which sees every system call and kills the process at the beginning of one, and thus after the
one before.
"""

from __future__ import annotations

import errno
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.command import clean_environment, dedupe_command, sure
from tests.support.forms import files_of, jsonl_of, make_texts, write_form

CALLS = (
    *("open", "write", "fsync", "rename", "replace", "link", "unlink", "remove", "mkdir", "rmdir"),
    *("ftruncate", "truncate", "fchmod", "chmod", "utime"),
)
FILE_SYSTEMS = (Path("/dev/shm"), Path(tempfile.gettempdir()))

IMPORTED = ("dedupe.applying", "dedupe.cli.apply", "dedupe.renderers.applied", "pyarrow.parquet")

SYSTEM_CALLS = (
    *("openat", "creat", "write", "pwrite64", "writev", "pwritev", "sendfile", "copy_file_range"),
    *("fsync", "fdatasync", "syncfs", "rename", "renameat", "renameat2", "link", "linkat"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "symlink", "symlinkat", "truncate"),
    *("ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "utimensat", "futimesat"),
)

State = dict[str, bytes]
Call = tuple[str, int]
"""A call that changes a file, by name, and its number among the calls of this name."""


@dataclass
class Story:
    """An action of ``apply``, and what must hold after a kill and after the run that follows.

    :param write: writes the corpus
    :param arguments: arguments of the run that is killed
    :param remedy: arguments of the run after it
    :param before: arguments of runs that come first and are not killed
    """

    write: Callable[[Path], None]
    arguments: list[str]
    remedy: list[str]
    check_killed: Callable[[Story, State], None]
    check_mended: Callable[[Story, State], None]
    before: list[list[str]] = field(default_factory=list)
    start: State = field(default_factory=dict)
    end: State = field(default_factory=dict)


# --- counting and killing -----------------------------------------------------------------


def count_calls(kill_after: int, fails: bool = False) -> list[str]:
    """Count the calls of this process that change a file, and kill it after one of them.

    :param kill_after: the number of that call
    :param fails: whether that call fails instead
    """
    from dedupe.applying import file_calls

    made: list[str] = []

    def wrap(name: str, call: Any) -> Any:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            if name == "open" and not arguments[1] & os.O_CREAT:
                return call(*arguments, **named)
            if fails and len(made) + 1 == kill_after:
                made.append(name)
                if name == "renameat2":
                    return errno.ENOSPC
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            result = call(*arguments, **named)
            made.append(name)
            if len(made) == kill_after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if call in supported:
                supported.add(wrapped)
        return wrapped

    for name in CALLS:
        setattr(os, name, wrap(name, getattr(os, name)))
    if file_calls._renameat2 is not None:
        file_calls._renameat2 = wrap("renameat2", file_calls._renameat2)
    return made


class Forked:
    """Runs the command in a forked process, which counts its calls."""

    def __init__(self, fails: bool) -> None:
        self._fails = fails

    def find_calls(self, folder: Path, arguments: list[str]) -> list[Call]:
        """Run the command to its end; returns the calls after which it can be killed."""
        code, calls = run_forked(folder, arguments)
        assert code == 0, (folder / "log").read_text()
        return [("", number) for number in range(1, calls + 1)]

    def kill(self, folder: Path, arguments: list[str], call: Call) -> None:
        code, _ = run_forked(folder, arguments, call[1], self._fails)
        expected = (0, 2) if self._fails else (-signal.SIGKILL,)
        assert code in expected, (code, (folder / "log").read_text())


class Traced:
    """Runs the installed command under strace."""

    def find_calls(self, folder: Path, arguments: list[str]) -> list[Call]:
        trace = folder.with_name("trace")
        code = self._run(folder, arguments, f"--trace={','.join(SYSTEM_CALLS)}", "-o", str(trace))
        assert code == 0, (folder / "log").read_text()
        met: Counter[str] = Counter()
        calls = []
        for line in trace.read_text().splitlines():
            name = line.split(maxsplit=1)[1].partition("(")[0]
            met[name] += 1
            if name in SYSTEM_CALLS and self._changes_files(name, line):
                calls.append((name, met[name]))
        return calls

    def kill(self, folder: Path, arguments: list[str], call: Call) -> None:
        name, number = call
        inject = f"--inject={name}:signal=KILL:when={number}"
        code = self._run(folder, arguments, f"--trace={name}", inject, "-o", os.devnull)
        assert code == -signal.SIGKILL, (code, (folder / "log").read_text())

    @staticmethod
    def _changes_files(name: str, line: str) -> bool:
        if name == "openat":
            return "O_CREAT" in line
        return name != "write" or not line.split("(")[1].startswith(("1<", "2<"))

    @staticmethod
    def _run(folder: Path, arguments: list[str], *options: str) -> int:
        traced = ["strace", "--follow-forks", "--quiet=all", "--decode-fds=path", *options]
        environment = {**clean_environment(), "PYTHONDONTWRITEBYTECODE": "1"}
        with (folder / "log").open("wb") as log:
            return subprocess.run(
                [*traced, *dedupe_command(), *sure("apply", *arguments)],
                cwd=folder, env=environment, stdout=log, stderr=log,
            ).returncode  # fmt: skip


def run_forked(
    folder: Path, arguments: list[str], kill_after: int = 0, fails: bool = False
) -> tuple[int, int]:
    """Run the command in a forked process; returns its exit code and its number of calls.

    The exit code is -9 if it was killed."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receiving)
        _be_command(folder, arguments, kill_after, fails, sending)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        counted = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int(counted or b"0")


def _be_command(
    folder: Path, arguments: list[str], kill_after: int, fails: bool, sending: int
) -> None:
    from dedupe.cli import main

    code = 70
    try:
        os.chdir(folder)
        with open(folder / "log", "w") as log:
            sys.stdout = sys.stderr = log
            write = os.write
            made = count_calls(kill_after, fails)
            try:
                main.__globals__["command_group"].main(
                    sure("apply", *arguments), prog_name="dedupe", standalone_mode=False
                )
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
            except Exception as error:
                print(f"{type(error).__name__}: {error}", file=log)
                code = 2
            write(sending, str(len(made)).encode())
    finally:
        os._exit(code)


# --- looking ------------------------------------------------------------------------------


def look(folder: Path) -> State:
    """Every file, link and empty folder below a folder, except those of the test itself."""
    found: State = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = b"-> " + os.fsencode(os.readlink(path))
        elif path.is_file():
            if name not in ("log", "report.json"):
                found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    return found


def below(state: State, name: str) -> State:
    return {path: data for path, data in state.items() if path.startswith(f"{name}/")}


def is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


# --- what must hold -----------------------------------------------------------------------


def output_is_whole_or_not_there(story: Story, state: State) -> None:
    name = story.arguments[2]
    assert below(state, "in") == below(story.start, "in")
    here = {path for path in state if path == name or path.startswith(f"{name}/")}
    if here:
        assert {path: state[path] for path in here} == story.end


def output_is_whole(story: Story, state: State) -> None:
    output_is_whole_or_not_there(story, state)
    assert set(state) == set(below(story.start, "in")) | set(story.end)


def nothing_is_lost(story: Story, state: State) -> None:
    """Each file is whole, where it was or where it was moved to."""
    for path, data in below(story.start, "in").items():
        aside = "aside" + path.removeprefix("in")
        assert state.get(path, state.get(aside)) == data, path
    for path, data in state.items():
        if not is_hidden(path) and not path.endswith("dedupe-manifest.jsonl"):
            original = "in" + path[path.index("/") :] if "/" in path else path
            assert path.endswith("/") or story.start[original] == data, path


def all_is_aside(story: Story, state: State) -> None:
    assert state.keys() == story.end.keys()
    assert all(state[path] == data for path, data in story.end.items() if path != MANIFEST)
    lines = [state[MANIFEST].splitlines()[1:], story.end[MANIFEST].splitlines()[1:]]
    assert lines[0] == lines[1]


def all_is_back(story: Story, state: State) -> None:
    assert {path: state[path] for path in state if path != "aside/"} == story.start


def keepers_are_there(story: Story, state: State) -> None:
    assert set(story.end) <= set(state) <= set(story.start)
    assert all(data == story.start[path] for path, data in state.items())


def victims_are_gone(story: Story, state: State) -> None:
    assert state == story.end


# --- stories ------------------------------------------------------------------------------


def _everything(folder: Path) -> None:
    write_form("everything", folder / "in", make_texts(3, 70))


def _texts(folder: Path) -> None:
    for name, data in files_of(make_texts(5, 56)).items():
        path = folder / "in" / f"sub{len(name) % 2}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _one_file(folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "r.jsonl").write_bytes(jsonl_of(make_texts(5, 30)))


MANIFEST = "aside/dedupe-manifest.jsonl"
_OUTPUT = ["report.json", "--output", "out"]
_MOVE = ["report.json", "--move-to", "aside"]
_DELETE = ["report.json", "--delete"]
_UNDO = ["--undo", MANIFEST]
_WHOLE = (output_is_whole_or_not_there, output_is_whole)

STORIES: dict[str, Callable[[], Story]] = {
    "output": lambda: Story(_everything, _OUTPUT, _OUTPUT, *_WHOLE),
    "link": lambda: Story(_everything, [*_OUTPUT, "--link"], [*_OUTPUT, "--link"], *_WHOLE),
    "file": lambda: Story(
        _one_file, ["report.json", "--output", "r.jsonl"], ["report.json", "--output", "r.jsonl"],
        *_WHOLE,
    ),
    "move, again": lambda: Story(_texts, _MOVE, _MOVE, nothing_is_lost, all_is_aside),
    "move, undo": lambda: Story(_texts, _MOVE, _UNDO, nothing_is_lost, all_is_back),
    "undo, again": lambda: Story(
        _texts, _UNDO, _UNDO, nothing_is_lost, all_is_back, before=[_MOVE]
    ),
    "delete": lambda: Story(_texts, _DELETE, _DELETE, keepers_are_there, victims_are_gone),
}  # fmt: skip
FAR = ("move, again", "move, undo", "undo, again")
"""Stories that are repeated with the files set aside on another file system."""


_REPORTS: dict[Callable[[Path], None], bytes] = {}


def scan_once(story: Story, folder: Path) -> bytes:
    """Write the report of the story's corpus with the real command."""
    if story.write not in _REPORTS:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        story.write(folder)
        path = "in/r.jsonl" if story.write is _one_file else "in"
        scan = [*dedupe_command(), "scan", path, "--format", "json", "--quiet"]
        run = subprocess.run(scan, cwd=folder, env=clean_environment(), capture_output=True)
        assert run.returncode == 0, run.stderr
        _REPORTS[story.write] = run.stdout
    return _REPORTS[story.write]


def run_story(
    story: Story,
    folder: Path,
    far: Path | None,
    count: int,
    killer: Forked | Traced,
) -> int:
    """Run one story with kills after some of its calls; returns how many were tried."""
    report = scan_once(story, folder)

    def begin() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        story.write(folder)
        (folder / "report.json").write_bytes(report)
        if far is not None:
            shutil.rmtree(far, ignore_errors=True)
            far.mkdir()
            (folder / "aside").symlink_to(far / "aside")
        story.start = see()
        for arguments in story.before:
            assert run_forked(folder, arguments)[0] == 0, (folder / "log").read_text()

    def see() -> State:
        state = look(folder)
        if far is not None:
            del state["aside"]
            state.update(look(far))
        return state

    begin()
    calls = spread(killer.find_calls(folder, story.arguments), count)
    story.end = {
        path: data for path, data in see().items()
        if "--output" not in story.arguments or not path.startswith("in/")
    }  # fmt: skip
    for call in calls:
        begin()
        killer.kill(folder, story.arguments, call)
        story.check_killed(story, see())
        code, _ = run_forked(folder, story.remedy)
        state = see()
        is_done = "--output" in story.arguments and story.end.keys() <= state.keys()
        had_begun = story.remedy[0] != "--undo" or code == 0
        assert code == 0 or is_done or not had_begun, (call, (folder / "log").read_text())
        if had_begun:
            story.check_mended(story, state)
        else:  # there was no manifest yet, or no more
            state = {path: data for path, data in state.items() if not path.startswith("aside/")}
            assert state == {p: d for p, d in story.start.items() if not p.startswith("aside/")}
    return len(calls)


def spread(calls: list[Call], count: int) -> list[Call]:
    """``count`` of the calls at equal distances, including the first and last; or all."""
    if count >= len(calls):
        return calls
    return [calls[i * (len(calls) - 1) // max(1, count - 1)] for i in range(count)]


def stories(folder: Path) -> Iterator[tuple[str, Story, Path | None]]:
    for name, make in STORIES.items():
        yield name, make(), None
    device = folder.stat().st_dev
    other = [path for path in FILE_SYSTEMS if path.is_dir() and path.stat().st_dev != device]
    for name in FAR if other else ():
        yield f"{name}, far", STORIES[name](), other[0] / f"dedupe-{os.getpid()}"


def main(folder: Path, count: int, modes: list[str]) -> None:
    for name in IMPORTED:  # here, so that no child has to
        importlib.import_module(name)
    if "portable" in modes:
        from dedupe.applying import file_calls

        file_calls._renameat2 = file_calls._syncfs = None

    folder.mkdir(parents=True, exist_ok=True)
    killer = Traced() if "trace" in modes else Forked("fail" in modes)
    all_stories = list(stories(folder))
    total = 0
    for number, (name, story, far) in enumerate(all_stories):
        left = (count - total) // (len(all_stories) - number)
        try:
            killed = run_story(story, folder / "story", far, left, killer)
        finally:
            if far is not None:
                shutil.rmtree(far, ignore_errors=True)
        total += killed
        print(f"{name}: {killed}", flush=True)
    print(f"{'failed' if 'fail' in modes else 'killed'} {total} times, nothing lost")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]).absolute(),
        int(sys.argv[2]) if len(sys.argv) > 2 else 500,
        sys.argv[3:],
    )
