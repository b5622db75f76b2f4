"""The gate in real repositories: which of two documents is new, whatever they are called."""

from __future__ import annotations

import html
import json
import shutil
from pathlib import Path

import pytest

from dedupe.model.output_marks import GITHUB_MARK
from tests.support.command import run_git, run_here

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
        annotations = (base / "v.github").read_text().removeprefix(GITHUB_MARK).splitlines()
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


# --- what git knows -----------------------------------------------------------------------------


@pytest.mark.parametrize(("original", "reprint", "variant"), VARIANTS)
def test_git_tells_which_is_new(repository, original, reprint, variant):
    repository.write(original, make_article(variant))
    repository.commit()
    repository.write(reprint, make_reprint(variant))
    if variant % 2:  # (what is committed since, and what is not even known to git)
        repository.commit()
        repository.write(
            "later.txt", "Something else that came later, and that nobody copied. " * 3
        )
        repository.commit()
    since = f"HEAD~{2 * (variant % 2)}"
    assert repository.named("--since", since) == points_at(reprint)
    told = " ".join(repository.check("--since", since, code=1).split())
    assert "which was there before" in told
    assert "is not known" not in told


@pytest.mark.parametrize("change", ["renamed", "edited", "renamed and edited", "with CRLF"])
@pytest.mark.parametrize("variant", range(4))
def test_a_change_of_the_original_beside_the_reprint(repository, change, variant):
    repository.write("m.txt", make_article(variant))
    repository.commit()
    name = "b.txt" if "renamed" in change else "m.txt"
    (repository.articles / "m.txt").unlink()
    text = make_article(variant).replace("word7 ", "altered " * ("edited" in change) or "word7 ")
    repository.write(name, text.replace(" word9 ", "\r\n") if "CRLF" in change else text)
    repository.write("a.txt", make_reprint(variant))
    if change == "renamed and edited":  # (then neither text nor name was there)
        assert "which is new too" in " ".join(repository.check("--since", "HEAD", code=1).split())
    else:
        assert repository.named("--since", "HEAD") == points_at("a.txt")


def test_a_reprint_as_a_record_of_a_file_that_was_there(repository):
    def write(*texts: str) -> None:
        lines = [json.dumps({"id": f"r{i}", "text": text}) for i, text in enumerate(texts)]
        repository.write("a.jsonl", "\n".join(lines) + "\n")

    write("The first record is about something else.", make_article(0))
    repository.commit()
    write(make_reprint(0), "The first record is about something else.", make_article(0))
    [new] = json.loads(repository.check("--since", "HEAD", "--format", "json", code=1))["new"]
    assert (new["path"], new["line"], new["change"]) == ("articles/a.jsonl", 1, "added")
    assert new["is_copy_present"]


def test_two_that_were_there_are_told_as_such(repository):
    repository.write("m.txt", make_article(0))
    repository.write("a.txt", make_reprint(0))
    repository.commit()
    told = " ".join(repository.check("--since", "HEAD", code=1).split())
    assert "both were there before" in told
    repository.check("--since", "HEAD", "--baseline", BASELINE, "--update-baseline", code=0)
    repository.check("--since", "HEAD", "--baseline", BASELINE, code=0)


def test_an_old_article_is_not_told_for_what_came_after_it(repository):
    """The reprint is in the middle and becomes the representative; the outer two are unlike."""
    words = [f"w{i}" for i in range(200)]
    changed = [*(f"a{i}" for i in range(24)), *words[24:]]
    both = [*changed[:-24], *(f"b{i}" for i in range(24))]
    for name, text in (("p.txt", words), ("q.txt", both)):
        repository.write(name, " ".join(text))
    repository.check(code=0)
    repository.commit()
    repository.write("reprint.txt", " ".join(changed))
    assert repository.named("--since", "HEAD") == points_at("reprint.txt")
    report = json.loads((repository.folder / "../v.sarif").read_text())
    assert len(report["runs"][0]["results"]) == 1


def test_ids_with_folders_and_paths_that_git_would_quote(repository):
    repository.write('sub/ü "x".txt', make_article(0))
    repository.write("one/known.txt", "Another text of its own that is here for no reason at all.")
    repository.commit()
    repository.write('sub/ü "x".txt', make_article(0) + "More.")
    repository.write("one/a.txt", make_reprint(0))
    paths = ("articles/one", "articles/sub")
    verdict = repository.run("check", *paths, "--since", "HEAD", "--format", "json", code=1)
    [new] = json.loads(verdict)["new"]
    assert (new["id"], new["change"]) == ("articles/one/a.txt", "added")


def test_what_git_cannot_tell_is_an_error(repository, tmp_path, monkeypatch):
    repository.write("m.txt", make_article(0))
    repository.commit()
    for revision, said in (
        ("nowhere", "there is no such commit"),
        ("--output=x", "is not a revision"),
        ("", "is not a revision"),
        ("HEAD:articles", "there is no such commit"),
    ):
        repository.check(f"--since={revision}", code=2)
        assert said in repository.told
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.txt").write_text("a text outside")
    repository.run("check", str(outside), "--since", "HEAD", code=2)
    assert "is in no git repository" in repository.told
    repository.run("check", "articles", str(outside), "--since", "HEAD", code=2)
    assert "is not in the repository" in repository.told
    monkeypatch.setenv("PATH", str(tmp_path))
    repository.check("--since", "HEAD", code=2)
    assert "--since needs git" in repository.told


def test_a_shallow_clone_says_what_to_fetch(repository, tmp_path):
    repository.write("m.txt", make_article(0))
    repository.commit()
    first = repository.git("rev-parse", "HEAD").strip()
    repository.write("a.txt", make_reprint(0))
    repository.commit()
    url = repository.folder.as_uri()
    assert run_git(tmp_path, "clone", "--quiet", "--depth=1", url, "clone").returncode == 0
    _, _, told = run_here(("check", "articles", "--since", first), tmp_path / "clone", b"")
    assert "in a shallow clone" in told
    assert "fetch-depth: 0" in told


def test_git_is_asked_in_a_hook_as_elsewhere(repository, monkeypatch, tmp_path):
    """A hook has the variables of its own repository, and its own index."""
    repository.write("m.txt", make_article(0))
    repository.commit()
    repository.write("a.txt", make_reprint(0))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    found = repository.named("--since", "HEAD")
    assert found == points_at("a.txt")
