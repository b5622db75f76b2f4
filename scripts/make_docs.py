"""Regenerate the parts of the documentation that show the program: help texts and pictures.

Usage: ``python scripts/make_docs.py`` writes the help blocks of ``docs/commands.md`` (between
``<!-- help:scan -->`` and ``<!-- /help:scan -->``), ``docs/demo.svg``, what the commands of
``docs/tutorial.md`` print, the manual page and completions (``docs/share``), and, where tmux is
installed, the screens of ``docs/terminal.md``. With ``--check`` it writes nothing and fails if one
is out of date. ``tests/whole/test_docs.py`` also checks this.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from dedupe.model.output_marks import TEXT_MARK

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "docs" / "commands.md"
PICTURE = ROOT / "docs" / "demo.svg"
SCREENS = ROOT / "docs" / "terminal.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"

PICTURE_COLUMNS = 88
HELP_COLUMNS = 100
TUTORIAL_COLUMNS = 90
PICTURE_COMMAND = ("scan", "fixtures/articles", "--glob", "harbour-*", "--glob", "orchard-*")

_HELP_BLOCK = re.compile(r"(<!-- help:([a-z ]*) -->\n).*?(<!-- /help:\2 -->)", re.DOTALL)
_SCREEN_BLOCK = re.compile(
    r"(<!-- screen:(\d+)x(\d+) ([^\n]*) -->\n).*?(<!-- /screen -->)", re.DOTALL
)
_SHELL_BLOCK = re.compile(r"(```sh\n(.*?)```\n)(\n```text\n.*?```\n)?", re.DOTALL)
_NEXT_BLOCK = "[next block]\n"
_ENDED = "[ended]"
_POLLS = 300
_RUN_LINE = re.compile(r"^.* kernels · .*\n?", re.MULTILINE)
_EMPTY_TEXT = re.compile(r"<text [^>]*>\s*</text>")
_COLOR_VARIABLES = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}
_TERMINAL_VARIABLES = {
    *_COLOR_VARIABLES,
    "COLUMNS",
    "LINES",
    "LESS",
    "PAGER",
    "DEDUPE_PAGER",
    "TMUX",
}

_THEME = TerminalTheme(
    background=(24, 26, 31),
    foreground=(214, 218, 224),
    normal=[
        (75, 78, 85),
        (244, 112, 103),
        (120, 200, 120),
        (224, 178, 90),
        (108, 182, 255),
        (214, 140, 220),
        (86, 194, 203),
        (214, 218, 224),
    ],
)

# rich's own template, without the fonts that it would load from a server.
_SVG_FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>Output of dedupe scan</title>
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px;
line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run_dedupe(*arguments: str, columns: int) -> str:
    """Standard output of the program, run in the project's folder at a fixed width."""
    kept = {name: value for name, value in os.environ.items() if name not in _COLOR_VARIABLES}
    result = subprocess.run(
        [sys.executable, "-m", "dedupe", *arguments],
        capture_output=True,
        check=True,
        cwd=ROOT,
        encoding="utf-8",
        env={**kept, "COLUMNS": str(columns), "PYTHONUTF8": "1"},
    )
    return result.stdout


def help_text(command: str) -> str:
    """The help of a command: ``""`` for the program's own, else ``scan``, ``config show``, …

    It names all options of the command, also those that only ``--help-all`` shows.
    """
    usual = run_dedupe(*command.split(), "--help", columns=HELP_COLUMNS)
    if "--help-all" not in usual:
        return usual
    return run_dedupe(*command.split(), "--help-all", columns=HELP_COLUMNS)


def fill_help(page: str) -> str:
    """The text of a page with all its help blocks up to date."""

    def fill(block: re.Match[str]) -> str:
        command = block[2].removeprefix("dedupe").strip()
        return f"{block[1]}```text\n{help_text(command)}```\n{block[3]}"

    return _HELP_BLOCK.sub(fill, page)


def fill_tutorial(page: str) -> str:
    """The text of a page whose shell blocks are run one after another, in an empty folder.

    A text block right behind one is what it prints on standard output.
    """
    blocks = [block[2] for block in _SHELL_BLOCK.finditer(page)]
    printed = iter(run_blocks(blocks))

    def fill(block: re.Match[str]) -> str:
        output = next(printed)
        return f"{block[1]}\n```text\n{output}```\n" if block[3] else block[1]

    return _SHELL_BLOCK.sub(fill, page)


