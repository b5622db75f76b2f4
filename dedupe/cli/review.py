"""``dedupe review``: a local page to decide on."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from dedupe.cli import CONTEXT, EXIT_FAILED
from dedupe.cli.help import GroupedCommand
from dedupe.cli.messages import say
from dedupe.model.errors import InputError

if TYPE_CHECKING:
    from dedupe.review.saving import DecisionStore
    from dedupe.review.server import ReviewServer

DECISIONS_ENDING = ".decisions.jsonl"


@click.command("review", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("saved", required=False, metavar="[SAVED]", type=click.Path(readable=False))
@click.option(
    "--decisions",
    "decisions_file",
    metavar="FILE",
    type=click.Path(readable=False),
    help="Save the decisions in this file; one that is there is continued.  [default: the name of "
    f"SAVED, with {DECISIONS_ENDING}]",
)
@click.option(
    "--blind",
    is_flag=True,
    help="Show neither scores nor relations nor what would be kept, so that they sway nobody.",
)
@click.option("--by", metavar="NAME", default="", help="Save this name with each decision.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Listen on this port of 127.0.0.1.  [default: a free one]",
)
@click.option("--no-open", is_flag=True, help="Do not open a browser; only print the address.")
@click.option(
    "--merge",
    nargs=2,
    metavar="A B",
    type=click.Path(readable=False),
    help="Write the decisions of two files into a third (--output), and list disagreements.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(readable=False),
    help="With --merge: the file to write.",
)
def command(saved: str | None, merge: tuple[str, str] | None, **options: Any) -> None:
    """Look through the clusters of a saved report on a local page, and decide.

    The page shows clusters of any number, some at a time, with the differences of the HTML report.
    By clicks and keys, documents are kept or dropped, and pairs judged: same, different, or unsure.
    Each decision is on the disk before the page says so, in a text file that git can merge. Run it
    in the folder where the scan ran; it ends with Ctrl-C. Only a browser on this machine that
    knows the whole address sees the page.

    \b
      dedupe scan articles/ --output report.json
      dedupe review report.json
      dedupe apply report.json --decisions report.decisions.jsonl
      dedupe review --merge ana.jsonl ben.jsonl --output both.jsonl

    Exit codes: 0 done; 1 merged files disagree; 2 an error.
    """
    if merge:
        _refuse_beside_merge(saved, options)
        sys.exit(_merge(*merge, options["output"]))
    if options["output"]:
        raise click.UsageError("--output is for --merge.")
    if saved is None:
        raise click.UsageError("Missing argument 'SAVED' (a report of dedupe scan --format json).")
    server, store = _start(saved, options)
    _serve(server, store, opens=not options["no_open"] and _is_on_terminal())


def _refuse_beside_merge(saved: str | None, options: dict[str, Any]) -> None:
    """:raises click.UsageError: for what has no effect with ``--merge``"""
    names = ("decisions_file", "blind", "by", "port", "no_open")
    if saved is not None or any(options[name] for name in names):
        raise click.UsageError("--merge takes two files and --output alone.")
    if not options["output"]:
        raise click.UsageError("--merge takes --output FILE.")


def _merge(left: str, right: str, output: str) -> int:
    """Write the decisions of two files into a third; the exit code tells of disagreements."""
    from dedupe.renderers.view.figures import format_count
    from dedupe.renderers.view.terminal import disarm_line, escape_text
    from dedupe.report.decision_file import format_decisions, merge_decisions, read_decisions
    from dedupe.review.saving import write_durably

    merged, against = merge_decisions(read_decisions(left), read_decisions(right))
    if os.path.exists(output) and not any(os.path.samefile(output, path) for path in (left, right)):
        read_decisions(output)  # what is no file of decisions is not overwritten
    write_durably(output, format_decisions(merged))
    say("note", f"{format_count(len(merged), 'decision')} written to {output}")
    for each in against:
        names = (f"{d.choice}{f' by {d.by}' if d.by else ''}" for d in (each.left, each.right))
        print(disarm_line(escape_text(f"{each.left.name}: {' / '.join(names)}")))
    if against:
        told = format_count(len(against), "disagreement")
        say("warning", f"{told}, listed on standard output: left out, to be decided anew")
    return EXIT_FAILED if against else 0


def _start(saved: str, options: dict[str, Any]) -> tuple[ReviewServer, DecisionStore]:
    from dedupe.review.opened import OpenedReport
    from dedupe.review.pages import Review
    from dedupe.review.saving import DecisionStore
    from dedupe.review.server import ReviewServer

    path = options["decisions_file"] or _name_decisions(saved)
    if os.path.realpath(path) == os.path.realpath(saved):
        raise InputError(f"{path}: is the saved report itself")
    store = DecisionStore(path)
    review = Review(OpenedReport(saved), store, options["blind"], options["by"])
    try:
        return ReviewServer(review, options["port"]), store
    except OSError as error:
        told = f"port {options['port']}: {error.strerror or error}"
        raise InputError(f"{told}; name another --port, or none") from error


def _name_decisions(saved: str) -> str:
    """The file of decisions beside a report: report.json.gz has report.decisions.jsonl."""
    folder, name = os.path.split(saved)
    stem = name.partition(".json")[0] or name
    return os.path.join(folder, stem + DECISIONS_ENDING)


def _is_on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _serve(server: ReviewServer, store: DecisionStore, opens: bool) -> None:
    """Answer until Ctrl-C."""
    say("note", f"the page is at {server.address} (Ctrl-C ends)")
    if opens:
        import webbrowser

        webbrowser.open(server.address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    from dedupe.renderers.view.figures import format_count

    count = len(store.read().everything)
    say("note", f"{format_count(count, 'decision')} in {store.path}" if count else "no decisions")
