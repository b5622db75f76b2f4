"""Writing reports: to standard output, and to files that are all replaced together."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from dedupe.cli.messages import say, use_color
from dedupe.cli.pager import write_paged
from dedupe.cli.repeating import repeat_command
from dedupe.cli.targets import Target
from dedupe.model.errors import InputError
from dedupe.renderers.registry import FORMATS
from dedupe.renderers.view.options import LISTED_MEMBERS, SCREEN_LINES, RenderOptions

if TYPE_CHECKING:
    from dedupe.model.documents import TextProvider
    from dedupe.model.report import Report

MIN_WIDTH: Final = 30
LEAST_SCREEN_LINES: Final = 36
"""Lines of a text report on a terminal that has fewer."""
LISTED_CLUSTERS: Final = 20
"""Clusters shown where no screen limits them and ``--top`` is not given."""
IS_SCANNED: Final = (
    "is one of the files to scan; name another output, or leave it out with --exclude"
)

Render = Callable[[Target], Iterable[bytes]]

Tell = Callable[[float], None]
"""Is told how much of an output is made, from 0 to 1."""


class Outputs:
    """The outputs of a command: standard output, files, pipes.

    They are checked when this object is made, before anything is read.

    :raises InputError: if an output cannot be written
    :raises DedupeError: if a library for a format is missing
    """

    def __init__(self, targets: Sequence[Target], pages: bool = False) -> None:
        """
        :param pages: whether what is longer than the terminal goes through a pager
        """
        self.targets = targets
        self._pages = pages
        for target in targets:
            if target.is_standard_output:
                if sys.stdout is None:
                    raise InputError("standard output is closed; name a file with --output")
                continue
            path = Path(target.path)
            if not path.absolute().parent.is_dir():
                raise InputError(f"{path}: the folder to write it in does not exist")
            if path.is_dir():
                raise InputError(f"{path}: is a folder; name a file to write")
        for target in targets:
            FORMATS[target.format].check()

    def shows_text(self) -> bool:
        """Whether standard output gets the format text."""
        return any(t.is_standard_output and t.format == "text" for t in self.targets)

    def are_files(self) -> bool:
        """Whether every output is a regular file: no terminal, no pipe, no device."""
        return all(
            _is_file(sys.stdout) if target.is_standard_output else _is_replaceable(target.path)
            for target in self.targets
        )

    def are_streamed(self) -> bool:
        """Whether every format goes through the parts of a report once and keeps none."""
        return all(FORMATS[target.format].streams for target in self.targets)

    def refuse(self, is_source: Callable[[str], bool], problem: str = IS_SCANNED) -> None:
        """Check that no output would overwrite a file that its report is made from.

        :param is_source: whether the file at a path is such a file; asked of existing outputs
        :param problem: the message about an output that is
        :raises InputError: if one is
        """
        for target in self._files():
            if os.path.exists(target.path) and is_source(target.path):
                raise InputError(f"{target.path}: {problem}")

    def write(self, render: Render) -> None:
        """Write all outputs: regular files first, then standard output, pipes and devices.

        Files are replaced only when all of them have been written. They come first because the
        reader of a pipe may close it, which ends the command.

        :param render: makes the chunks of one output
        """
        files = [target for target in self._files() if _is_replaceable(target.path)]
        with _staged_files() as stage:
            for target in files:
                stage(target.path, render(target))
        for target in self.targets:
            if target.is_standard_output:
                write_paged(render(target), self._pages)
            elif target not in files:
                # A pipe or a device is written to, and must not be replaced by a file.
                with _naming_file(target.path), open(target.path, "wb") as file:
                    file.writelines(render(target))

    def say_summary(self, report: Report) -> None:
        """Print a line on what was found and written, unless standard output gets a report."""
        if any(target.is_standard_output for target in self.targets):
            return
        corpus = report.corpus
        figures = (
            (corpus.document_count, "document"),
            (corpus.cluster_count, "cluster"),
            (corpus.duplicate_count, "duplicate"),
        )
        found = ", ".join(f"{n:,} {noun}{'' if n == 1 else 's'}" for n, noun in figures)
        written = ", ".join(f"{target.path} ({target.format})" for target in self.targets)
        say("note", f"{found}; written to {written}")

    def _files(self) -> Iterator[Target]:
        return (target for target in self.targets if not target.is_standard_output)


def render_report(
    report: Report,
    texts: TextProvider,
    target: Target,
    chosen: dict[str, Any],
    tell: Tell = lambda share: None,
) -> Iterator[bytes]:
    """The report in the format of a target.

    :param chosen: the settings of the output, by name
    """
    return FORMATS[target.format].render(report, texts, make_options(target, chosen, tell))


def make_options(
    target: Target, chosen: dict[str, Any], tell: Tell = lambda share: None
) -> RenderOptions:
    """The options of a renderer for one output.

    :param chosen: the settings of the output, by name
    """
    is_terminal = target.is_standard_output and sys.stdout.isatty()
    size = shutil.get_terminal_size()
    screen = min(SCREEN_LINES, max(LEAST_SCREEN_LINES, size.lines - 1))
    color = chosen["color"] == "always"
    if target.is_standard_output:
        color = use_color(sys.stdout, chosen["color"], os.environ)
    return RenderOptions(
        width=max(MIN_WIDTH, size.columns),
        color=color,
        links=color and is_terminal,
        hints=is_terminal,
        marked=not is_terminal,
        again=repeat_command(),
        **_choose_extent(chosen, screen if is_terminal else SCREEN_LINES),
        markdown_limit=chosen["markdown_limit"],
        folder=find_root(),
        tell=tell,
        output_folder="" if target.is_standard_output else os.path.dirname(target.path),
    )


def _choose_extent(chosen: dict[str, Any], screen: int) -> dict[str, Any]:
    """How many clusters, members and differences are shown, as options of a renderer.

    Text fills a screen, unless ``--top`` asks for a number of clusters and members, or ``--diff``
    for the differences of all members.

    :param screen: the lines of a screen
    """
    diff, top = chosen["diff"], chosen["top"]
    asks_for_diffs = diff in ("hunks", "full")
    fits_screen = top == "auto" and not asks_for_diffs
    return {
        "diff": "hunks" if diff == "auto" else diff,
        "lines": screen if fits_screen else None,
        "top": LISTED_CLUSTERS if top == "auto" else top or None,
        "members": LISTED_MEMBERS if top == "auto" else top or None,
        "diffed": 1 if diff == "auto" else None,
    }


def find_root() -> str:
    """The folder that file names in SARIF and annotations are relative to.

    It is ``GITHUB_WORKSPACE`` if the current folder is in it, else the root of the git repository,
    else the current folder.
    """
    here = os.getcwd()
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace:
        workspace = os.path.realpath(workspace)
        if os.path.join(here, "").startswith(os.path.join(workspace, "")):
            return workspace
    folders = (str(folder) for folder in (Path(here), *Path(here).parents))
    return next((each for each in folders if os.path.exists(os.path.join(each, ".git"))), here)


def is_same_file(path: str, others: Iterable[str]) -> bool:
    """Whether an existing file is the same as one of the others, even under another name."""
    return any(os.path.exists(other) and os.path.samefile(path, other) for other in others)


def is_overwritten(stream: TextIO, paths: Iterable[str]) -> bool:
    """Whether what is written to a stream goes into one of these files."""
    if not _is_file(stream):
        return False
    here = os.fstat(stream.fileno())
    return any(os.path.isfile(path) and os.path.samestat(os.stat(path), here) for path in paths)


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # closed, or not a stream of the operating system
        return False


def _is_replaceable(path: str) -> bool:
    return not os.path.exists(path) or os.path.isfile(path)


@contextmanager
def _staged_files() -> Iterator[Callable[[str, Iterable[bytes]], None]]:
    """A function that writes a file under a temporary name, beside the file it will replace.

    At the end of the context all files are replaced; after an error none is. A new file gets the
    permissions of the one that it replaces, and symbolic links are followed.
    """
    staged: list[tuple[str, str, str]] = []

    def stage(named: str, chunks: Iterable[bytes]) -> None:
        with _naming_file(named):
            path = os.path.realpath(named)
            mode = (
                stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else 0o666 & ~_umask()
            )
            handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".dedupe-")
            staged.append((named, temporary, path))
            with os.fdopen(handle, "wb") as file:
                file.writelines(chunks)
            os.chmod(temporary, mode)

    try:
        yield stage
        while staged:
            named, temporary, path = staged[0]
            with _naming_file(named):
                os.replace(temporary, path)
            staged.pop(0)
    finally:
        for _, temporary, _ in staged:
            Path(temporary).unlink(missing_ok=True)


@contextmanager
def _naming_file(path: str) -> Iterator[None]:
    """Turn an OSError into an InputError that names the file as the user named it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
