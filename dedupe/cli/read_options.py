"""The options of how documents are read: fields, formats, patterns and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import click

from dedupe.cli.declaring import ByteSize, declare_option, declare_switch
from dedupe.model.formats import input_formats
from dedupe.model.settings import HtmlMode, TextFormat

_LIMIT_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--max-document-bytes", "Skip documents of more than N bytes.", type=int, metavar="N"
    ),
    declare_option(
        "--max-line-bytes",
        "In files of records, skip lines of more than N bytes.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--max-unpacked-bytes",
        "Stop reading a compressed file or archive that unpacks to more than N bytes.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--max-ratio",
        "Stop reading a compressed file if any part of it unpacks to more than 64 MB and to more "
        "than N times its compressed size.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--max-depth",
        "Skip records whose lists and objects are nested more than N deep.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--max-values", "Skip JSON records that hold more than N values.", type=int, metavar="N"
    ),
    declare_option(
        "--max-members", "Read only the first N members of an archive.", type=int, metavar="N"
    ),
    declare_option(
        "--max-tokens", "Skip documents of more than N tokens (words).", type=int, metavar="N"
    ),
    declare_option(
        "--max-window",
        "Skip zstd data whose window is longer than SIZE (at most 2GiB), which unpacking it takes "
        "as memory.",
        type=ByteSize(),
        metavar="SIZE",
    ),
]

READ_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--text-field",
        "Field of a record that holds its text, as a dotted path. May be repeated: the texts are "
        "joined. Without this option the usual names are tried.",
        multiple=True,
        metavar="NAME",
    ),
    declare_option(
        "--id-field", "Field of a record that holds its id, as a dotted path.", metavar="NAME"
    ),
    declare_option(
        "--meta-field",
        "Field of a record to copy into the report, as a dotted path. May be repeated. Date, url "
        "and site are found without this option.",
        multiple=True,
        metavar="NAME",
    ),
    declare_option(
        "--date-field",
        "Field of a record that holds its date, as a dotted path, for --keep earliest and latest. "
        "Without this option the usual names are tried.",
        metavar="NAME",
    ),
    click.option(
        "--no-header/--header",
        default=None,
        help="The first row of a CSV file is data, and fields are named by number, from 1; or it "
        "names the columns.  [default: header]",
    ),
    declare_option(
        "--input-format",
        "Format of all files and of standard input; auto recognises each by ending and content.",
        type=click.Choice(input_formats()),
    ),
    declare_option(
        "--text-format",
        "What the text field of a record holds: plain text, or HTML, which is read like a page.",
        type=click.Choice(get_args(TextFormat)),
    ),
    declare_option(
        "--html",
        "Which text of an HTML page is compared: its article, all visible text, or its source.",
        type=click.Choice(get_args(HtmlMode)),
    ),
    declare_option(
        "--html-max-bytes",
        "Of an HTML page of more than N bytes, read all text without tags, not the article.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-depth",
        "Of an HTML page with elements nested more than N deep, read all text without tags, not "
        "the article.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-elements",
        "Of an HTML page of more than N elements, read all text without tags, not the article.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-attributes",
        "Of an HTML page with an element of more than N attributes, read all text without tags, "
        "not the article.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-seconds",
        "Of an HTML page whose article takes more than S seconds to find, read all text without "
        "tags instead.",
        type=float,
        metavar="S",
    ),
    declare_option(
        "--glob",
        "In folders, read only files whose path or name matches this pattern. May be repeated.",
        multiple=True,
        metavar="PATTERN",
    ),
    declare_option(
        "--exclude",
        "Leave out files and folders whose path or name matches this pattern. May be repeated.",
        multiple=True,
        metavar="PATTERN",
    ),
    click.option(
        "--ignore/--no-ignore",
        default=None,
        help="Leave out the files that .gitignore and .dedupeignore name, or read them too.  "
        "[default: ignore]",
    ),
    *_LIMIT_OPTIONS,
    declare_option(
        "--records",
        "Where the records of a JSON file are, if not at its top: a list or object inside it, as a "
        "dotted path; . is the object that is the file. In a SQLite database: the table.",
        metavar="PATH",
    ),
    click.option(
        "-L/--no-follow",
        "--follow",
        default=None,
        help="Follow symbolic links below folders, to files and to folders.",
    ),
    declare_switch(
        "all-files",
        "In folders and archives, read source code, style sheets, licences, lock and build files "
        "too.",
    ),
    declare_option(
        "--encoding",
        "Read all text in this encoding (cp1251, shift_jis, utf-16-le), whatever it declares and "
        "seems to be. A byte order mark wins.  [default: each file shows it]",
        metavar="NAME",
    ),
    declare_switch(
        "keep-stream",
        "Keep what a pipe or standard input gives until the end, so that its texts can be shown. "
        "Without it a stream of any length takes no room on disk.  [default: kept]",
    ),
]