def run_blocks(blocks: list[str]) -> list[str]:
    """What each of these parts of one shell script prints; the first that fails ends it.

    Marks of outputs, and the lines of times, kernels and workers, are left out.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _TERMINAL_VARIABLES}
    here = {**kept, "COLUMNS": str(TUTORIAL_COLUMNS), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
    mark = f"printf '{_NEXT_BLOCK.strip()}\\n'\n"
    with tempfile.TemporaryDirectory() as folder:
        here["PATH"] = os.pathsep.join([str(_make_program(folder)), here["PATH"]])
        script = "set -e\n" + mark.join(f"{block}\n" for block in blocks)
        empty = Path(folder) / "empty"
        empty.mkdir()
        result = subprocess.run(
            ["sh", "-c", script], cwd=empty, env=here, capture_output=True, encoding="utf-8"
        )
    if result.returncode:
        raise RuntimeError(f"the tutorial fails:\n{result.stdout}\n{result.stderr}")
    shown = _RUN_LINE.sub("", result.stdout.replace(TEXT_MARK, ""))
    return [part.strip("\n") + "\n" for part in shown.split(_NEXT_BLOCK)]


def _make_program(folder: str) -> Path:
    """A folder for the path, with the command of this environment."""
    binaries = Path(folder) / "bin"
    binaries.mkdir()
    program = binaries / "dedupe"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dedupe "$@"\n')
    program.chmod(0o755)
    return binaries


def fill_screens(page: str) -> str:
    """The text of a page with all its screens up to date.

    A screen stands between ``<!-- screen:COLUMNSxROWS COMMAND -->`` and ``<!-- /screen -->``.
    """

    def fill(block: re.Match[str]) -> str:
        screen = capture_screen(block[4], int(block[2]), int(block[3]))
        return f"{block[1]}```text\n$ {block[4]}\n{screen}```\n{block[5]}"

    return _SCREEN_BLOCK.sub(fill, page)


def capture_screen(command: str, columns: int, rows: int) -> str:
    """What a terminal of tmux shows when a command has ended, or waits for a key.

    The line of times, kernels and workers is left out.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _TERMINAL_VARIABLES}
    here = {**kept, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder:
        here["PATH"] = os.pathsep.join([str(_make_program(folder)), here["PATH"]])
        settings = Path(folder) / "tmux.conf"
        settings.write_text("set -g status off\nset -g history-limit 0\n")
        tmux = ["tmux", "-u", "-S", f"{folder}/socket", "-f", str(settings)]
        script = f"{command}; printf '{_ENDED}'; sleep 60"
        size = ["-x", str(columns), "-y", str(rows)]
        subprocess.run([*tmux, "new-session", "-d", *size, script], check=True, cwd=ROOT, env=here)
        try:
            return _wait_for_screen([*tmux, "capture-pane", "-p"], here)
        finally:
            subprocess.run([*tmux, "kill-server"], check=False, env=here)


def _wait_for_screen(capture: list[str], environment: dict[str, str]) -> str:
    for _ in range(_POLLS):
        time.sleep(0.1)
        shown = subprocess.run(
            capture, check=True, capture_output=True, encoding="utf-8", env=environment
        ).stdout
        lines = shown.rstrip().splitlines()
        if lines and lines[-1] in (_ENDED, ":"):
            text = "".join(f"{line}\n" for line in lines if line != _ENDED)
            return _RUN_LINE.sub("", text)
    raise TimeoutError(f"the command does not end:\n{shown}")


def make_picture() -> str:
    """The picture as SVG: real output, without the line of times, kernels and workers."""
    output = run_dedupe(*PICTURE_COMMAND, "--color", "always", columns=PICTURE_COLUMNS)
    console = Console(
        width=PICTURE_COLUMNS,
        record=True,
        file=io.StringIO(),
        color_system="truecolor",
        legacy_windows=False,
        no_color=False,
    )
    console.print(Text(f"$ dedupe {shlex.join(PICTURE_COMMAND)}\n", style="bold"), soft_wrap=True)
    for line in _RUN_LINE.sub("", output.removeprefix(TEXT_MARK)).splitlines():
        console.print(Text.from_ansi(line), soft_wrap=True)
    svg = console.export_svg(title="", theme=_THEME, code_format=_SVG_FORMAT, unique_id="demo")
    svg = _EMPTY_TEXT.sub("", svg).replace("</text><text", "</text>\n<text")
    return "".join(line.strip() + "\n" for line in svg.splitlines() if line.strip())


def describe_picture(svg: str) -> list[list[tuple[str, str]]]:
    """The content of a picture: lines of texts with their style, independent of rich's SVG."""
    root = ElementTree.fromstring(svg)
    styles = dict(re.findall(r"\.(demo-r\d+) \{([^}]*)\}", svg))
    lines: dict[float, list[tuple[float, str, str]]] = {}
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        style = ";".join(filter(None, styles[element.attrib["class"]].replace(" ", "").split(";")))
        text = (element.text or "").replace("\N{NO-BREAK SPACE}", " ")
        line = lines.setdefault(float(element.attrib["y"]), [])
        line.append((float(element.attrib["x"]), text, style))
    return [[(text, style) for _, text, style in sorted(lines[y])] for y in sorted(lines)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where stale")
    check = parser.parse_args().check
    fillers = {COMMANDS: fill_help, TUTORIAL: fill_tutorial}
    if shutil.which("tmux"):
        fillers[SCREENS] = fill_screens
    pages = {path: path.read_text(encoding="utf-8") for path in fillers}
    filled = {path: fill(pages[path]) for path, fill in fillers.items()}
    sys.path.insert(0, str(ROOT))
    shared = importlib.import_module("scripts.make_share").make_share()
    picture = make_picture()
    if not check:
        for path, text in {**filled, **shared, PICTURE: picture}.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        return
    stale = [path for path, text in filled.items() if text != pages[path]]
    stale += [path for path, text in shared.items() if path.read_text("utf-8") != text]
    shown = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else "<svg/>"
    stale += [PICTURE] if describe_picture(shown) != describe_picture(picture) else []
    if stale:
        sys.exit("stale: " + ", ".join(str(path.relative_to(ROOT)) for path in stale))


if __name__ == "__main__":
    main()
