"""The command line: the only part that prints, exits and shows progress."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import Any, ClassVar, NoReturn

import click

from dedupe._version import __version__

EXIT_FAILED = 1
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130

GARBAGE_THRESHOLD = 100_000
"""New objects after which Python looks for reference cycles (its default is 700).

A scan makes tens of thousands of objects that all belong to the report, and hardly any cycle, so
that looking more often only costs time.
"""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


_EXIT_CODE_KEY = "dedupe.exit_code"


class LazyGroup(click.Group):
    """Imports a command's module only when that command is run or asked for help."""

    modules: ClassVar = {
        "scan": "dedupe.cli.scan",
        "clean": "dedupe.cli.clean",
        "report": "dedupe.cli.report",
        "check": "dedupe.cli.check",
        "apply": "dedupe.cli.apply",
        "explain": "dedupe.cli.explain",
        "review": "dedupe.cli.review",
        "config": "dedupe.cli.config",
    }

    summaries: ClassVar = {
        "scan": "Find the near-duplicates among the documents of PATH...",
        "clean": "Write the documents of PATH... without their duplicates.",
        "report": "Show a report that `dedupe scan --format json` saved, in any format.",
        "check": "Fail if the documents of PATH... have new duplicates: a gate for CI.",
        "apply": "Drop the duplicates that a saved report names.",
        "explain": "Tell why two documents are duplicates, or why they are not.",
        "review": "Look through the clusters of a saved report on a local page, and decide.",
        "config": "Look at the settings.",
    }
    """The first sentence of each command's help; listing them here imports no command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.modules:
            return None
        from importlib import import_module

        command: click.Command = import_module(self.modules[cmd_name]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their summaries into the help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.summaries[name]) for name in self.list_commands(ctx)])

    # The reader of standard output may close it (`| head -1`). The exit code is then the one that
    # the command has already noted, else 0. click would exit with 1, so we catch the error first.

    def make_context(self, *arguments: Any, **attributes: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **attributes)
        except BrokenPipeError:
            raise click.exceptions.Exit(0) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise click.exceptions.Exit(ctx.meta.get(_EXIT_CODE_KEY, 0)) from None


def note_exit_code(code: int) -> int:
    """Note the exit code as soon as it is known, in case standard output is closed before the end.

    :returns: the code
    """
    click.get_current_context().meta[_EXIT_CODE_KEY] = code
    return code


@click.group(cls=LazyGroup, context_settings=CONTEXT)
@click.version_option(__version__, "-V", "--version", prog_name="dedupe")
def command_group() -> None:
    """Find the near-duplicate reprints in a corpus of texts, and see how they differ.

    Every pair is verified exactly. Exit codes: 0 done, 1 a gate failed, 2 error, 130 interrupted.
    """


def run() -> NoReturn:
    """Run the command as the whole process, and end the process.

    It ends without the usual clean-up of libraries: their threads have nothing left to do, but
    can abort a process that has finished (those of pyarrow did).
    """
    # Nothing here multiplies matrices, but OpenBLAS would start threads that use CPU time waiting.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(GARBAGE_THRESHOLD)
    code: object = 0
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
    os._exit(code if isinstance(code, int) else 0)


def main() -> None:
    """The ``dedupe`` command; ends with :class:`SystemExit`."""
    try:
        # Without standalone mode, click returns the code of an Exit instead of raising it.
        code = command_group.main(prog_name="dedupe", standalone_mode=False)
        if sys.stdout is not None:  # closed by whoever started the process
            sys.stdout.flush()
    except BaseException as error:
        _exit_process(_report_error(error))
    else:
        _exit_process(code or 0)


def _report_error(error: BaseException) -> int:
    """Print an error on standard error, without a traceback; return the exit code."""
    from dedupe.model.errors import DedupeError

    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else EXIT_ERROR
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return 0
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return EXIT_INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return EXIT_ERROR
    if isinstance(error, click.ClickException):
        from dedupe.cli.usage_errors import describe_usage_error

        message = describe_usage_error(error)
    elif isinstance(error, DedupeError):
        message = str(error)
    elif isinstance(error, MemoryError):
        message = "out of memory; scan fewer documents at once or use a machine with more"
    elif isinstance(error, OSError):
        message = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    else:
        message = f"internal error: {type(error).__name__}: {error}. Please report it; "
        message += "DEDUPE_DEBUG=1 shows where it happened"
    if os.environ.get("DEDUPE_DEBUG") and sys.stderr is not None:
        import traceback

        traceback.print_exception(error)
    from dedupe.cli.messages import say

    say("error", message)
    return EXIT_ERROR


def _exit_process(code: int) -> None:
    """Exit with a code; a closed standard output causes no further error."""
    if code == EXIT_INTERRUPTED:
        # Do not wait for threads that are still working: their results are not needed.
        os._exit(code)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
