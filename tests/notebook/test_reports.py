"""What a report can do: tables, files, comparisons, the gate, acting, and how it shows itself."""

from __future__ import annotations

import copy
import json
import pickle
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dedupe
from dedupe.model import report as model
from dedupe.model.errors import BaselineError, ConfigError, InputError, ReportError
from dedupe.report.json import parse_report, render_json
from tests.cli.test_cli import run_on_terminal
from tests.support.command import run_command

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TEXT = "The ferry did not sail on Monday, because the crew were on strike again and nobody knew."
TEXTS = {
    "a": TEXT,
    "b": f"{TEXT} More of it.",
    "c": "The library in Dunmarsh opens on Sundays from October on, to the joy of its readers.",
}


@pytest.fixture
def articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(FIXTURES / "articles", tmp_path / "articles")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "articles"


@pytest.fixture
def report(articles: Path) -> dedupe.Report:
    return dedupe.scan("articles")


# --- one mechanism -------------------------------------------------------------------------


def test_a_report_is_one_for_every_stage(report: dedupe.Report) -> None:
    assert isinstance(report, model.Report)
    plain = parse_report(render_json(report))
    assert type(plain) is model.Report
    assert plain == report and report == plain
    assert not (plain != report or report != plain)
    assert list(plain.members()) == list(report.members()) == list(report.members)
    assert list(plain.pairs()) == list(report.pairs())
    assert plain.clusters == report.clusters
    other = msgspec.structs.replace(report, clusters=plain.clusters[1:])
    assert other != report and report != other and plain != other
    assert copy.deepcopy(report) == report
    for again in (pickle.loads(pickle.dumps(report)), copy.copy(report)):
        assert again == report and type(again) is dedupe.Report
        assert again.clusters.to_arrow().num_rows == len(report.clusters)
        assert str(again.diff(*[m.id for m in again.clusters[0].members[:2]]))


# --- tables --------------------------------------------------------------------------------

COLUMNS = {
    "clusters": "cluster_id representative member_count pair_count weakest_link weakest_jaccard",
    "members": "id cluster_id representative relation jaccard representative_containment "
    "token_count byte_count content_hash is_reference meta",
    "pairs": "left right relation shared_count left_count right_count jaccard cluster_id",
    "skipped": "id reason detail place",
}


@pytest.mark.parametrize("name", COLUMNS)
def test_tables(name: str, report: dedupe.Report) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    rows = getattr(report, name)
    table = rows.to_arrow()
    assert table.column_names == COLUMNS[name].split()
    assert table.num_rows == len(rows) > 0
    assert pyarrow.RecordBatchReader.from_stream(rows).read_all() == table
    first = table.slice(0, 1).to_pylist()[0]
    shared = set(first) & set(type(rows[0]).__struct_fields__) - {
        "relation",
        "meta",
        "weakest_link",
    }
    assert shared
    for field in shared:
        assert first[field] == getattr(rows[0], field)


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_of_pandas_and_polars(name: str, report: dedupe.Report) -> None:
    rows = getattr(report, name)
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = rows.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == COLUMNS[name].split() and len(frame) == len(rows)
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = rows.to_polars()
    assert isinstance(frame, polars.DataFrame)
    assert frame.columns == COLUMNS[name].split() and frame.height == len(rows)


def test_tables_without_rows_and_with_bridges() -> None:
    nothing = dedupe.find_duplicates([TEXT])
    assert nothing.pairs.to_arrow().num_rows == 0
    assert nothing.clusters.to_arrow().column_names == COLUMNS["clusters"].split()
    chain = [" ".join(f"w{i}" for i in range(begin, begin + 40)) for begin in (0, 6, 12, 18)]
    report = dedupe.find_duplicates(chain, threshold=0.6)
    assert report.bridges
    assert report.pairs.to_arrow()["cluster_id"].null_count == len(report.bridges)
    assert len(report.pairs) == sum(len(c.pairs) for c in report.clusters) + len(report.bridges)


def test_duplicates_are_what_apply_drops(report: dedupe.Report) -> None:
    ids = report.duplicates()
    assert len(ids) == report.corpus.duplicate_count
    assert ids == [each.id for each in report.apply().dropped]
    protected = ids[0]
    assert protected not in report.duplicates(protect=[protected])
    with pytest.raises(InputError, match="find="):
        report.duplicates(drop=["contained"])
    inside = dedupe.find_duplicates(
        {
            "whole": " ".join(f"w{i}" for i in range(300)),
            "part": " ".join(f"w{i}" for i in range(60)),
        },
        find=("near", "contained"),
    )
    assert inside.duplicates() == [] and inside.duplicates(drop=["contained"]) == ["part"]
    assert list(inside.clean(drop=["contained"])) == ["whole"]


# --- files ---------------------------------------------------------------------------------


