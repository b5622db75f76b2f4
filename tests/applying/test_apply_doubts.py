"""What ``dedupe apply`` says before it acts, and that it then asks, refuses or goes on."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import random
import subprocess
import zlib
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.command import RunDedupe, clean_environment, dedupe_command

WORDS = [f"{a}{b}{c}" for a in ("ba", "de", "fi", "gor") for b in "aeiou" for c in ("l", "n", "r")]


def prose(seed: int, count: int = 60) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


def misread(seed: int) -> bytes:
    """UTF-16 with half a surrogate pair at its end."""
    return f"\ufeff{prose(seed)} ".encode("utf-16-le") + b"\x00\xd8"


def put_texts(folder: Path, **texts: str | bytes) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.txt").write_bytes(data)


def put_records(path: Path, *records: dict[str, str]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def put_short(folder: Path) -> None:
    put_texts(folder / "in", a="accept all cookies", b="Accept all cookies!", c=prose(1))


def put_misread(folder: Path) -> None:
    put_texts(folder / "in", a=prose(1), b=misread(1), c=prose(2))


def put_cut(folder: Path) -> None:
    put_texts(folder / "in", a=prose(1), c=prose(2))
    packed = zlib.compressobj(0, wbits=31)  # stored, not compressed: cut where one likes
    data = packed.compress(prose(1).encode()) + packed.flush()
    (folder / "in" / "b.txt.gz").write_bytes(data[:-30])


def put_titles(folder: Path) -> None:
    (folder / "in").mkdir()
    others = ({"id": str(n), "text": prose(n)} for n in range(3, 6))
    equal = ({"id": name, "text": prose(1), "title": f"On {name}"} for name in "ab")
    put_records(folder / "in" / "x.jsonl", *equal, *others)


def put_urls(folder: Path) -> None:
    (folder / "in").mkdir()
    others = ({"id": str(n), "text": prose(n)} for n in range(3, 6))
    equal = (
        {"id": name, "text": prose(1), "url": f"https://www.x.example/{name}/"} for name in "ab"
    )
    put_records(folder / "in" / "x.jsonl", *equal, *others)


def put_table(folder: Path) -> None:
    (folder / "in").mkdir()
    rows = io.StringIO()
    csv.writer(rows).writerows([["id", "text"], *([str(n), prose(1)] for n in range(4))])
    (folder / "in" / "x.csv").write_text(rows.getvalue())
    put_texts(folder / "in", c=prose(2))


def put_mails(folder: Path) -> None:
    """Two messages of one text, each with a file of its own."""
    (folder / "in").mkdir()
    for name in "ab":
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@x.example", "b@x.example", "The plan"
        mail["Message-ID"] = f"<{name}@x.example>"
        mail.set_content(prose(1))
        mail.add_attachment(name.encode(), "application", "pdf", filename="plan.pdf")
        (folder / "in" / f"{name}.eml").write_bytes(mail.as_bytes())


def put_numbers(folder: Path) -> None:
    """Two tables of results with no number in common."""
    rows = [" ".join(str(n * 7 + k) for n in range(40)) for k in (1, 2)]
    put_texts(folder / "in", a=rows[0], b=rows[1], c=prose(2))


META = ("--meta-field", "title")
CASES = {
    "short": (put_short, (), "under 20 words: 1 of the 1 documents", "words: 3"),
    "misread": (put_misread, (), "may be misread: 1 of the 1 documents", "undecodable_bytes"),
    "mails": (put_mails, (), "not compared: 1 of the 1 documents", "attachments of the message: 1"),
    "numbers": (
        put_numbers,
        ("--ignore-numbers",),
        "numbers that were not compared: 1 of",
        "stays",
    ),
    "cut": (put_cut, (), "may be misread: 1 of the 1 documents", "truncated"),
    "titles": (put_titles, META, "equal texts under other names: 1 of", "title: On "),
    "urls": (put_urls, (), "equal texts under other names: 1 of", "https://www.x.example/"),
    "table": (put_table, (), "more than half goes: 1, such as", "x.csv (3 of its 4 documents)"),
}


def actions_of(case: str) -> list[tuple[str, ...]]:
    whole = case in ("short", "misread", "cut", "mails", "numbers")
    return [("--output", "out"), *([("--move-to", "aside"), ("--delete",)] if whole else [])]


@pytest.mark.parametrize("case", CASES)
def test_what_is_doubtful_is_told_and_refused(case, tmp_path: Path, dedupe_here: RunDedupe):
    put, options, what, example = CASES[case]
    put(tmp_path)
    dedupe_here("scan", "in", *options, "--output", "r.json", "--quiet")
    before = state(tmp_path)
    for action in actions_of(case):
        refused = dedupe_here("apply", "r.json", *action, code=2)
        told = refused.stderr.decode()
        assert what in told and example in told, told
        assert "nothing was done" in told and "--yes" in told
        assert refused.stdout == b""
        assert state(tmp_path) == before
    # A dry run and a list change nothing, so they warn and go on.
    for action in ((), ("--list", "dropped"), ("--list", "kept")):
        told = dedupe_here("apply", "r.json", *action).stderr.decode()
        assert what in told and "--yes" not in told
    # With --yes all of them act.
    for action in actions_of(case):
        done = dedupe_here("apply", "r.json", *action, "--yes")
        assert what in done.stderr.decode()
        assert state(tmp_path) != before
        if action[0] == "--move-to":
            dedupe_here("apply", "--undo", "aside/dedupe-manifest.jsonl")


def test_nothing_is_asked_where_nothing_is_doubtful(tmp_path: Path, dedupe_here: RunDedupe):
    """Nor of what only looks like it: titles in other letters, a page under http and https, a
    notice about another file, half of a file, a file that is one document."""
    folder = tmp_path / "in"
    put_texts(folder, a=prose(1), b=prose(1) + " more", m=misread(9))
    put_records(
        folder / "x.jsonl",
        {"id": "1", "text": prose(2), "title": "One  thing", "url": "http://x.example/a#top"},
        {"id": "2", "text": prose(2), "title": "ONE thing", "url": "https://www.x.example/a/"},
    )
    dedupe_here("scan", "in", *META, "--output", "r.json", "--quiet")
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert {notice["reason"] for notice in report["notices"]} == {"undecodable_bytes"}
    done = dedupe_here("apply", "r.json", "--output", "out")
    assert b"warning" not in done.stderr
    assert b"2 of 5 documents dropped" in done.stdout


def test_a_file_of_a_folder_is_counted_as_a_whole(tmp_path: Path, dedupe_here: RunDedupe):
    """The report names only documents of clusters; what else the file holds stays."""
    folder = tmp_path / "in"
    put_texts(folder, a=prose(1))
    copies = [{"id": str(n), "text": prose(1)} for n in range(4)]
    for others in (1, 4):
        rest = [{"id": f"o{n}", "text": prose(n + 5)} for n in range(others)]
        put_records(folder / "x.jsonl", *copies, *rest)
        dedupe_here("scan", "in", "--output", "r.json", "--quiet")
        (cluster,) = json.loads((tmp_path / "r.json").read_bytes())["clusters"]
        going = sum(member["id"] != "a.txt" for member in cluster["members"][1:])
        told = dedupe_here("apply", "r.json").stderr.decode()
        assert ("more than half goes" in told) == (2 * going > 4 + others)
        assert (f"({going} of its {4 + others} documents)" in told) == (others == 1)


def ask(folder: Path, answer: bytes, *arguments: str) -> tuple[int, bytes, bytes]:
    """Run the command on a terminal, to which somebody types; its output goes elsewhere."""
    main, side = pty.openpty()
    try:
        with subprocess.Popen(
            [*dedupe_command(), "apply", *arguments],
            cwd=folder,
            stdin=side,
            stderr=side,
            stdout=subprocess.PIPE,
            env=clean_environment(),
        ) as process:
            os.close(side)
            shown = b""
            while b"[y/N]" not in shown:
                shown += os.read(main, 4096)
            os.write(main, answer)
            assert process.stdout is not None
            output = process.stdout.read()
            code = process.wait(60)
        try:
            while data := os.read(main, 4096):
                shown += data
        except OSError:  # the other side is closed
            pass
    finally:
        os.close(main)
    return code, output, shown


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"what?\n", b"\x04"])
def test_anything_but_yes_on_a_terminal_does_nothing(answer, tmp_path, dedupe_here):
    put_short(tmp_path)
    dedupe_here("scan", "in", "--output", "r.json", "--quiet")
    before = state(tmp_path)
    code, output, shown = ask(tmp_path, answer, "r.json", "--delete")
    assert (code, output) == (2, b"")
    assert b"under 20 words" in shown and b"nothing was done" in shown
    assert state(tmp_path) == before


@pytest.mark.parametrize("action", [("--delete",), ("--move-to", "aside"), ("--output", "out")])
def test_yes_on_a_terminal_goes_on(action, tmp_path, dedupe_here):
    put_short(tmp_path)
    dedupe_here("scan", "in", "--output", "r.json", "--quiet")
    code, output, shown = ask(tmp_path, b"y\n", "r.json", *action, "--format", "json")
    assert code == 0, shown
    assert len(json.loads(output)["dropped"]) == 1
    kept = tmp_path / ("out" if action[0] == "--output" else "in")
    assert len([*kept.iterdir()]) == 2


def test_yes_without_an_action_is_a_mistake(tmp_path, dedupe_here):
    put_short(tmp_path)
    dedupe_here("scan", "in", "--output", "r.json", "--quiet")
    for action in ((), ("--list", "dropped")):
        assert b"--yes is for" in dedupe_here("apply", "r.json", "--yes", *action, code=2).stderr


def test_a_title_stays_on_the_line_of_its_warning(tmp_path, dedupe_here):
    """It is scraped: it must not look like a message of its own."""
    forged = "One\ndedupe: note: all is well\n::error::\x1b[31m" + "x" * 100
    put_records(
        tmp_path / "in.jsonl",
        {"id": "a", "text": prose(1), "title": forged},
        {"id": "b", "text": prose(1), "title": "Two"},
        *({"id": f"o{i}", "text": prose(2 + i)} for i in range(3)),
    )
    dedupe_here("scan", "in.jsonl", *META, "--output", "r.json")
    told = dedupe_here("apply", "r.json", "--output", "out.jsonl", code=2).stderr.decode()
    assert [line.partition(":")[0] for line in told.splitlines()] == ["dedupe"] * 2
    assert "One\\x0adedupe: note: all is well" in told and "…" in told and "\x1b" not in told
