"""``dedupe apply``: what is dropped, what stays, and in which form."""

from __future__ import annotations

import errno
import gzip
import json
import os
import pty
import random
import re
import shutil
import struct
import subprocess
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.applying import (
    ScannedPaths,
    file_calls,
    list_kept,
    plan_drops,
    set_aside,
    undo,
    write_output,
)
from dedupe.model.documents import TextBatch
from dedupe.model.errors import ReportError
from dedupe.model.relations import Relation
from dedupe.model.report import Report
from dedupe.model.settings import Config, ScanSettings
from dedupe.report.json import render_json
from dedupe.sources import read_corpus
from dedupe.sources.unpack.compression import without_compression
from tests.support import every_format
from tests.support.command import RunDedupe, clean_environment, dedupe_command, run_main, sure
from tests.support.forms import (
    FORMS,
    Entry,
    entries_of,
    files_of,
    jsonl_of,
    make_texts,
    parquet_of,
    read_form,
    write_form,
    zip_of,
)
from tests.support.prove_apply import prove

QUICK_FORMS = FORMS.keys() - {"html", "pdf"}
LINKAGES = ("star", "single")


def scan(folder: Path, **settings: Any) -> Report:
    return dedupe.scan(folder, Config(html="text", workers=1, **settings))


def apply(folder: Path, out: Path, **settings: Any) -> tuple[Report, Any]:
    """Scan a folder and write it anew without its duplicates."""
    report = scan(folder, **settings)
    return report, write_output(report, plan_drops(report), str(out))


def brute_force_jaccard(left: str, right: str, shingle_size: int) -> float:
    one, other = (set(dedupe.shingle_text(text, shingle_size)) for text in (left, right))
    return len(one & other) / len(one | other)


def check_by_hand(
    before: dict[str, list[Entry]],
    after: dict[str, list[Entry]],
    dropped: dict[str, str],
    texts: dict[str, str],
    threshold: float = 0.7,
) -> None:
    """Everything is there but what was dropped, in order; and a living duplicate for each of that.

    :param dropped: keepers by id, as a report names both
    :param texts: by the same ids
    """
    here = {id for id, _ in entries_of(after) if id}
    for id, keeper in dropped.items():
        assert id not in here
        assert keeper in here
        assert brute_force_jaccard(texts[id], texts[keeper], 5) >= threshold
    for name, entries in before.items():
        stays = [entry for entry in entries if entry[0] not in dropped]
        if name in after:
            assert after[name] == stays
        else:
            assert len(entries) == 1
            assert not stays
    assert set(after) <= set(before)


def texts_by_id(before: dict[str, list[Entry]], texts: dict[str, str]) -> dict[str, str]:
    """Texts by the ids that a report has: file names hold the id that the text was given."""
    found = {}
    for id, _ in entries_of(before):
        short = id.removeprefix("urn:").rpartition("/")[2].partition(".")[0]
        if short in texts:
            found[id] = texts[short]
    return found


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_kept_but_for_its_duplicates(form: str, tmp_path: Path):
    folder, out = tmp_path / "in", tmp_path / "out"
    texts = make_texts(7, 8 if form == "html" else 24)
    write_form(form, folder, texts)
    before = read_form(folder)
    report, outcome = apply(folder, out)
    assert outcome.stopped == ()
    assert read_form(folder) == before
    dropped = {each.id: each.keeper for each in outcome.dropped}
    assert len(dropped) >= (2 if form == "html" else 6)
    known = texts_by_id(before, texts)
    assert set(known) == {id for id in known if known[id]}
    check_by_hand(before, read_form(out), dropped, known)
    again = scan(out)
    assert again.clusters == ()
    assert again.corpus.document_count == report.corpus.document_count - len(dropped)
    names = [*list_kept(report, ScannedPaths(report.run.paths), dropped.keys())]
    assert len(names) == again.corpus.document_count + len(report.skipped)
    assert not {*names} & {id.encode() for id in dropped}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@given(st.integers(0, 10**6), st.sampled_from(sorted(QUICK_FORMS)), st.sampled_from(LINKAGES))
@example(50, "json values", "star")
@settings(max_examples=20, deadline=None)
def test_whatever_the_corpus_no_duplicate_is_left(seed: int, form: str, linkage: str):
    texts = make_texts(seed, 3 + seed % 30)
    with tempfile.TemporaryDirectory() as base:
        folder, out = Path(base, "in"), Path(base, "out")
        write_form(form, folder, texts)
        before = read_form(folder)
        _, outcome = apply(folder, out, linkage=linkage, threshold=0.6)
        assert outcome.stopped == ()
        dropped = {each.id: each.keeper for each in outcome.dropped}
        check_by_hand(before, read_form(out), dropped, texts_by_id(before, texts), 0.6)
        assert scan(out, linkage=linkage, threshold=0.6).clusters == ()


def test_no_document_of_the_archive_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copied = " ".join(f"word{number}" for number in range(60))
    texts = {
        "archive/a.txt": copied,
        "archive/b.txt": copied,
        "archive/c.txt": copied + " more",
        "new/copy.txt": copied,
        "new/near.txt": copied + " other",
        "new/own.txt": "a text of its own with several words",
    }
    for name, text in texts.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    report = dedupe.scan("new", against="archive")
    outcome = write_output(report, plan_drops(report), "clean")
    assert outcome.stopped == outcome.gone == ()
    assert {each.id for each in outcome.dropped} == {"new/copy.txt", "new/near.txt"}
    assert {each.keeper for each in outcome.dropped} <= {"archive/a.txt", "archive/b.txt"}
    assert [path.name for path in Path("clean").iterdir()] == ["own.txt"]
    # Nor where a report lies: here it calls the new documents those of the archive.
    told = json.loads(render_json(report))
    for member in told["clusters"][0]["members"]:
        member["is_reference"] = not member.get("is_reference", False)
    first, *others = told["clusters"][0]["members"]
    told["clusters"][0]["members"] = [others[-1], first]
    told["clusters"][0]["representative"] = others[-1]["id"]
    lying = msgspec.json.decode(json.dumps(told), type=Report)
    assert [drop.id for drop in plan_drops(lying).drops] == [first["id"]]
    outcome = set_aside(lying, plan_drops(lying), "aside")
    assert outcome.dropped == ()
    assert "it stands in the archive" in outcome.stopped[0].detail
    assert {name: Path(name).read_text() for name in texts} == texts


