"""The gate in real repositories: which of two documents is new, whatever they are called."""

from __future__ import annotations

import html
import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import run_git
from tests.test_check import run_here

BASELINE = ".dedupe-baseline"
WORDS = [f"word{i}" for i in range(120)]
NAMES = [("m.txt", "a.txt"), ("m.txt", "z.txt"), ("10.txt", "9.txt"), ("M.txt", "m.txt")]
VARIANTS = [(*names, variant) for names in NAMES for variant in range(5)]


def make_article(variant: int) -> str:
    return " ".join([*WORDS, f"ending{variant}"]) + ".\n"


def make_reprint(variant: int) -> str:
    """Nearly the same; which of the two has the smaller hash is left to chance."""
    return f"also read this {variant} " + " ".join(WORDS) + ".\n"


class Repository:
    """A repository with an unrelated article, in which the command is run.

    :ivar told: what the last run wrote to standard error
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.articles = folder / "articles"
        self.articles.mkdir(parents=True)
        self.told = ""
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("unrelated.txt", "Bread is baked in the morning, and sold until noon. " * 5)

    def git(self, *arguments: str) -> str:
        result = run_git(self.folder, *arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def write(self, name: str, text: str) -> None:
        path = self.articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "articles")

    def run(self, *arguments: str, code: int, folder: str = ".") -> str:
        found, output, self.told = run_here(arguments, self.folder / folder, b"")
        assert found == code, self.told + output
        assert "Traceback" not in self.told
        return output

    def check(self, *arguments: str, code: int, folder: str = ".") -> str:
        named = ("check", "articles", "--diff", "none", *arguments)
        return self.run(*named, code=code, folder=folder)

    def named(self, *arguments: str, folder: str = ".") -> dict[str, set[str]]:
        """The files that each format points at, of a gate that fails."""
        outputs = ("text:-", "json:../v.json", "sarif:../v.sarif", "github:../v.github")
        options = [part for each in outputs for part in ("--output", each)]
        text = self.check(*arguments, *options, code=1, folder=folder)
        base = self.folder / folder / ".."
        verdict = json.loads((base / "v.json").read_text())
        [run] = json.loads((base / "v.sarif").read_text())["runs"]
        places = [
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for result in run["results"]
            if result["baselineState"] == "new"
        ]
        annotations = (base / "v.github").read_text().splitlines()
        return {
            "text": {line.split()[1] for line in text.splitlines() if line.startswith(" 1  ")},
            "json": {new["id"] for new in verdict["new"]},
            "sarif": {*places},
            "github": {line.partition("file=")[2].partition(",")[0] for line in annotations},
        }


def points_at(name: str, folder: str = "articles") -> dict[str, set[str]]:
    whole = f"{folder}/{name}"
    return {"text": {name}, "json": {name}, "sarif": {whole}, "github": {whole}}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.mark.parametrize(("original", "reprint", "variant"), VARIANTS)
def test_a_reprint_is_the_new_one_whatever_the_names(repository, original, reprint, variant):
    repository.write(original, make_article(variant))
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    repository.commit()
    repository.write(reprint, make_reprint(variant))
    assert repository.named("--baseline", BASELINE) == points_at(reprint)
    text = repository.check("--baseline", BASELINE, code=1)
    assert f"near-duplicate of {original}" in text
    assert "which is in the baseline" in " ".join(text.split())


def test_the_variants_have_both_orders_of_hashes():
    """Else the tests above would show nothing: without a memory the smaller hash decides."""
    import xxhash

    def low_half(text: str) -> str:
        return xxhash.xxh3_128_hexdigest(text.encode())[16:]

    orders = [low_half(make_article(i)) < low_half(make_reprint(i)) for i in range(5)]
    assert {*orders} == {True, False}


@pytest.mark.parametrize("variant", range(5))
def test_where_nothing_tells_both_are_named(repository, variant):
    repository.write("m.txt", make_article(variant))
    repository.write("a.txt", make_reprint(variant))
    found = repository.named()
    both = {"articles/m.txt", "articles/a.txt"}
    assert (found["sarif"], found["github"]) == (both, both)
    [new] = json.loads((repository.folder / "../v.json").read_text())["new"]
    assert {new["id"], new["copy_of"]} == {"m.txt", "a.txt"}
    assert new["change"] == "unknown"
    for format in ("text", "markdown", "github"):
        told = html.unescape(" ".join(repository.check("--format", format, code=1).split()))
        assert "which of the two is new is not known" in told
        assert "m.txt" in told
        assert "a.txt" in told
    assert "which of the two is new is not known" in (repository.folder / "../v.sarif").read_text()


def test_a_stale_baseline_does_not_guess(repository):
    """An article that came in after the baseline was written, and then a reprint of it."""
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    repository.write("m.txt", make_article(0))
    repository.check("--baseline", BASELINE, code=0)
    repository.write("a.txt", make_reprint(0))
    told = " ".join(repository.check("--baseline", BASELINE, code=1).split())
    assert "which of the two is new is not known" in told
    assert "--update-baseline whenever documents come in" in told
    (repository.folder / f"{BASELINE}.seen").unlink()
    repository.check("--baseline", BASELINE, code=1)
    assert ".dedupe-baseline.seen: is missing" in repository.told


def test_of_equal_texts_the_one_that_kept_its_name_is_old(repository):
    for name in ("a.txt", "z.txt"):
        repository.write("m.txt", make_article(0))
        repository.check("--baseline", BASELINE, "--update-baseline", code=0)
        repository.write(name, make_article(0))
        assert repository.named("--baseline", BASELINE) == points_at(name)
        (repository.articles / name).unlink()


def test_a_renamed_original_is_still_the_old_one(repository):
    repository.write("m.txt", make_article(1))
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    (repository.articles / "m.txt").rename(repository.articles / "z.txt")
    repository.write("a.txt", make_reprint(1))
    assert repository.named("--baseline", BASELINE) == points_at("a.txt")


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_other_line_ends_are_the_same_corpus(repository, ends):
    lines = "\n".join(WORDS) + "\n"
    repository.write("m.txt", lines)
    repository.write("known.txt", "first\nsecond\nthird\n")
    repository.write("known2.txt", "first\nsecond\nthird\n")
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    files = [BASELINE, f"{BASELINE}.seen"]
    before = [(repository.folder / name).read_bytes() for name in files]
    for path in repository.articles.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", ends.encode()))
    assert "1 known duplicate" in repository.check("--baseline", BASELINE, code=0)
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    assert [(repository.folder / name).read_bytes() for name in files] == before
    repository.write("a.txt", "also read\n" + lines)
    assert repository.named("--baseline", BASELINE) == points_at("a.txt")


def test_a_baseline_of_version_1_is_read_and_written_anew(repository):
    """Its hashes are those of the texts as they stood: here with CRLF."""
    repository.write("m.txt", "one\r\ntwo\r\nthree\r\n")
    repository.write("n.txt", "one\r\ntwo\r\nthree\r\n")
    scanned = json.loads(repository.run("scan", "articles", "--format", "json", code=0))
    [cluster] = scanned["clusters"]
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    path = repository.folder / BASELINE
    settings = [line for line in path.read_text().splitlines() if line.startswith("setting ")]
    entries = [
        f'{member["content_hash"][:12]} {member["content_hash"]} "{member["id"]}"'
        for member in cluster["members"]
    ]
    (repository.folder / f"{BASELINE}.seen").unlink()
    path.write_text("\n".join(["dedupe-baseline 1", *settings, *entries, ""]))
    repository.check("--baseline", BASELINE, code=0)
    assert "is a baseline of version 1" in repository.told
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    assert "is written anew as version 2" in repository.told
    assert path.read_text().startswith("dedupe-baseline 2\n")
    for name in ("m.txt", "n.txt"):
        repository.write(name, "one\ntwo\nthree\n")
    repository.check("--baseline", BASELINE, code=0)
    assert repository.told == ""


def test_two_branches_that_add_the_same_unknown_to_each_other(repository):
    """Each adds an article that is unique there; merged, both are in the baseline as unique."""
    repository.write("m.txt", make_article(2))
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    companion = repository.folder / f"{BASELINE}.seen"
    ours = companion.read_text()
    (repository.articles / "m.txt").rename(repository.folder / "kept")
    repository.write("a.txt", make_reprint(2))
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    companion.write_text(companion.read_text() + ours.partition("\n")[2])
    shutil.move(repository.folder / "kept", repository.articles / "m.txt")
    told = " ".join(repository.check("--baseline", BASELINE, code=1).split())
    assert "both are in the baseline, but not as duplicates of each other" in told


def test_a_damaged_companion_is_an_error(repository):
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    companion = repository.folder / f"{BASELINE}.seen"
    good = companion.read_text()
    for bad, said in (
        (good + "<<<<<<< ours\n", "a merge conflict is not resolved"),
        (good + "0123\n", "the line is damaged"),
        (good.replace("seen 1", "seen 2"), "of version 2, this dedupe reads"),
        ("a text of mine\n", "is not a baseline of dedupe"),
    ):
        companion.write_text(bad)
        for update in ([], ["--update-baseline"]):
            repository.check("--baseline", BASELINE, *update, code=2)
            assert said in repository.told
        assert companion.read_text() == bad


# --- where files stand --------------------------------------------------------------------------


@pytest.mark.parametrize("told_by", ["git", "workspace", "linked workspace", "nothing"])
def test_a_run_in_a_subfolder_names_files_from_the_root(tmp_path, told_by, monkeypatch):
    repository = Repository(tmp_path / "repository" / "corpus")
    repository.write("m.txt", make_article(0))
    repository.check("--baseline", BASELINE, "--update-baseline", code=0)
    repository.write("a b.txt", make_reprint(0))
    expected = "articles/a%20b.txt" if told_by == "nothing" else "corpus/articles/a%20b.txt"
    root = tmp_path / "repository"
    shutil.rmtree(repository.folder / ".git")
    if told_by == "git":
        run_git(root, "init", "--quiet")
    elif told_by == "workspace":
        monkeypatch.setenv("GITHUB_WORKSPACE", str(root))
    elif told_by == "linked workspace":
        (tmp_path / "link").symlink_to(root)
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "link"))
    else:
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    found = repository.named("--baseline", BASELINE)
    assert found["sarif"] == {expected}
    assert found["github"] == {expected.replace("%20", " ")}
    assert found["json"] == {"a b.txt"}
    scanned = json.loads(repository.run("scan", "articles", "--format", "sarif", code=0))
    for result in scanned["runs"][0]["results"]:
        for place in (*result["locations"], *result["relatedLocations"]):
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.startswith(expected.removesuffix("a%20b.txt"))
