"""``dedupe check`` through real processes: a story in a real git repository, and its edges."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dedupe.sketch import load_kernels
from tests.support.command import (
    FIXTURES,
    clean_environment,
    dedupe_command,
    run_git,
    run_here,
    run_process,
)
from tests.support.junit import JUnitFile, told_by

ARTICLES = FIXTURES / "articles"
KERNELS = load_kernels().name
ORIGINAL, REPRINT = "harbour-bridge_citydesk.txt", "harbour-bridge_newswire.txt"
BASELINE = ".dedupe-baseline"
SLOW = "the compiled kernels are not installed"
CHECK = ("check", "articles", "--baseline", BASELINE, "--kernels", KERNELS)


class Repository:
    """A git repository with articles, in which the command is run.

    :ivar in_process: whether the command runs in this process, which is quicker, or in its own
    """

    def __init__(self, folder: Path, in_process: bool) -> None:
        self.folder = folder
        self.articles = folder / "articles"
        self.in_process = in_process

    def git(self, *arguments: str) -> str:
        result = run_git(self.folder, *arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def add(self, name: str, under: str = "") -> None:
        shutil.copy(ARTICLES / name, self.articles / (under or name))

    def run(self, *arguments: str, code: int, stdin: bytes = b"") -> str:
        """What it writes; where there is no error, nothing goes to standard error."""
        run = run_here if self.in_process else run_process
        found, output, told = run(arguments, self.folder, stdin)
        assert found == code, told + output
        assert "Traceback" not in told
        told = "".join(line for line in told.splitlines(True) if SLOW not in line)
        assert bool(told) == (code == 2), told
        return told if code == 2 else output

    def check(self, *arguments: str, code: int) -> str:
        return self.run(*CHECK, *arguments, code=code)

    def update(self) -> str:
        return self.check("--update-baseline", code=0)

    @property
    def baseline(self) -> bytes:
        return (self.folder / BASELINE).read_bytes()


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """Articles of which no two are duplicates, and an empty baseline, committed."""
    made = Repository(tmp_path_factory.mktemp("template"), in_process=False)
    made.articles.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    for name in (ORIGINAL, "unrelated_bakery.txt", "unrelated_chess.txt", "typos.txt"):
        made.add(name)
    made.update()
    made.commit("articles")
    return made.folder


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Repository:
    return Repository(shutil.copytree(template, tmp_path / "repository"), in_process=True)


@pytest.fixture
def real_repository(repository: Repository) -> Repository:
    repository.in_process = False
    return repository


def flat(told: str) -> str:
    """Without the breaks of lines."""
    return " ".join(told.split())


def entries(baseline: bytes) -> list[str]:
    lines = baseline.decode().splitlines()
    return [line for line in lines if line[:1] not in "#" and line.count(" ") == 2]


# --- the story --------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_story_of_continuous_integration(real_repository):
    repository = real_repository

    # A clean corpus passes.
    assert "Passed: no new duplicates · 4 documents" in repository.check(code=0)

    # A reprint is added: it fails, names it, and says what to do.
    repository.add(REPRINT)
    repository.commit("a reprint")
    told = repository.check(code=1)
    assert ORIGINAL in told
    assert REPRINT in told
    assert "Jaccard 0.82" in told
    assert "Also Read" in told
    assert "Failed: 1 new duplicate · 5 documents" in told
    assert "dedupe check --update-baseline articles --baseline .dedupe-baseline" in flat(told)

    # It is accepted; the change of the file is fit for review.
    assert "Baseline .dedupe-baseline: 2 documents added, 0 taken out" in repository.update()
    added = [
        line
        for line in repository.git("diff", "--unified=0", BASELINE).splitlines()
        if line[0] == "+"
    ]
    assert sorted(line.split()[-1] for line in added[1:]) == [f'"{ORIGINAL}"', f'"{REPRINT}"']
    repository.commit("accepted")
    assert "Passed: no new duplicates · 5 documents · 1 known duplicate" in repository.check(code=0)

    # Renamed, moved: no matter, and nothing is told.
    (repository.articles / "2024").mkdir()
    repository.git("mv", f"articles/{REPRINT}", "articles/2024/newswire.txt")
    repository.commit("renamed")
    renamed = repository.check(code=0)
    assert "no longer" not in renamed

    # One more copy of the known duplicate fails, and is named.
    repository.add(REPRINT, "copy.txt")
    repository.commit("a copy more")
    told = repository.check(code=1)
    assert "1  copy.txt" in told
    assert "the same text as 2024/newswire.txt, which is in the baseline" in told
    (repository.articles / "copy.txt").unlink()
    repository.commit("and away")
    repository.check(code=0)

    # Another document in the place of the known duplicate fails: also under its very name.
    text = (repository.articles / "2024/newswire.txt").read_text(encoding="utf-8")
    swapped = text.replace("barge", "boat")
    (repository.articles / "2024/newswire.txt").write_text(swapped, encoding="utf-8")
    repository.commit("swapped")
    told = repository.check(code=1)
    assert "1  2024/newswire.txt" in told
    assert "near-duplicate of harbour-bridge_citydesk.txt (Jaccard 0." in told
    assert "% of its text), which is in the baseline" in flat(told)
    repository.update()
    (repository.articles / "2024/newswire.txt").write_text(text, encoding="utf-8")
    assert "in the baseline with another text" in flat(repository.check(code=1))
    repository.git("checkout", "--quiet", ".")
    repository.update()
    repository.commit("accepted as it is now")

    # The original is removed: told, and passed.
    repository.git("rm", "--quiet", f"articles/{ORIGINAL}")
    repository.commit("removed")
    told = repository.check(code=0)
    assert "2 documents of the baseline are no longer duplicates" in flat(told)
    assert ORIGINAL in told
    assert "Passed: no new duplicates · 4 documents" in told
    assert "Baseline .dedupe-baseline: 0 documents added, 2 taken out" in repository.update()
    assert entries(repository.baseline) == []


def test_a_removal_cannot_be_filled_by_another(repository):
    repository.add(REPRINT)
    repository.update()
    (repository.articles / ORIGINAL).unlink()
    repository.check(code=0)
    text = (ARTICLES / ORIGINAL).read_text(encoding="utf-8")
    (repository.articles / "new.txt").write_text(text + "\nMore.\n", encoding="utf-8")
    told = repository.check(code=1)
    assert "1  new.txt" in told
    shutil.copy(ARTICLES / ORIGINAL, repository.articles / "new.txt")
    repository.check(code=0)


# --- the file ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_baseline_is_the_same_bytes_whatever_the_order(repository, tmp_path):
    shutil.rmtree(repository.articles)
    shutil.copytree(ARTICLES, repository.articles)
    repository.update()
    first = repository.baseline
    assert len(entries(first)) == 19
    names = sorted(os.listdir(repository.articles), reverse=True)
    other = tmp_path / "other" / "articles"
    other.mkdir(parents=True)
    for name in names:
        shutil.copy(ARTICLES / name, other / name)
    for seed, workers in ((1, 1), (2, 3)):
        (other.parent / BASELINE).unlink(missing_ok=True)
        subprocess.run(
            [*dedupe_command(), *CHECK, "--update-baseline", "--workers", str(workers)],
            cwd=other.parent,
            check=True,
            capture_output=True,
            env=clean_environment(PYTHONHASHSEED=str(seed)),
        )
        assert (other.parent / BASELINE).read_bytes() == first
    before = os.stat(repository.folder / BASELINE).st_mtime_ns
    assert "no document added or taken out" in repository.update()
    assert os.stat(repository.folder / BASELINE).st_mtime_ns == before


def test_two_branches_merge_without_conflict(repository):
    """Each accepts another duplicate; their lines stand apart, and both are covered after it."""
    repository.add("ferry-strike.txt")
    repository.add("ferry-strike_mirror.txt")
    repository.update()
    repository.commit("a duplicate between the two, by its hash")
    for branch, names in (
        ("one", ["orchard-frost.txt", "orchard-frost_retyped.txt"]),
        ("other", ["zh_metro.txt", "zh_metro_reprint.txt"]),
    ):
        repository.git("checkout", "--quiet", "-b", branch, "main")
        for name in names:
            repository.add(name)
        repository.check(code=1)
        repository.update()
        repository.commit(branch)
    base = repository.git("show", "main:" + BASELINE).encode()
    one = repository.git("show", "one:" + BASELINE).encode()
    assert {*entries(base)} < {*entries(one)}
    # Neighbouring lines would conflict in git; the attribute takes both sides.
    (repository.folder / ".gitattributes").write_text(f"{BASELINE} merge=union\n")
    repository.git("merge", "--quiet", "--no-edit", "one")
    repository.check(code=0)
    before = repository.baseline
    repository.update()
    assert sorted(before.splitlines()) == sorted(repository.baseline.splitlines())


def test_a_merge_in_disorder_is_read(repository):
    repository.add(REPRINT)
    repository.update()
    title, *lines = repository.baseline.splitlines(keepends=True)
    (repository.folder / BASELINE).write_bytes(
        b"\r\n".join(line.rstrip() for line in [title, *reversed(lines), b"", *lines]) + b"\r\n"
    )
    repository.check(code=0)
    repository.add(REPRINT, "copy.txt")
    repository.check(code=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: None, "there is no such baseline; --update-baseline writes it"),
        (lambda text: b"", "is not a baseline of dedupe"),
        (lambda text: b"\xff\xff", "it is not UTF-8"),
        (lambda text: b"# notes\n" + text, "is not a baseline of dedupe"),
        (
            lambda text: text.replace(b"baseline 2", b"baseline 3"),
            "of version 3, this dedupe reads",
        ),
        (lambda text: text.replace(b"baseline 2", b"baseline x"), "is not a baseline of dedupe"),
        (lambda text: text[:-8], ":15: the line is damaged"),
        (lambda text: text + b'0123456789ab 01 "x"\n', ":16: the line is damaged"),
        (lambda text: text + b"<<<<<<< HEAD\n", ":16: a merge conflict is not resolved"),
        (lambda text: text.replace(b"setting seed = 1\n", b""), "it does not tell seed"),
        (lambda text: text + b"setting seed = 2\n", ":16: the line is damaged"),
        (lambda text: text + b"setting colour = 2\n", ":16: the line is damaged"),
        (
            lambda text: text + b"setting seed = [" + b"[" * 99999 + b"\n",
            ":16: the line is damaged",
        ),
    ],
)
def test_a_baseline_that_cannot_be_used_is_an_error_and_stays(repository, change, said):
    repository.add(REPRINT)
    repository.update()
    path = repository.folder / BASELINE
    changed = change(repository.baseline)
    path.unlink()
    if changed is not None:
        path.write_bytes(changed)
    assert said in repository.check(code=2)
    if changed is not None:
        assert BASELINE in repository.check("--update-baseline", code=2)
        assert path.read_bytes() == changed
    else:
        assert not path.exists()


def test_other_settings_are_an_error_until_it_is_updated(repository):
    told = repository.check("--threshold", "0.8", "--shingle-size", "4", code=2)
    assert "threshold 0.7, now 0.8" in told
    assert "shingle_size 5, now 4" in told
    repository.check("--linkage", "single", "--keep", "first", "--workers", "1", code=0)
    repository.check("--threshold", "0.8", "--update-baseline", code=0)
    repository.check("--threshold", "0.8", code=0)
    assert b"setting threshold = 0.8\n" in repository.baseline


def test_only_an_update_writes_and_only_a_baseline_is_replaced(repository):
    repository.add(REPRINT)
    before = repository.baseline
    repository.check(code=1)
    assert repository.baseline == before
    notes = repository.folder / "notes.txt"
    notes.write_text("mine\n")
    told = repository.run(
        "check", "articles", "--baseline", "notes.txt", "--update-baseline", code=2
    )
    assert "notes.txt: is not a baseline of dedupe" in told
    assert notes.read_text() == "mine\n"
    for output in (BASELINE, f"json:./articles/../{BASELINE}"):
        told = repository.check("--output", output, "--update-baseline", code=2)
        assert "is the baseline; name another --output" in told
    assert repository.baseline == before
    told = repository.run("check", "articles", "--update-baseline", code=2)
    assert "--update-baseline takes --baseline FILE" in told
    told = repository.run(
        "check", "articles", "--baseline", "articles", "--update-baseline", code=2
    )
    assert "is a directory" in told
    told = repository.run("check", "articles", "--baseline", "no/b", "--update-baseline", code=2)
    assert "does not exist" in told
    os.mkfifo(repository.folder / "pipe")
    told = repository.run("check", "articles", "--baseline", "pipe", "--update-baseline", code=2)
    assert "is not a regular file" in told


def test_the_file_keeps_its_mode_and_its_link(repository):
    path = repository.folder / "elsewhere"
    (repository.folder / BASELINE).rename(path)
    path.chmod(0o600)
    (repository.folder / BASELINE).symlink_to("elsewhere")
    repository.add(REPRINT)
    repository.update()
    assert (repository.folder / BASELINE).is_symlink()
    assert len(entries(path.read_bytes())) == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_baseline_among_the_documents_is_none(repository):
    repository.add(REPRINT)
    for name in ("base.txt", "articles/[base]*.txt"):
        named = ("check", ".", "--baseline", name, "--quiet")
        repository.run(*named, "--update-baseline", code=0)
        verdict = json.loads(repository.run(*named, "--format", "json", code=0))
        assert verdict["document_count"] == 5
        assert verdict["known_count"] == 1
        for path in (name, f"{name}.seen"):
            (repository.folder / path).unlink()


def test_hostile_ids_stay_on_their_line(repository):
    text = (ARTICLES / "typos.txt").read_text(encoding="utf-8")
    names = [
        'a\n0123456789ab "x"',
        "b\x1b[2J",
        "c\u202e\u2028d",
        'e"\\',
        "f\ud83d\ude00",
        "##[error]",
    ]
    records = [json.dumps({"id": name, "text": text}) for name in names]
    (repository.articles / "x.jsonl").write_text("\n".join(records) + "\n")
    told = repository.check(code=1)
    repository.update()
    for control in "\x1b\u202e\u2028":
        assert control not in told
        assert control not in repository.baseline.decode()
    assert len(entries(repository.baseline)) >= 5
    assert "Passed: no new" in repository.check(code=0)
    assert "6 known duplicates" in repository.check(code=0)


# --- limits, output, exit codes ---------------------------------------------------------------


def run_check(repository, *arguments, code):
    """All articles, ten of which are duplicates, without a baseline."""
    copied = repository.folder / "all"
    if not copied.exists():
        shutil.copytree(ARTICLES, copied)
    named = ("check", "all", "--kernels", KERNELS, "--exclude", "empty.txt")
    return repository.run(*named, "--exclude", "punct*", *arguments, code=code)


def test_without_a_baseline_every_duplicate_fails(repository):
    told = run_check(repository, "--diff", "none", code=1)
    assert "Failed: 10 duplicates · 25 documents" in told
    assert "baseline" not in told.rpartition("Remove the copies")[0]
    assert "dedupe check --baseline .dedupe-baseline --update-baseline all" in flat(told)
    repository.check(code=0)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--max-duplicates", "10"], 0),
        (["--max-duplicates", "9"], 1),
        (["--max-duplicate-ratio", "0.4"], 0),
        (["--max-duplicate-ratio", "0.39"], 1),
        (["--max-duplicate-ratio", "0.4", "--max-duplicates", "9"], 1),
        (["--fail-on", "identical", "--max-duplicates", "2"], 0),
        (["--fail-on", "identical,normalised", "--max-duplicates", "2"], 1),
        (["--fail-on", "normalised", "--fail-on", "identical", "--max-duplicates", "3"], 0),
        (["--threshold", "0.95", "--fail-on", "near"], 0),
    ],
)
def test_limits_decide(repository, arguments, code):
    verdict = json.loads(run_check(repository, *arguments, "--format", "json", code=code))
    assert verdict["passed"] == (code == 0)
    assert bool(verdict["exceeded"]) == (code == 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--max-duplicates", "-1"], "max-duplicates"),
        (["--max-duplicates", "many"], "many"),
        (["--max-duplicate-ratio", "1.5"], "max_duplicate_ratio"),
        (["--fail-on", "linked"], "linked"),
        (["--fail-on", ","], "fail_on"),
        (["--format", "xml"], "xml"),
        (["nowhere"], "nowhere"),
    ],
)
def test_wrong_options_are_errors(repository, arguments, said):
    assert said in run_check(repository, *arguments, code=2)


def test_a_scan_of_nothing_or_of_a_missing_path_is_an_error(repository):
    (repository.folder / "empty").mkdir()
    for extra in ([], ["--update-baseline"]):
        told = repository.run("check", "empty", "--baseline", BASELINE, *extra, code=2)
        assert "no document could be read" in told
    before = repository.baseline
    repository.add(REPRINT)
    told = repository.check("nowhere", "--update-baseline", code=2)
    assert "nowhere; the baseline was not written" in told
    assert repository.baseline == before
    assert "could not be read: nowhere" in repository.check("nowhere", code=2)


def test_the_json_verdict(repository):
    repository.add(REPRINT)
    verdict = json.loads(repository.check("--format", "json", code=1))
    cluster_id = verdict["new"][0].pop("cluster_id")
    jaccard = verdict["new"][0].pop("jaccard")
    containment = verdict["new"][0].pop("copy_containment")
    own_containment = verdict["new"][0].pop("containment")
    new = verdict["new"][0]
    assert verdict == {
        "verdict_version": 2,
        "passed": False,
        "exceeded": ["max_duplicates"],
        "limits": {
            "max_duplicates": "auto",
            "max_duplicate_ratio": "auto",
            "fail_on": ["identical", "normalised", "near"],
        },
        "document_count": 5,
        "reference_count": 0,
        "duplicate_count": 1,
        "known_count": 0,
        "new": [
            {
                "id": REPRINT,
                "relation": "near",
                "copy_of": ORIGINAL,
                "is_copy_known": True,
                "change": "added",
                "path": f"articles/{REPRINT}",
                "line": 0,
                "is_copy_reference": False,
                "is_copy_present": False,
            }
        ],
        "tolerated": [],
        "gone": [],
        "baseline": {
            "file": BASELINE,
            "is_updated": False,
            "added_count": 0,
            "removed_count": 0,
        },
        "since": None,
        "warnings": [],
    }
    scanned = json.loads(repository.run("scan", "articles", "--format", "json", code=0))
    [cluster] = scanned["clusters"]
    [pair] = cluster["pairs"]
    assert (cluster["cluster_id"], pair["jaccard"]) == (cluster_id, jaccard)
    side = "left_count" if pair["left"] == new["copy_of"] else "right_count"
    assert containment == pair["shared_count"] / pair[side]
    side = {"left_count": "right_count", "right_count": "left_count"}[side]
    assert own_containment == pair["shared_count"] / pair[side]
    [line] = repository.check("--format", "jsonl", code=1).splitlines()
    figures = {"cluster_id": cluster_id, "jaccard": jaccard, "copy_containment": containment}
    assert json.loads(line) == {**new, **figures, "containment": own_containment}
    updated = json.loads(repository.check("--format", "json", "--update-baseline", code=0))
    assert updated["passed"]
    assert updated["baseline"]["is_updated"]
    assert updated["baseline"]["added_count"] == 2


def test_lines_of_records_are_told(repository):
    text = (ARTICLES / "typos.txt").read_text(encoding="utf-8")
    (repository.articles / "x.jsonl").write_text(
        json.dumps({"id": "first", "text": "something else"})
        + "\n"
        + json.dumps({"id": "second", "text": text + " More."})
        + "\n"
    )
    repository.add("typos_retyped.txt")
    repository.update()
    (repository.articles / "y.jsonl").write_text(
        "\n" + json.dumps({"id": "third", "text": text + " More."}) + "\n"
    )
    [line] = repository.check("--format", "jsonl", code=1).splitlines()
    new = json.loads(line)
    assert (new["id"], new["path"], new["line"]) == ("third", "articles/y.jsonl", 2)
    assert "articles/y.jsonl:2" in repository.check(code=1)


def test_top_and_diff(repository):
    told = run_check(repository, "--top", "3", "--diff", "summary", code=1)
    assert "⋯ 7 more" in told
    assert "{+" not in told
    told = run_check(repository, "--diff", "summary", code=1)
    assert "+13 words in 3 places" in told
    assert "{+Also Read" in run_check(repository, code=1)


def test_markdown_keeps_its_limit_and_says_what_is_left_out(repository):
    sizes = []
    for limit in (4096, 6000, 65536):
        shown = ("--format", "markdown", "--markdown-limit", str(limit))
        told = run_check(repository, *shown, code=1)
        sizes.append(len(told.encode()))
        assert sizes[-1] <= limit
        assert ("Differences that are not shown" in told) == (limit < 65536)
        assert told.count("<details>") == told.count("</details>")
    assert sizes == sorted(sizes)
    assert sizes[1] > 4096
    long = [{"id": f"{i:04}" + "y" * 200, "text": "the same text"} for i in range(100)]
    (repository.folder / "all/x.jsonl").write_text("\n".join(map(json.dumps, long)))
    told = run_check(repository, "--top", "0", "--quiet", *shown[:3], "4096", code=1)
    assert len(told.encode()) <= 4096
    rows = told.count("identical")
    assert f"{109 - rows} more new duplicates are not shown here" in told


def test_the_github_format_gives_annotations(repository):
    told = run_check(repository, "--format", "github", code=1)
    assert told.count("::error file=all/") == 9  # (and one that counts the rest)
    assert "5 more new duplicates" in told
    repository.run(
        "check", "all", "--quiet", "--max-duplicates", "10", "--format", "github", code=0
    )
    warned = run_check(repository, "--format", "github", "--max-duplicates", "10", code=0)
    assert warned.count("::warning file=all/") == 9


def test_the_list_of_tests_agrees_with_the_exit_code(repository):
    repository.add(REPRINT)
    repository.update()
    repository.add("typos_retyped.txt")
    written = ("--output", "json:v.json", "--output", "v.junit.xml")
    for limits, code in (((), 1), (("--max-duplicates", "1"), 0), (("--fail-on", "identical"), 0)):
        repository.check(*written, *limits, code=code)
        verdict = json.loads((repository.folder / "v.json").read_text())
        shown = JUnitFile((repository.folder / "v.junit.xml").read_bytes())
        cases = shown.of_class("dedupe.duplicate")
        (new,) = verdict["new"] or verdict["tolerated"]
        failed = shown.named("dedupe.duplicate", "failure")
        assert failed == ({new["id"]} if code else set())
        assert cases[new["id"]].get("file") == f"articles/{new['id']}"
        assert "New" in told_by(cases[new["id"]])
        known = [case for id, case in cases.items() if id != new["id"]]
        assert len(known) == verdict["known_count"] > 0
        assert all(told_by(case).startswith("Not new.") for case in known)
        assert shown.properties["passed"] == str(not code).lower()


def test_several_outputs_from_one_check(repository):
    repository.add(REPRINT)
    repository.update()
    repository.add("typos_retyped.txt")
    written = ("json:v.json", "sarif:v.sarif", "csv:v.csv", "v.md", "text:-")
    options = [part for each in written for part in ("--output", each)]
    told = repository.check(*options, code=1)
    assert "Failed: 1 new duplicate" in told
    assert "--output" not in told
    verdict = json.loads((repository.folder / "v.json").read_text())
    [new] = verdict["new"]
    results = json.loads((repository.folder / "v.sarif").read_text())["runs"][0]["results"]
    states = [(each["baselineState"], each["ruleId"]) for each in results]
    assert states == [("new", "duplicate-near"), ("unchanged", "duplicate-near")]
    assert new["id"] in results[0]["message"]["text"]
    assert "### dedupe: failed" in (repository.folder / "v.md").read_text()
    assert (repository.folder / "v.csv").read_text().count("\n") == 5
    taken = repository.check("--output", "articles/typos.txt", code=2)
    assert "is one of the files to scan" in taken


def test_a_new_document_that_becomes_the_representative_is_the_new_one(repository):
    """In the verdict and in SARIF alike; which one leads follows from the keep rules."""
    repository.add(REPRINT)
    repository.update()
    text = (ARTICLES / ORIGINAL).read_text(encoding="utf-8")
    (repository.articles / "longest.txt").write_text(text + "\nAnd more.\n" * 9, encoding="utf-8")
    keep = ("--keep", "longest", "--output", "json:-", "--output", "v.sarif")
    verdict = json.loads(repository.check(*keep, code=1))
    assert [new["id"] for new in verdict["new"]] == ["longest.txt"]
    assert verdict["new"][0]["copy_of"] == ORIGINAL
    results = json.loads((repository.folder / "v.sarif").read_text())["runs"][0]["results"]
    new = [each for each in results if each["baselineState"] == "new"]
    assert len(new) == 1
    assert "Kept: harbour-bridge_citydesk.txt. This document: longest.txt" in str(new[0]["message"])


def test_narrow_terminals_and_colours(repository):
    assert "\x1b[31" in run_check(repository, "--color", "always", code=1)
    for columns in (100, 40):
        with pytest.MonkeyPatch.context() as patch:
            size = os.terminal_size((columns, 20))
            patch.setattr("shutil.get_terminal_size", lambda size=size: size)
            plain = run_check(repository, "--diff", "none", code=1)
        assert "\x1b" not in plain
        assert columns - 10 < max(map(len, plain.splitlines())) <= columns


def test_settings_may_stand_in_a_file(repository):
    (repository.folder / "dedupe.toml").write_text(
        f'baseline = "{BASELINE}"\nmax_duplicates = 1\n'
        'fail_on = "near, identical"\nformat = "json"\n'
    )
    repository.add(REPRINT)
    verdict = json.loads(repository.run("check", "articles", code=0))
    assert verdict["limits"]["fail_on"] == ["near", "identical"]
    assert verdict["baseline"]["file"] == BASELINE
    assert len(verdict["new"]) == 1
    repository.run("check", "articles", "--max-duplicates", "0", code=1)
    below = subprocess.run(
        [*dedupe_command(), "check", ".", "--quiet"],
        cwd=repository.articles,
        capture_output=True,
        check=True,
        env=clean_environment(),
    )
    assert json.loads(below.stdout)["document_count"] == 5
    shown = repository.run("config", "show", "--fail-on", "near", code=0)
    assert "fail_on" in shown
    assert "command line" in shown
    repository.run("scan", "articles", code=0)
    (repository.folder / "dedupe.toml").write_text("max_duplicates = -1\n")
    assert "dedupe.toml: max_duplicates is -1" in repository.run("check", "articles", code=2)


def test_standard_input_can_be_checked(repository):
    text = (ARTICLES / "typos.txt").read_text(encoding="utf-8")
    records = "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i in range(2))
    told = repository.run("check", "-", "--kernels", KERNELS, code=1, stdin=records.encode())
    assert "the same text as" in told


def test_help_names_the_exit_codes(repository):
    told = repository.run("check", "--help-all", code=0)
    for part in ("0 passed", "1 failed", "--update-baseline", "--fail-on", "--max-duplicate-ratio"):
        assert part in told