def test_the_archive_may_lie_around_the_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    copied = " ".join(f"word{number}" for number in range(60))
    put(tmp_path, {"all/a.txt": copied.encode(), "all/new/b.txt": copied.encode()})
    report = dedupe.scan("all/new", against="all")
    outcome = set_aside(report, plan_drops(report), "aside")
    assert [each.path for each in outcome.dropped] == ["all/new/b.txt"]
    assert outcome.stopped == ()
    assert Path("all/a.txt").exists() and not Path("all/new/b.txt").exists()


def write_everything(folder: Path, copied: str) -> int:
    """One text in every format, compression and archive, beside another text of its own in each
    file that holds several; gives how many others."""
    count = 0

    def texts() -> list[str]:
        nonlocal count
        count += 1
        own = " ".join(f"w{count}x{number}" for number in range(30))
        return [own, copied] if count % 2 else [copied, own]

    def fill(names: Iterable[str], archive: str = "") -> dict[str, bytes]:
        files = {}
        for name in names:
            plain = without_compression(name)
            is_one = every_format.ids_in(plain, "x") == "x" and not plain.endswith(".json")
            held = [copied] if is_one else texts()
            packing = name.removeprefix(plain)
            data = every_format.FORMATS[plain](held, archive + name)
            files[name] = every_format.COMPRESSORS[packing](data)
        return files

    formats = every_format.FORMATS
    packed = [name + packing for packing in every_format.COMPRESSORS for name in formats]
    put(folder, fill(name for name in packed if without_compression(name) == name or "a." in name))
    for archive, pack in every_format.ARCHIVES.items():
        put(folder, {archive: pack(fill(["a.txt", *(n for n in packed if "a." in n)], archive))})
    return count


@pytest.mark.slow
def test_every_format_compression_and_archive(tmp_path: Path):
    copied = every_format.article()
    count = write_everything(tmp_path / "in", copied)
    before = documents_below(tmp_path / "in")
    assert len(before) > count > 400
    _, outcome = apply(tmp_path / "in", tmp_path / "out")
    assert outcome.stopped == ()
    after = documents_below(tmp_path / "out")
    assert sum(after.values()) == sum(before.values()) - len(outcome.dropped) == count + 1
    assert after <= before
    assert scan(tmp_path / "out").clusters == ()


# --- the plan ----------------------------------------------------------------------------


def chain(count: int) -> dict[str, str]:
    """Texts each of which is a near-duplicate of its neighbours alone."""
    words = [f"w{number}" for number in range(40 + 4 * count)]
    return {f"{i}": " ".join(words[4 * i : 4 * i + 40]) for i in range(count)}


def test_linked_documents_go_only_for_a_duplicate_that_stays():
    texts = chain(12)
    texts |= {f"{id}b": texts[id].upper() for id in ("0", "5", "11")}
    texts["5c"] = texts["5"]
    config = Config(linkage="single", shingle_size=2, threshold=0.75)
    report = dedupe.find_duplicates(texts, config)
    (cluster,) = report.clusters
    assert "linked" in {member.relation for member in cluster.members}
    plan = plan_drops(report)
    dropped = {drop.id: drop for drop in plan.drops}
    kept = texts.keys() - dropped.keys()
    assert {*plan.alone, cluster.representative} == kept
    for drop in plan.drops:
        assert drop.keeper in kept
        found = brute_force_jaccard(texts[drop.id], texts[drop.keeper], 2)
        assert found == pytest.approx(drop.jaccard)
        assert found >= 0.75
        equal = dedupe.tokenize_text(texts[drop.id]) == dedupe.tokenize_text(texts[drop.keeper])
        same = texts[drop.id] == texts[drop.keeper]
        assert drop.relation == ("identical" if same else "normalised" if equal else "near")
    for one in kept:
        for other in kept - {one}:
            assert brute_force_jaccard(texts[one], texts[other], 2) < 0.75
    assert len(kept) < len(texts) / 2


@pytest.mark.parametrize("seed", range(6))
def test_copies_of_linked_documents_follow_their_lead(seed: int):
    chance = random.Random(seed)
    texts = chain(9)
    for number in range(8):
        texts[f"x{number}"] = chance.choice([str.upper, str])(texts[f"{chance.randrange(9)}"])
    config = Config(linkage="single", shingle_size=2, threshold=0.75)
    plan = plan_drops(dedupe.find_duplicates(texts, config))
    left = {id: text for id, text in texts.items() if id not in {d.id for d in plan.drops}}
    assert dedupe.find_duplicates(left, config).clusters == ()
    assert all(drop.keeper in left for drop in plan.drops)


