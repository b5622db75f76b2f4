"""GitLab code quality: what a merge request reads, from reports and from verdicts."""

from __future__ import annotations

import json
import re
import shutil

import msgspec
import pytest

from dedupe.model.output_marks import kind_of_output
from dedupe.renderers.registry import FORMATS, format_of_name
from dedupe.renderers.view.options import RenderOptions
from tests.support.command import FIXTURES
from tests.support.reports import Texts, make_cluster, make_member, make_report

KEYS = {"check_name", "description", "severity", "fingerprint", "location"}


def render(report) -> list[dict]:
    return json.loads(b"".join(FORMATS["gitlab"].render(report, Texts({}), RenderOptions())))


def test_findings_have_what_gitlab_asks_for(tmp_path, dedupe_here):
    shutil.copytree(FIXTURES / "articles", tmp_path / "in")
    dedupe_here("scan", "in", "-q", "-o", "gl-code-quality-report.json", "-o", "report.json")
    data = (tmp_path / "gl-code-quality-report.json").read_bytes()
    found = json.loads(data)
    assert len(found) == 10
    for each in found:
        assert set(each) == KEYS
        assert each["severity"] == "minor"
        assert re.fullmatch("dedupe-(identical|normalised|near)", each["check_name"])
        assert re.fullmatch("[0-9a-f]{32}", each["fingerprint"])
        assert (tmp_path / each["location"]["path"]).is_file()
        assert each["location"]["lines"] == {"begin": 1}
    assert len({each["fingerprint"] for each in found}) == 10
    assert data.count(b"\n") == 10  # one a line
    again = dedupe_here("report", "report.json", "-f", "gitlab").stdout
    assert again == data
    assert format_of_name("x/gl-code-quality-report.json") == "gitlab"
    assert format_of_name("report.json") == "json"


def test_nothing_found_is_an_empty_list():
    assert render(make_report()) == []


def test_fingerprints_stay_when_lines_move_and_differ_for_equal_texts(tmp_path, dedupe_here):
    body = [f'{{"text": "{" ".join(f"w{n}x{i}" for i in range(30))}"}}' for n in range(2)]

    def scan(lines) -> dict[int, str]:
        (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
        found = json.loads(dedupe_here("scan", "in.jsonl", "-f", "gitlab", "-q").stdout)
        return {each["location"]["lines"]["begin"]: each["fingerprint"] for each in found}

    first = scan([body[0]] * 3)
    assert len(first) == len(set(first.values())) == 2
    moved = scan([body[1], *[body[0]] * 3])
    assert {*moved.values()} == {*first.values()} and moved.keys() != first.keys()


def test_check_tells_what_is_new(tmp_path, dedupe_here):
    shutil.copytree(FIXTURES / "articles", tmp_path / "in")
    base = ("in", "--baseline", "base", "-q")
    dedupe_here("check", *base, "--update-baseline")
    assert json.loads(dedupe_here("check", *base, "-f", "gitlab").stdout) == []
    shutil.copy(tmp_path / "in" / "typos.txt", tmp_path / "in" / "new.txt")
    [new] = json.loads(dedupe_here("check", *base, "-f", "gitlab", code=1).stdout)
    assert (new["severity"], new["location"]["path"]) == ("major", "in/new.txt")
    assert "new.txt: the same text as typos.txt, which is in the baseline" in new["description"]
    tolerated = ("check", *base, "--fail-on", "near", "-f", "gitlab")
    [new] = json.loads(dedupe_here(*tolerated).stdout)
    assert new["severity"] == "info"


def test_a_linked_document_is_only_told(tmp_path):
    cluster = make_cluster("c" * 8, make_member("a"), make_member("b", "linked", 0.4))
    [finding] = render(make_report(cluster))
    assert (finding["severity"], finding["check_name"]) == ("info", "dedupe-linked")


@pytest.mark.parametrize("space", ["", " ", "\n  "])
def test_it_is_known_as_an_output(space):
    cluster = make_cluster("c" * 8, make_member("a"), make_member("b"))
    [finding] = render(make_report(cluster))
    written = (
        json.dumps([finding]).replace('{"', f'{{{space}"').replace('": "', f'"{space}:{space}"')
    )
    assert kind_of_output(written.encode()) == "code quality"
    assert kind_of_output(b'[{"check_name": "other", "description": "x"}]') == ""


def test_hostile_ids_stay_in_their_strings():
    id = 'a"\n\x1b[2J##vso[x]\u202e'
    cluster = make_cluster("c" * 8, make_member("k"), make_member(id))
    report = make_report(cluster)
    run = msgspec.structs.replace(report.run, locators={})
    data = b"".join(
        FORMATS["gitlab"].render(
            msgspec.structs.replace(report, run=run), Texts({}), RenderOptions()
        )
    )
    assert b"\x1b" not in data and b"##" not in data and "\u202e".encode() not in data
    [finding] = json.loads(data)
    assert "\n" not in finding["description"] and "\n" not in finding["location"]["path"]