def test_save_and_load(report: dedupe.Report) -> None:
    report.save("report.json")
    loaded = dedupe.Report.load("report.json")
    assert loaded == report and isinstance(loaded, dedupe.Report)
    assert str(loaded.diff(*[m.id for m in loaded.clusters[0].members[:2]]))
    with open("report.json", "rb") as file:
        assert file.read() == render_json(report)
    for name, start in (("r.csv", b"cluster_id"), ("r.md", b"<!--"), ("r.sarif", b"{")):
        report.save(name)
        assert Path(name).read_bytes().startswith(start)
    with pytest.raises(InputError, match=r"r\.docx: no format belongs to its ending.*\.sarif"):
        report.save("r.docx")
    with pytest.raises(InputError, match="is one of the files that were scanned"):
        report.save("articles/ferry-strike.txt")
    with pytest.raises(InputError, match="cannot be written"):
        report.save("no/such/folder/r.json")
    with pytest.raises(ReportError):
        dedupe.Report.load("articles/ferry-strike.txt")
    assert not [name for name in Path().iterdir() if name.name.startswith(".dedupe-")]


def test_saved_report_is_that_of_the_command(report: dedupe.Report, tmp_path: Path) -> None:
    report.save("report.json")
    done = run_command("report", "report.json", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.count(b"\n") == len(report.members) + 1


def test_reports_of_memory_are_saved_with_their_texts(tmp_path: Path) -> None:
    report = dedupe.find_duplicates(TEXTS, threshold=0.6)
    assert report.texts is None
    report.save(tmp_path / "r.json")
    loaded = dedupe.Report.load(tmp_path / "r.json")
    assert loaded.texts == {id: TEXTS[id] for id in "ab"}
    assert str(loaded.diff("a", "b")) == str(report.diff("a", "b"))
    with pytest.raises(InputError, match="not of data in memory"):
        loaded.clean()
    with pytest.raises(InputError, match=r"clean\(\)"):
        report.apply()


def test_html_page(report: dedupe.Report) -> None:
    pytest.importorskip("jinja2")
    page = report.to_html()
    assert page is not None and page.startswith("<!doctype html>")
    assert "ferry-strike_mirror.txt" in page and "<ins>" in page
    assert report.to_html("r.html") is None
    assert Path("r.html").stat().st_size > 10_000


# --- two documents -------------------------------------------------------------------------


def test_diff_and_explanation() -> None:
    report = dedupe.find_duplicates(TEXTS, threshold=0.6)
    diff = report.diff("a", "b")
    assert (diff.inserted_count, diff.deleted_count) == (3, 0)
    assert str(diff).startswith("a → b\n") and "{+More of it.+}" in repr(diff)
    assert "<ins>More of it.</ins>" in diff._repr_html_()
    explained = report.explain("a", "b")
    assert explained.is_duplicate and "Near-duplicates: Jaccard" in str(explained)
    assert "is in cluster" in str(explained)
    unlike = report.explain("a", "c")
    assert not unlike.is_duplicate and "Not duplicates" in str(unlike)
    assert str(report.diff("a", "c")).count("[-") >= 1
    for left, right, told in (("a", "z", "z: is the id of no"), ("a", "a", "one document")):
        with pytest.raises(InputError, match=told):
            report.diff(left, right)


def test_explanation_is_that_of_the_command(report: dedupe.Report, tmp_path: Path) -> None:
    names = [m.id for m in report.clusters[0].members[:2]]
    report.save("r.json")
    done = run_command("explain", *names, "--report", "r.json", cwd=tmp_path, COLUMNS="80")
    shown = done.stdout.decode().replace("r.json", "this report")
    assert str(report.explain(*names)) in shown


# --- the gate, and acting ------------------------------------------------------------------


def test_check(report: dedupe.Report, tmp_path: Path) -> None:
    first = report.check()
    assert not first.passed and len(first.new) == 10 and "Failed: 10 duplicates" in str(first)
    assert report.check(max_duplicates=10).passed
    assert report.check(fail_on=["identical"], max_duplicates=2).passed
    with pytest.raises(BaselineError, match="update=True writes it"):
        report.check("baseline")
    assert report.check("baseline", update=True).passed
    assert report.check("baseline").passed
    shutil.copy("articles/ferry-strike.txt", "articles/new.txt")
    verdict = dedupe.scan("articles").check("baseline")
    assert not verdict.passed and [each.id for each in verdict.new] == ["new.txt"]
    done = run_command("check", "articles", "--baseline", "baseline", cwd=tmp_path)
    assert done.returncode == 1 and b"new.txt" in done.stdout
    with pytest.raises(BaselineError, match="other settings: threshold"):
        dedupe.scan("articles", threshold=0.5).check("baseline")
    Path("mine").write_text("my own file\n")
    with pytest.raises(BaselineError):
        report.check("mine", update=True)
    assert Path("mine").read_text() == "my own file\n"
    with pytest.raises(ConfigError):
        report.check(max_duplicates=-1)


def test_baseline_is_that_of_the_command(report: dedupe.Report, tmp_path: Path) -> None:
    report.check("ours", update=True)
    arguments = ("check", "articles", "--baseline", "theirs", "--update-baseline")
    assert run_command(*arguments, cwd=tmp_path).returncode == 0
    for ending in ("", ".seen"):
        assert Path(f"ours{ending}").read_bytes() == Path(f"theirs{ending}").read_bytes()


def test_apply(report: dedupe.Report) -> None:
    ids = {path.name for path in Path("articles").iterdir()}
    with pytest.raises(InputError, match="yes=True goes on in spite of it"):
        report.apply("clean")
    assert not Path("clean").exists()
    outcome = report.apply("clean", yes=True)
    kept = {path.name for path in Path("clean").iterdir()}
    assert kept | {each.id for each in outcome.dropped} == ids
    assert len(kept) + len(outcome.dropped) == len(ids)
    assert "10 of 25 documents dropped" in str(outcome)
    with pytest.raises(InputError, match="output and delete cannot be given together"):
        report.apply("other", delete=True)
    with pytest.raises(InputError, match="link is for output"):
        report.apply(link=True)
    moved = report.apply(move_to="aside", yes=True)
    assert len(moved.dropped) == 10 and Path("aside/ferry-strike_mirror.txt").exists()


# --- showing -------------------------------------------------------------------------------


HARMLESS = {
    *("div", "style", "b", "details", "summary", "table", "tbody", "tr", "td"),
    *("p", "i", "ins", "del", "pre"),
}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))