def test_protected_documents_stay(tmp_path: Path):
    for name in ("a.txt", "b.txt", "old/c.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("one two three four five six")
    report = scan(tmp_path / "in", keep=("first",))
    assert [d.id for d in plan_drops(report).drops] == ["b.txt", "old/c.txt"]
    patterns = (("old/", "old/c.txt"), ("b.*", "b.txt"), ("**/old/*", "old/c.txt"))
    for number, (pattern, protected) in enumerate(patterns):
        plan = plan_drops(report, [pattern])
        assert plan.protected == (protected,)
        assert {d.id for d in plan.drops} == {"b.txt", "old/c.txt"} - {protected}
        outcome = write_output(report, plan, str(tmp_path / f"out{number}"))
        assert outcome.protected == (protected,)
        assert set(states(tmp_path / f"out{number}")) == {"a.txt", protected}


def test_a_report_that_contradicts_itself_is_refused():
    report = dedupe.find_duplicates(["a b c", "A b c", "x y z", "X y z"])
    first, second = report.clusters
    swapped = msgspec.structs.replace(first, representative=first.members[1].id)
    both_ways = msgspec.structs.replace(
        second, representative=first.members[1].id, members=first.members[::-1]
    )
    far = msgspec.structs.replace(first.members[1], relation=Relation.NEAR, jaccard=0.1)
    no_duplicate = msgspec.structs.replace(first, members=(first.members[0], far))
    for clusters in ((swapped,), (first, both_ways), (no_duplicate,)):
        with pytest.raises(ReportError):
            plan_drops(msgspec.structs.replace(report, clusters=clusters))


# --- the command -------------------------------------------------------------------------


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDedupe:
    """The command in this process, sure of what it does, in the folder where this process is."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[bytes]:
        result = run_main(*sure(*arguments), cwd=Path.cwd())
        assert result.returncode == code, result.stderr
        return result

    return run


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@pytest.fixture
def saved(tmp_path: Path, cli: RunDedupe) -> Path:
    """A folder of files and records, scanned."""
    texts = make_texts(11, 16)
    half = [dict([*texts.items()][:8]), dict([*texts.items()][8:])]
    put(tmp_path / "in", {**files_of(half[0]), "r.jsonl": jsonl_of(half[1]), "n.bin": b"\0"})
    put(tmp_path / "in", {b"w\xff.txt".decode("utf-8", "surrogateescape"): b"one two three four"})
    put(tmp_path / "in", {"a\nb.txt": b"One two three four!"})
    cli("scan", "in", "--format", "json", "--output", "r.json", "--quiet")
    return tmp_path


def states(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_dry_run_tells_and_does_nothing(saved: Path, dedupe_here: RunDedupe):
    before = states(saved)
    told = dedupe_here("apply", "r.json").stdout.decode()
    outcome = json.loads(dedupe_here("apply", "r.json", "--format", "json").stdout)
    assert states(saved) == before
    assert sorted(p.name for p in saved.iterdir()) == ["in", "r.json"]
    count = len(outcome["dropped"])
    assert count >= 5
    assert told.count("would drop  ") == count
    assert f"{count} of 18 documents can go" in told
    assert "\x1b" not in told
    assert "a\\x0ab.txt" in told
    report = json.loads((saved / "r.json").read_bytes())
    assert outcome["saved"] == {
        "document_count": report["corpus"]["duplicate_count"],
        "token_count": report["corpus"]["redundant_token_count"],
        "byte_count": sum(each["byte_count"] for each in outcome["dropped"]),
    }


def test_lists_are_all_there_is_in_raw_names(saved: Path, cli: RunDedupe):
    report = json.loads((saved / "r.json").read_bytes())
    ids = [m["id"] for c in report["clusters"] for m in c["members"][1:]]
    dropped = cli("apply", "r.json", "--list", "dropped", "-0").stdout.split(b"\0")
    kept = cli("apply", "r.json", "--list", "kept", "-0").stdout.split(b"\0")
    assert dropped.pop() == kept.pop() == b""
    assert len(dropped) == len(ids)
    files = {os.fsencode(p.relative_to(saved)) for p in (saved / "in").iterdir()}
    records = {f"d{n}".encode() for n in range(8, 16)} | {b"r.jsonl:6"}
    assert not {*dropped} & {*kept}
    assert {*dropped} | {*kept} == files - {b"in/r.jsonl"} | records
    assert len(kept) + len(dropped) == 20
    assert (b"in/w\xff.txt" in kept) != (b"in/a\nb.txt" in kept)
    plain = cli("apply", "r.json", "--list", "dropped").stdout
    assert plain == b"".join(name + b"\n" for name in dropped)


def test_names_do_not_act_on_a_terminal(tmp_path: Path):
    put(tmp_path / "in", dict.fromkeys(("a.txt", "b\x1b[31m.txt"), b"one two three"))
    dedupe_scan = [*dedupe_command(), "scan", "in", "--keep", "first", "--output", "r.json"]
    subprocess.run(dedupe_scan, cwd=tmp_path, check=True, env=clean_environment())
    listing = [*dedupe_command(), "apply", "r.json", "--list", "dropped"]
    ours, theirs = pty.openpty()
    subprocess.run(listing, cwd=tmp_path, check=True, env=clean_environment(), stdout=theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        assert terminal.read(1000) == b"in/b\\x1b[31m.txt\r\n"


def test_ids_that_occur_twice_are_told_apart(tmp_path: Path, cli: RunDedupe):
    records = [("x", "one two"), ("x", "three four"), ("x", "One two"), ("y", "five six")]
    lines = [json.dumps({"id": id, "text": text}) for id, text in records]
    put(tmp_path, {"r.jsonl": "\n".join(lines).encode()})
    cli("scan", "r.jsonl", "--format", "json", "--output", "r.json")
    dropped = cli("apply", "r.json", "--list", "dropped").stdout.split()
    kept = cli("apply", "r.json", "--list", "kept").stdout.split()
    assert sorted(dropped + kept) == [b"x", b"x#2", b"x#3", b"y"]
    assert len(dropped) == 1


def test_records_are_not_moved_or_deleted(saved: Path, cli: RunDedupe):
    before = states(saved)
    for action in (["--move-to", "aside"], ["--delete"]):
        result = cli("apply", "r.json", *action, code=2)
        assert b"no file of its own" in result.stderr
        assert b"--output" in result.stderr
    assert states(saved) == before


@pytest.mark.slow
def test_moving_and_undoing(tmp_path: Path, run_dedupe: RunDedupe):
    put(tmp_path / "in", {f"s{n[-5]}/{n}": d for n, d in files_of(make_texts(4, 20)).items()})
    before = states(tmp_path / "in")
    run_dedupe("scan", "in", "--format", "json", "--output", "r.json")
    ids = set(run_dedupe("apply", "r.json", "--list", "dropped").stdout.decode().split())
    told = run_dedupe("apply", "r.json", "--move-to", "aside").stdout.decode()
    assert told.count("set aside  ") == len(ids)
    assert {f"in/{name}" for name in states(tmp_path / "aside")} == ids | {
        "in/dedupe-manifest.jsonl"
    }
    assert {f"in/{name}" for name in before} - {f"in/{n}" for n in states(tmp_path / "in")} == ids
    again = run_dedupe("apply", "r.json", "--move-to", "aside")
    assert again.stdout.decode().count("set aside  ") == len(ids)
    other = run_dedupe("apply", "r.json", "--move-to", "aside", "--protect", "*", code=0)
    assert other.stdout.decode().count("it is protected") == len(ids)
    run_dedupe("apply", "--undo", "aside/dedupe-manifest.jsonl")
    assert states(tmp_path / "in") == before
    assert not (tmp_path / "aside").exists()
    assert run_dedupe("apply", "--undo", "aside/dedupe-manifest.jsonl", code=2).stderr


def test_undo_keeps_what_stands_there_now(tmp_path: Path, cli: RunDedupe):
    put(tmp_path / "in", dict.fromkeys(("a.txt", "b.txt", "c.txt"), b"one two three"))
    cli("scan", "in", "--keep", "first", "--format", "json", "--output", "r.json")
    cli("apply", "r.json", "--move-to", "aside")
    (tmp_path / "in" / "b.txt").write_bytes(b"new")
    (tmp_path / "aside" / "c.txt").write_bytes(b"changed")
    result = cli("apply", "--undo", "aside/dedupe-manifest.jsonl", code=2)
    assert b"something else stands where it was" in result.stdout
    assert b"it has changed since it was set aside" in result.stdout
    assert states(tmp_path / "in") == {"a.txt": b"one two three", "b.txt": b"new"}
    assert states(tmp_path / "aside")["c.txt"] == b"changed"
    assert states(tmp_path / "aside")["b.txt"] == b"one two three"


@pytest.mark.parametrize(
    "change",
    [
        {"target": ["..", "x"]},
        {"target": ["a/b"]},
        {"target": []},
        {"target": ["/etc"]},
        {"parts": [".."]},
        {"parts": ["a", ""]},
        {"parts": ["\0"]},
        {"folder": "relative"},
        {"size": "1"},
        {"more": 1},
    ],
)
def test_a_manifest_leads_nowhere_else(change: Any, tmp_path: Path, cli: RunDedupe):
    put(tmp_path / "in", {"a.txt": b"one two three", "b.txt": b"one two three"})
    cli("scan", "in", "--format", "json", "--output", "r.json")
    cli("apply", "r.json", "--move-to", "aside")
    manifest = tmp_path / "aside" / "dedupe-manifest.jsonl"
    head, line = manifest.read_text().splitlines()
    manifest.write_text(f"{head}\n{json.dumps({**json.loads(line), **change})}\n")
    before = states(tmp_path)
    assert b"not a manifest" in cli("apply", "--undo", manifest, code=2).stderr
    assert states(tmp_path) == before


def test_options_that_do_not_go_together(saved: Path, cli: RunDedupe):
    for arguments in (
        ["r.json", "--output", "x", "--delete"],
        ["r.json", "--link"],
        ["r.json", "-0"],
        ["r.json", "--undo", "m"],
        ["--undo", "m", "--protect", "x"],
        [],
        ["nowhere.json"],
        ["in/d1.txt"],
        ["r.json", "--list", "all"],
    ):
        assert cli("apply", *arguments, code=2).stderr


def test_what_was_read_from_a_pipe_is_written_if_it_comes_again(
    tmp_path: Path, dedupe_here: RunDedupe
):
    records = jsonl_of(make_texts(1, 9))
    dedupe_here("scan", "-", "--format", "json", "--output", "r.json", stdin=records)
    told = dedupe_here("apply", "r.json").stdout  # the report holds the texts
    assert b"4 of 9 documents can go" in told
    listed = dedupe_here("apply", "r.json", "--list", "dropped").stdout.split()
    written = dedupe_here("apply", "r.json", "--output", "-", "--yes", stdin=records).stdout
    stays = [line for line in records.splitlines(True) if not _names_one_of(line, listed)]
    assert len(listed) == 4 and written.splitlines(True) == stays
    other = records.replace(b'"text": "', b'"text": "new words ')
    result = dedupe_here("apply", "r.json", "--output", "x.jsonl", "--yes", stdin=other, code=2)
    assert b"its text has changed since the scan" in result.stdout
    assert (tmp_path / "x.jsonl").read_bytes() == other
    saved = (tmp_path / "r.json").read_bytes()
    told = dedupe_here("apply", "-", "--output", "-", stdin=saved, code=2).stderr
    assert b"both the report and the corpus" in told


def _names_one_of(line: bytes, ids: list[bytes]) -> bool:
    return any(b'"id": "%s"' % id in line for id in ids)


# --- where things are written --------------------------------------------------------------


def test_one_file_is_written_as_one_file(tmp_path: Path, cli: RunDedupe):
    put(tmp_path, {"r.jsonl.gz": gzip.compress(jsonl_of(make_texts(2, 12)))})
    cli("scan", "r.jsonl.gz", "--format", "json", "--output", "r.json")
    for name, problem in (
        ("c.csv.gz", b"'n' holds no text (int)"),
        ("c", b"may end as r.jsonl.gz"),
    ):
        result = cli("apply", "r.json", "--output", name, code=2)
        assert problem in result.stderr
        assert not (tmp_path / name).exists()
    cli("apply", "r.json", "--output", "c.jsonl.gz")
    again = cli("scan", "c.jsonl.gz", "--format", "json").stdout
    assert json.loads(again)["clusters"] == []
    assert b"there already" in cli("apply", "r.json", "--output", "c.jsonl.gz", code=2).stderr
    (tmp_path / "folder").mkdir()
    cli("apply", "r.json", "--output", "folder")
    assert (tmp_path / "folder/r.jsonl.gz").read_bytes() == (tmp_path / "c.jsonl.gz").read_bytes()
    assert b"not empty" in cli("apply", "r.json", "--output", "folder", code=2).stderr
    assert b"make this folder" in cli("apply", "r.json", "--output", "x/y.jsonl.gz", code=2).stderr


def test_a_destination_inside_the_corpus_is_told(tmp_path: Path, cli: RunDedupe):
    put(tmp_path / "in", dict.fromkeys(("a.txt", "b.txt"), b"one two three"))
    cli("scan", "in", "--keep", "first", "--output", "r.json")
    told = b"is inside in, so the next scan of that will read it too"
    for action in ("--output", "--move-to"):
        for destination, is_read in (("in/new", True), ("in/.new", False), ("inner", False)):
            result = cli("apply", "r.json", action, destination)
            assert (told in result.stderr) == is_read
            if action == "--move-to":
                cli("apply", "--undo", f"{destination}/dedupe-manifest.jsonl")
            else:
                assert set(states(tmp_path / destination)) == {"a.txt"}
                shutil.rmtree(tmp_path / destination)


def test_several_paths_are_written_as_they_were_named(tmp_path: Path, cli: RunDedupe):
    put(tmp_path, {"one/a.txt": b"a b c", "deep/two/b.txt": b"A b c", "c.txt": b"x y z"})
    paths = ["./one", tmp_path / "deep" / "two", "c.txt"]
    cli("scan", *paths, "--format", "json", "--output", "r.json")
    cli("apply", "r.json", "--output", "out")
    below = Path(*(tmp_path / "deep" / "two").parts[1:])
    written = set(states(tmp_path / "out"))
    assert "c.txt" in written
    assert len(written) == 2
    assert written < {"c.txt", "one/a.txt", str(below / "b.txt")}


def test_two_files_never_become_one(tmp_path: Path, cli: RunDedupe):
    put(tmp_path, {"x/in/a.txt": b"a b c", "in/a.txt": b"d e f"})
    (tmp_path / "x" / "y").mkdir()
    cli("scan", "x/y/../../in", "x/../in/a.txt", "--format", "json", "--output", "r.json")
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert report["corpus"]["document_count"] == 1
    cli("scan", "in", "x/y/../in", "--format", "json", "--output", "r.json")
    cli("apply", "r.json", "--output", "out")
    assert set(states(tmp_path / "out")) == {"in/a.txt", "x/y/in/a.txt"}
    put(tmp_path, {"x/y/in/a.txt": b"g h i"})
    cli("scan", "x/y/in", "x/y/../in", "--format", "json", "--output", "r.json")
    result = cli("apply", "r.json", "--output", "out2", code=2)
    assert b"would both become x/y/in/a.txt" in result.stderr
    assert not (tmp_path / "out2").exists()


def test_links_share_what_stays_as_it_is(saved: Path, cli: RunDedupe):
    before = states(saved / "in")
    cli("apply", "r.json", "--output", "out", "--link")
    for name, data in states(saved / "out").items():
        is_linked = (saved / "out" / name).samefile(saved / "in" / name)
        assert is_linked == (name != "r.jsonl")
        assert data == before[name] or name == "r.jsonl"
    assert states(saved / "in") == before


def test_copies_keep_their_time_and_permissions(saved: Path, cli: RunDedupe):
    os.utime(saved / "in" / "n.bin", (1e9, 1e9))
    (saved / "in" / "n.bin").chmod(0o604)
    cli("apply", "r.json", "--output", "out")
    status = (saved / "out" / "n.bin").stat()
    assert (status.st_mtime, status.st_mode & 0o777) == (1e9, 0o604)


@pytest.mark.parametrize("path", ["/etc/passwd", "in/../secret.txt", "secret.txt", "link/s.txt"])
def test_a_report_leads_nowhere_else(path: str, tmp_path: Path, cli: RunDedupe):
    put(tmp_path, {"in/a.txt": b"one two three", "in/b.txt": b"one two three"})
    put(tmp_path, {"secret.txt": b"one two three", "far/s.txt": b"one two three"})
    (tmp_path / "in" / "link").symlink_to(tmp_path / "far")
    cli("scan", "in", "--format", "json", "--output", "r.json")
    report = json.loads((tmp_path / "r.json").read_bytes())
    wrong = f"in/{path}" if path.startswith("link") else path
    victim = report["clusters"][0]["members"][1]["id"]
    report["run"]["sources"][report["run"]["locators"][victim]["source"]]["path"] = wrong
    (tmp_path / "r.json").write_text(json.dumps(report))
    before = states(tmp_path)
    for action in (["--delete"], ["--move-to", "aside"]):
        told = cli("apply", "r.json", *action, code=2)
        assert b"set aside  " not in told.stdout
        assert b"deleted  " not in told.stdout
        assert {k: v for k, v in states(tmp_path).items() if "manifest" not in k} == before
    cli("apply", "r.json", "--output", "out", code=2)
    if (tmp_path / "out").exists():
        assert set(states(tmp_path / "out")) <= {"a.txt", "b.txt"}


@pytest.mark.parametrize("has_syncfs", [True, False])
def test_everything_is_on_the_disk_before_it_has_its_name(
    has_syncfs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    if has_syncfs and file_calls._syncfs is None:
        pytest.skip("this system has no syncfs")
    write_form("everything", tmp_path / "in", make_texts(3, 20))
    report = scan(tmp_path / "in")
    unsynced: set[int] = set()
    log: list[str] = []

    def watch(name: str, change: Any) -> None:
        call = getattr(os, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            change(*arguments)
            return call(*arguments, **named)

        monkeypatch.setattr(os, name, watched)

    def rename(*arguments: Any) -> None:
        log.append("named")
        assert unsynced == set()

    watch("write", lambda fd, data: unsynced.add(os.fstat(fd).st_ino))
    watch("fsync", lambda fd: unsynced.discard(os.fstat(fd).st_ino) or log.append("synced"))
    watch("rename", rename)
    syncfs = file_calls._syncfs

    def watched_syncfs(folder: int) -> int:
        assert syncfs is not None
        unsynced.clear()
        return syncfs(folder)

    monkeypatch.setattr(file_calls, "_syncfs", watched_syncfs if has_syncfs else None)
    outcome = write_output(report, plan_drops(report), str(tmp_path / "out"))
    assert log.count("named") == 1
    assert has_syncfs or log.count("synced") > outcome.file_count
    assert log[-1] == "synced"


def test_a_move_is_on_the_disk_in_the_manifest_before_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put(tmp_path / "in", files_of(make_texts(4, 20)))
    report = scan(tmp_path / "in")
    log: list[str] = []

    def watch(module: Any, name: str, told: str) -> None:
        call = getattr(module, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            log.append(told)
            return call(*arguments, **named)

        monkeypatch.setattr(module, name, watched)

    watch(os, "write", "w")
    watch(os, "fsync", "s")
    watch(file_calls, "rename_new", "m")
    count = set_aside(report, plan_drops(report), str(tmp_path / "aside")).file_count
    assert "".join(log) == "ws" + "s" + "ws" + "m" * count + "s"
    log.clear()
    watch(os, "unlink", "u")
    undo(str(tmp_path / "aside" / "dedupe-manifest.jsonl"))
    assert re.fullmatch(f"(u*m){{{count}}}su+s", "".join(log))


def test_what_came_and_went_since_the_scan_is_told(tmp_path: Path, cli: RunDedupe):
    put(tmp_path / "in", dict.fromkeys(("a.txt", "b.txt"), b"one two three"))
    put(tmp_path / "in", {"c.txt": b"four five", "d.txt": b"six seven"})
    cli("scan", "in", "--keep", "first", "--format", "json", "--output", "r.json")
    (tmp_path / "in" / "c.txt").unlink()
    (tmp_path / "in" / "new.txt").write_bytes(b"one two three")
    (tmp_path / "in" / "link").symlink_to("d.txt")
    result = cli("apply", "r.json", "--output", "out", code=2)
    assert b"new since the scan, and copied: 1 files, such as in/new.txt" in result.stderr
    assert b"symbolic links in it are not followed: 1" in result.stderr
    assert b"stopped  in/c.txt  (it is gone)" in result.stdout
    assert set(states(tmp_path / "out")) == {"a.txt", "d.txt", "new.txt"}
    (tmp_path / "in" / "b.txt").unlink()
    assert b"gone  b.txt" in cli("apply", "r.json").stdout


def test_a_record_goes_with_its_file_only_while_it_is_all_of_it(tmp_path: Path, cli: RunDedupe):
    record = b'{\n"text": "one two three"}'
    put(tmp_path / "in", dict.fromkeys(("a.json", "b.json"), record))
    cli("scan", "in", "--keep", "first", "--output", "r.json")
    put(tmp_path / "in", {"b.json": record + b'\n{"text": "precious and new"}'})
    before = states(tmp_path / "in")
    for action in (["--delete"], ["--move-to", "aside"], ["--output", "out"]):
        told = cli("apply", "r.json", *action, code=2).stdout
        assert b"stopped  b.json  (its text has changed since the scan)" in told
        assert states(tmp_path / "in") == before
    assert states(tmp_path / "out") == before


def test_what_cannot_be_read_beside_a_record_stays(tmp_path: Path, cli: RunDedupe):
    record = b'{\n"text": "one two three"}'
    put(tmp_path / "in", {"a.json": record, "b.json": record + b'\n{"text": "four fi'})
    cli("scan", "in", "--keep", "first", "--output", "r.json", "--quiet")
    assert b"no file of its own" in cli("apply", "r.json", "--delete", code=2).stderr
    cli("apply", "r.json", "--output", "out")
    assert states(tmp_path / "out") == {"a.json": record, "b.json": b'{"text": "four fi'}


def test_the_wrong_folder_is_told(saved: Path, cli: RunDedupe, monkeypatch: pytest.MonkeyPatch):
    (saved / "elsewhere").mkdir()
    monkeypatch.chdir(saved / "elsewhere")
    for action in ([], ["--output", "out"], ["--delete"], ["--list", "kept"]):
        result = cli("apply", "../r.json", *action, code=2)
        assert b"run it in the folder where the scan ran" in result.stderr


def test_texts_in_memory_are_no_files(tmp_path: Path, cli: RunDedupe):
    report = dedupe.find_duplicates(["a b c", "A b c"])
    (tmp_path / "r.json").write_bytes(render_json(report))
    assert b"where it was read is not known" in cli("apply", "r.json").stdout
    assert b"texts in memory" in cli("apply", "r.json", "--output", "x", code=2).stderr


def test_a_full_disk_leaves_nothing(saved: Path, cli: RunDedupe, monkeypatch: pytest.MonkeyPatch):
    before = states(saved)
    written: list[int] = []

    def write(descriptor: int, data: Any) -> int:
        written.append(len(data))
        if len(written) == 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)

    monkeypatch.setattr(os, "write", write)
    result = cli("apply", "r.json", "--output", "out", code=2)
    monkeypatch.undo()
    assert b"No space left on device" in result.stderr
    assert states(saved) == before
    assert sorted(p.name for p in saved.iterdir()) == ["in", "r.json"]


# --- what cannot be written without loss --------------------------------------------------


def test_a_file_that_breaks_off_stays_whole(tmp_path: Path, cli: RunDedupe):
    data = jsonl_of(make_texts(2, 60))
    put(tmp_path / "in", {"r.jsonl.gz": gzip.compress(data)[:-400], "a.txt": b"x y z"})
    cli("scan", "in", "--format", "json", "--output", "r.json", "--quiet")
    result = cli("apply", "r.json", "--output", "out", code=2)
    assert b"its gzip data breaks off" in result.stdout
    assert states(tmp_path / "out") == states(tmp_path / "in")


def damage(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    kind = chance.randrange(5)
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + data[place + chance.randint(1, 20) :]
    if kind == 2:
        return data[:place] + bytes(chance.choices(b'\n",[]{}\\ \0a', k=3)) + data[place:]
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def documents_below(folder: Path) -> Counter[bytes]:
    """The texts of all documents that can be read."""
    found: Counter[bytes] = Counter()
    for batch in read_corpus([str(folder)], ScanSettings(html="text")):
        if isinstance(batch, TextBatch):
            ends = batch.offsets.tolist()
            found.update(batch.data[a:b].tobytes() for a, b in pairwise(ends))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_damaged_corpora_lose_nothing_but_duplicates(seed: int, tmp_path: Path):
    chance = random.Random(seed)
    form = chance.choice(sorted(QUICK_FORMS))
    write_form(form, tmp_path / "in", make_texts(seed, 20))
    for path in sorted((tmp_path / "in").rglob("*.*")):
        if chance.random() < 0.7:
            path.write_bytes(damage(path.read_bytes(), chance))
    before = documents_below(tmp_path / "in")
    if not before:
        return
    report, outcome = apply(tmp_path / "in", tmp_path / "out", embed_text=True)
    assert report.texts is not None
    dropped = Counter(report.texts[each.id].encode() for each in outcome.dropped)
    after = documents_below(tmp_path / "out")
    assert after + dropped == before
    assert all(after[report.texts[each.keeper].encode()] for each in outcome.dropped)


def zip_twice(name: str, contents: Iterable[bytes]) -> bytes:
    return every_format.zip_of({zipfile.ZipInfo(name): data for data in contents})


def tar_twice(name: str, contents: Iterable[bytes]) -> bytes:
    return every_format.tar_of({tarfile.TarInfo(name): data for data in contents})


def with_wide_offsets(data: bytes) -> bytes:
    """A ZIP file whose directory tells places in 8 bytes, as that of a large one does."""
    end = data.rindex(b"PK\x05\x06")
    size, begin = struct.unpack_from("<2I", data, end + 12)
    directory, place = b"", begin
    while place < begin + size:
        name, extra, comment = struct.unpack_from("<3H", data, place + 28)
        (offset,) = struct.unpack_from("<I", data, place + 42)
        wide = struct.pack("<2HQ", 1, 8, offset)
        lengths = struct.pack("<2H", name, extra + len(wide))
        middle = place + 46 + name + extra
        directory += data[place : place + 28] + lengths + data[place + 32 : place + 42]
        directory += b"\xff" * 4 + data[place + 46 : middle] + wide
        directory += data[middle : middle + comment]
        place = middle + comment
    sizes = struct.pack("<2I", len(directory), begin)
    return data[:begin] + directory + data[end : end + 12] + sizes + data[end + 20 :]


def test_directories_of_large_archives(tmp_path: Path):
    files = {**files_of(make_texts(7, 24)), "r.jsonl": jsonl_of({"own": "one two three"})}
    put(tmp_path / "in", {"a.zip": with_wide_offsets(zip_of(files))})
    _, outcome = apply(tmp_path / "in", tmp_path / "out")
    assert outcome.stopped == ()
    left = read_form(tmp_path / "out")["a.zip"]
    dropped = {each.id for each in outcome.dropped}
    assert len(dropped) > 5
    assert left == [e for e in read_form(tmp_path / "in")["a.zip"] if e[0] not in dropped]


def test_a_directory_that_leads_nowhere_keeps_its_archive_whole(tmp_path: Path):
    data = bytearray(zip_of({"a.txt": b"one two three", "b.txt": b"one two three", "c.txt": b"x"}))
    place = data.rindex(b"PK\x01\x02")
    data[place + 42 : place + 46] = b"\xf0\xff\xff\xff"
    put(tmp_path / "in", {"a.zip": bytes(data)})
    _, outcome = apply(tmp_path / "in", tmp_path / "out")
    assert "the directory of the archive is odd" in outcome.stopped[0].detail
    assert states(tmp_path / "out") == states(tmp_path / "in")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("pack", [zip_twice, tar_twice])
def test_of_members_of_one_name_the_one_that_was_read_goes(pack: Any, tmp_path: Path):
    put(tmp_path / "in", {"a.txt": b"one two three"})
    put(tmp_path / "in", {"b": pack("x.txt", [b"one two three", b"precious and unread"])})
    report, outcome = apply(tmp_path / "in", tmp_path / "out", keep=("first",))
    assert [skipped.reason for skipped in report.skipped] == ["duplicate_member"]
    assert [each.id for each in outcome.dropped] == ["b/x.txt"]
    left = (tmp_path / "out" / "b").read_bytes()
    assert left.rstrip(b"\0") == pack("x.txt", [b"precious and unread"]).rstrip(b"\0")


def test_a_member_that_a_hard_link_leads_to_stays(tmp_path: Path, cli: RunDedupe):
    members = {tarfile.TarInfo(name): b"one two three" for name in ("a.txt", "b.txt")}
    for target in ("a.txt", "b.txt"):
        link = tarfile.TarInfo(f"link-{target}")
        link.type, link.linkname = tarfile.LNKTYPE, target
        members[link] = b""
    put(tmp_path / "in", {"a.tar": every_format.tar_of(members)})
    cli("scan", "in", "--format", "json", "--output", "r.json", "--quiet")
    result = cli("apply", "r.json", "--output", "out", code=2)
    assert b"a hard link in the archive" in result.stdout
    assert states(tmp_path / "out") == states(tmp_path / "in")


def test_a_file_of_which_the_rest_would_be_read_otherwise_stays_whole(tmp_path: Path):
    words = " ".join(f"w{number}" for number in range(30))
    kept = {"id": "kept", "text": "Ã© stands here as it is, and nobody takes it for UTF-8"}
    records = [kept, {"id": "gone", "text": f"{words} dû né"}]
    line = json.dumps(records, ensure_ascii=False).encode("cp1252")
    put(tmp_path / "in", {"r.json": line, "a.txt": f"{words} dû né".encode()})
    report, outcome = apply(tmp_path / "in", tmp_path / "out", keep=("first",))
    assert report.run.sources[1].encoding
    assert "would not be read" in outcome.stopped[0].detail
    assert states(tmp_path / "out") == states(tmp_path / "in")


def test_entries_that_python_cannot_read_stay(tmp_path: Path, cli: RunDedupe):
    data = bytearray(zip_of({"a.txt": b"one two three", "b.txt": b"one two three", "c.txt": b"x"}))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        begin = data.index(magic, data.index(b"c.txt") - 100)
        begin = data.rindex(magic, 0, data.index(b"c.txt", begin))
        if magic == b"PK\x01\x02":
            begin = data.rindex(magic)
        data[begin + place] |= 1  # encrypted
    put(tmp_path / "in", {"a.zip": b"#!/bin/sh\n" + bytes(data)})
    cli("scan", "in", "--format", "json", "--output", "r.json", "--quiet")
    assert b"encrypted" in (tmp_path / "r.json").read_bytes()
    cli("apply", "r.json", "--output", "out")
    with zipfile.ZipFile(tmp_path / "out" / "a.zip") as archive:
        names = [info.filename for info in archive.infolist()]
        assert len(names) == 3
        assert archive.getinfo("c.txt").flag_bits & 1
    assert (tmp_path / "out" / "a.zip").read_bytes().startswith(b"#!/bin/sh\n")


def test_members_of_compressed_files_stay_as_they_are(tmp_path: Path):
    records = [{"id": f"{n}", "text": f"text {n % 5} {n % 5}"} for n in range(10)]
    members = [gzip.compress(json.dumps(each).encode() + b"\n", 1) for each in records]
    put(tmp_path / "in", {"r.jsonl.gz": b"".join(members)})
    _, outcome = apply(tmp_path / "in", tmp_path / "out", keep=("first",))
    assert {each.id for each in outcome.dropped} == {str(n) for n in range(5, 10)}
    assert (tmp_path / "out" / "r.jsonl.gz").read_bytes() == b"".join(members[:5])


def test_cards_of_a_data_set_tell_no_old_counts(tmp_path: Path, cli: RunDedupe):
    card = (
        "---\nlanguage: en\ndataset_info:\n  features:\n  - name: text\n    dtype: string\n"
        "  splits:\n  - name: train\n    num_bytes: 15\n    num_examples: 20\n"
        "  download_size: 1\n  dataset_size: 15\nconfigs:\n- config_name: default\n"
        "  data_files:\n  - split: train\n    path: data/train-*\n---\n# Texts\nsplits: no\n"
    )
    state = {"_fingerprint": "0123456789abcdef", "_split": "train", "features": {"splits": 1}}
    table = {"data/train-00000-of-00001.parquet": parquet_of(make_texts(3, 20))}
    cards = {"README.md": card.encode(), "data/state.json": json.dumps(state).encode()}
    put(tmp_path / "in", {**table, **cards})
    cli("scan", "in", "--format", "json", "--output", "r.json", "--quiet")
    told = cli("apply", "r.json", "--output", "out")
    assert b"what it told of the rows that went was left out" in told.stderr
    written = states(tmp_path / "out")
    kept = [
        line for line in card.splitlines() if line in written["README.md"].decode().splitlines()
    ]
    gone = [line for line in card.splitlines() if line not in kept]
    assert written["README.md"].decode().splitlines() == kept
    assert [line.strip() for line in gone] == [
        "splits:",
        "- name: train",
        "num_bytes: 15",
        "num_examples: 20",
        "download_size: 1",
        "dataset_size: 15",
    ]
    new = json.loads(written["data/state.json"])
    assert new.pop("_fingerprint") not in ("", state.pop("_fingerprint"))
    assert new == state
    (tmp_path / "out").rename(tmp_path / "first")
    cli("apply", "r.json", "--output", "out", "--protect", "*")
    assert states(tmp_path / "out") == states(tmp_path / "in")


def test_a_data_set_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    texts = make_texts(3, 20)
    write_form("hugging face", tmp_path / "in", texts)
    _, outcome = apply(tmp_path / "in", tmp_path / "out")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert set(loaded["train"]["id"]) == texts.keys() - {each.id for each in outcome.dropped}


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--linkage", "single", "--threshold", "0.5"]])
def test_the_proof_of_large_corpora_holds(options: list[str], tmp_path: Path):
    put(tmp_path, {"corpus.jsonl.gz": gzip.compress(jsonl_of(make_texts(9, 300)))})
    (tmp_path / "work").mkdir()
    figures = prove(tmp_path / "corpus.jsonl.gz", tmp_path / "work", options)
    assert figures["kept"] + figures["dropped"] == figures["lines"] == 302
    assert figures["dropped"] > 100
    assert figures["clusters_after"] == figures["capped_buckets"] == 0
