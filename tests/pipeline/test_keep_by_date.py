"""``--keep earliest`` and ``latest``: by the whole column; what has no date is told."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dedupe
from dedupe.model.settings import Config
from dedupe.pipeline.reclustering import recluster
from tests.support.command import run_main
from tests.support.corpora import INVENTED_WORDS
from tests.support.reports import assert_same, refuse

WORDS = random.Random(5).choices(INVENTED_WORDS, k=80)


def text(number: int) -> str:
    """One article, with three words that differ."""
    words = list(WORDS)
    words[number * 3 % 80] = f"other{number}"
    return " ".join(words)


def write(path: Path, dates: list[Any], field: str = "date") -> Path:
    records = [{"id": f"d{i}", field: each, "text": text(i)} for i, each in enumerate(dates)]
    path.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    return path


def scan(path: Path, *options: str) -> dict[str, Any]:
    done = run_main(
        "scan", path.name, "--format", "json", "--threshold", "0.5", *options, cwd=path.parent
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def kept(report: dict[str, Any]) -> list[str]:
    return [cluster["representative"] for cluster in report["clusters"]]


def told(report: dict[str, Any]) -> list[str]:
    return [each["detail"] for each in report["notices"] if each["reason"] == "no_date"]


@pytest.mark.parametrize(
    ("dates", "earliest", "latest"),
    [
        (["25.04.2017", "01.03.2017", "01.02.2018"], "d1", "d2"),
        (["04/25/2017", "02/03/2018", "03/01/2017 14:30"], "d2", "d1"),
        (["25.04.17", "01.03.17", "30.12.16"], "d2", "d0"),
        ([1488326400, "1488326400001", "Wed, 01 Mar 2017 00:00:00 EST"], "d0", "d2"),
        (["2017-03-01T00:30:00+02:00", "February 28, 2017 10:00 pm", "20170301"], "d1", "d2"),
    ],
)
def test_dates_decide(tmp_path: Path, dates: list[Any], earliest: str, latest: str) -> None:
    path = write(tmp_path / "r.jsonl", dates)
    for rule, expected in (("earliest", earliest), ("latest", latest)):
        report = scan(path, "--keep", rule)
        assert kept(report) == [expected]
        assert not told(report)


def test_the_column_is_that_of_the_whole_corpus(tmp_path: Path) -> None:
    """What decides stands in another file, in a document that is like no other."""
    (tmp_path / "c").mkdir()
    for name in ("a", "z"):
        write(tmp_path / "c" / "m.jsonl", ["01.03.2017", "02.01.2017"])
        assert kept(scan(tmp_path / "c", "--keep", "earliest")) != []
        alone = scan(tmp_path / "c", "--keep", "earliest")
        assert alone["corpus"]["date_orders"] == {"0.0.0000": ["dmy", "mdy"]}
        assert "2 of 2 documents" in told(alone)[0]
        other = {"id": "x", "date": "25.04.2017", "text": "quite another text of a few words"}
        (tmp_path / "c" / f"{name}.jsonl").write_bytes(msgspec.json.encode(other))
        for workers in ("1", "3"):
            report = scan(tmp_path / "c", "--keep", "earliest", "--workers", workers)
            assert report["corpus"]["date_orders"] == {"0.0.0000": ["dmy"]}
            assert kept(report) == ["d1"] and not told(report)
        (tmp_path / "c" / f"{name}.jsonl").unlink()


def test_date_field(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", ["2020-01-02", "2020-01-01", "2020-01-03"], "paiva")
    report = scan(path, "--keep", "earliest", "--date-field", "paiva")
    assert kept(report) == ["d1"] and not told(report)
    assert report["clusters"][0]["members"][0]["meta"] == {"date": "2020-01-01"}
    path = write(tmp_path / "n.jsonl", [{"when": f"2020-01-0{3 - i}"} for i in range(3)], "crawl")
    assert kept(scan(path, "--keep", "earliest", "--date-field", "crawl.when")) == ["d2"]
    assert kept(scan(path, "--keep", "latest", "--date-field", "crawl.when")) == ["d0"]
    both = ["--date-field", "crawl.when", "--meta-field", "date"]
    assert kept(scan(path, "--keep", "latest", *both)) == ["d0"]
    rows = "".join(f"{i};0{3 - i}.01.2020;{text(i)}\n" for i in range(3))
    (tmp_path / "t.csv").write_text(f"{rows}9;30.01.2020;nothing alike\n")
    options = ["--no-header", "--id-field", "1", "--date-field", "2", "--text-field", "3"]
    assert kept(scan(tmp_path / "t.csv", "--keep", "earliest", *options)) == ["2"]


@pytest.mark.parametrize(
    ("dates", "count", "example"),
    [
        ([None, "", "2020-01-01"], 2, ""),
        (["soon", "soon", "later"], 3, "'soon'"),
        (["01.03.2017", "02.02.2017", "01.03.2017"], 2, "'01.03.2017' (day or month first?)"),
        (["04/25/2017", "25/04/2017", "03/01/2017"], 1, "'03/01/2017' (mixed orders)"),
        (["\x1b[31m" + "x" * 90, "2017", "2018"], 1, "'\\x1b[31m" + "x" * 25 + "…'"),
    ],
)
def test_what_has_no_date_is_told(
    tmp_path: Path, dates: list[Any], count: int, example: str
) -> None:
    path = write(tmp_path / "r.jsonl", dates)
    (detail,) = told(scan(path, "--keep", "degree,latest"))
    such = f", such as {example}" if example else ""
    assert detail == (
        f"{count} of 3 documents in clusters have no usable date{such}; "
        "--date-field names another than date, pubDate, …"
    )
    (detail,) = told(scan(path, "--keep", "latest", "--date-field", "no.such"))
    assert detail.endswith(
        "3 of 3 documents in clusters have no usable date; "
        "--date-field names another than 'no.such'"
    )
    assert not told(scan(path))  # by default dates are used where there are some
    assert not scan(path, "--keep", "degree")["corpus"]["date_orders"]
    done = run_main("scan", path.name, "--threshold", "0.5", "--keep", "latest", cwd=tmp_path)
    shown = " ".join(done.stdout.decode().split())
    assert f"1 × no date: --keep latest ({count} of 3 documents" in shown
    assert "--date-field names another than date, pubDate, …)" in shown


def test_documents_in_no_cluster_are_not_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", ["2020", "2021"])
    alone = {"id": "x", "text": "quite another text of a few words"}
    path.write_bytes(path.read_bytes() + b"\n" + msgspec.json.encode(alone))
    assert not told(scan(path, "--keep", "earliest"))


@pytest.mark.parametrize("keep", ["earliest", "latest"])
def test_a_saved_report_knows_the_order_of_its_dates(tmp_path: Path, keep: str) -> None:
    """At a higher threshold the document that showed the order is in no cluster any more."""
    near = [text(0), text(1), text(2)]
    far = " ".join([*WORDS[:52], *(f"far{i}" for i in range(28))])
    dates = ["01.03.2017", "02.01.2017", "03.02.2017", "25.04.2017"]
    for last in ("25.04.2017", "05.04.2017"):
        dates[3] = last
        records = [
            {"id": f"d{i}", "date": date, "text": each}
            for i, (date, each) in enumerate(zip(dates, [*near, far], strict=True))
        ]
        (tmp_path / "r.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, records)))
        config = {"keep": (keep,), "shingle_size": 2, "recall": 1 - 1e-12}
        saved = dedupe.scan(tmp_path / "r.jsonl", Config(threshold=0.3, **config))
        assert sum(len(cluster.members) for cluster in saved.clusters) == 4
        scanned = dedupe.scan(tmp_path / "r.jsonl", Config(threshold=0.8, **config))
        assert sum(len(cluster.members) for cluster in scanned.clusters) == 3
        assert_same(recluster(saved, 0.8, refuse), scanned)
        assert bool(scanned.notices) == (last == "05.04.2017")