def hostile_report() -> dedupe.Report:
    body = " ".join(f"w{i}" for i in range(80))
    evil = "<script>alert(1)</script> <img src=http://a.example/x onerror=alert(2)> \x1b[31m \u202e"
    texts = {
        f"<img src=http://a.example/{i}>\x1b]0;x\x07": f"{body} {evil} &amp; {i}" for i in range(20)
    }
    return dedupe.find_duplicates(texts)


def test_nothing_that_comes_from_documents_acts() -> None:
    report = hostile_report()
    ids = [member.id for member in report.members]
    shown = (
        report,
        report.clusters,
        report.members,
        report.pairs,
        report.diff(*ids[:2]),
        report.explain(*ids[:2]),
        report.check(),
    )
    for each in shown:
        tags = Tags()
        tags.feed(each._repr_html_())
        assert {name for name, _ in tags.found} <= HARMLESS
        for _, attributes in tags.found:
            assert attributes in ({}, {"class": "dedupe-cell"}, {"open": None}, {"dir": "auto"})
        assert "url(" not in each._repr_html_() and "@import" not in each._repr_html_()
        for text in (repr(each), each._repr_html_()):
            assert not re.search("[\x1b\x07\u202e]", text)


def test_repr_fits_a_screen() -> None:
    body = [" ".join(f"w{i}x{j}" for j in range(60)) for i in range(400)]
    report = dedupe.find_duplicates(
        {f"{'long' * 30}-{i}-{k}": t for i, t in enumerate(body) for k in "ab"}
    )
    assert report.corpus.cluster_count == 400
    for each in (report, report.clusters, report.members, report.pairs):
        lines = repr(each).splitlines()
        assert len(lines) <= 14 and max(map(len, lines)) <= 79
        assert "more" in lines[-1]
        assert len(each._repr_html_()) < 20_000


def test_the_cell_shows_the_first_clusters() -> None:
    report = dedupe.find_duplicates(TEXTS, threshold=0.6)
    cell = report._repr_html_()
    assert "3 documents · 1 cluster · 1 duplicate" in cell
    assert "<td>near</td>" in cell and ("<ins>" in cell or "<del>" in cell)
    nothing = dedupe.find_duplicates([TEXT])
    assert "0 clusters" in nothing._repr_html_() and "0 clusters" in repr(nothing)


def test_rich_shows_figures_alone() -> None:
    from rich.pretty import pretty_repr

    assert len(pretty_repr(dedupe.find_duplicates([TEXT] * 50))) < 200


def test_progress_is_shown_where_asked(capsys: pytest.CaptureFixture[str]) -> None:
    dedupe.find_duplicates([TEXT])
    dedupe.find_duplicates([TEXT], progress=False)
    assert capsys.readouterr() == ("", "")
    dedupe.find_duplicates([TEXT], progress=True)
    shown = capsys.readouterr()
    assert "dedupe: reading" in shown.err and shown.out == ""


WITH_BAR = (
    "import dedupe; from dedupe.notebook import progress; progress.SHORT_SECONDS = 0;"
    "report = dedupe.scan('articles'{}); print(report.corpus.duplicate_count)"
)


@pytest.mark.slow
def test_progress_on_a_terminal(articles: Path, tmp_path: Path) -> None:
    for argument, is_shown in (("", True), (", progress=False", False)):
        command = [sys.executable, "-c", WITH_BAR.format(argument)]
        shown, code = run_on_terminal([], tmp_path, command=command)
        assert code == 0 and b"10" in shown
        assert (b"reading" in shown) == is_shown


def test_loaded_report_of_what_is_gone_still_shows(report: dedupe.Report) -> None:
    report.save("r.json")
    shutil.rmtree("articles")
    loaded = dedupe.Report.load("r.json")
    assert "10 duplicates" in repr(loaded) and "10 duplicates" in loaded._repr_html_()
    with pytest.raises(InputError, match=r"ferry-strike.*\.txt: "):
        loaded.diff("ferry-strike.txt", "ferry-strike_mirror.txt")
    assert json.loads(Path("r.json").read_bytes())["schema_version"] == 1
