"""How deep pages are nested: what is counted is the tree that the parser builds, and no tags."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.model.settings import ReadSettings
from dedupe.sources.pages.outcome import PageLimits, PageRequest
from tests.support.every_format import page
from tests.support.reading import read

pytest.importorskip("lxml")
pytest.importorskip("trafilatura")

LIMITS = PageLimits.of_settings(ReadSettings())

ARTICLE = "The lock\n\n" + "\n\n".join(
    f"Paragraph {number} tells of the lock, its keeper and the boats that waited there all day."
    for number in range(9)
)

NOT_NESTED = {
    "svg": "<svg viewBox='0 0 9 9'>" + "<path d='M0 0h9'/><use href='#x'/>" * 300 + "</svg>",
    "math": "<math>" + "<mspace/><mi>x</mi><mprescripts/>" * 300 + "</math>",
    "anchors": "<a id='x'/>" * 300,
    "boxes": "<div class='clear'/>" * 300,
    "void": "<br><img src=x><hr>" * 300,
    "items": "<ul>" + "<li>one" * 300 + "</ul>",
    "terms": "<dl>" + "<dt>one<dd>two" * 300 + "</dl>",
    "rows": "<table>" + "<tr><td>one<td>two" * 300 + "</table>",
    "options": "<select>" + "<option>one" * 300 + "</select>",
    "paragraphs": "<p>one" * 300,
    "unopened": "</div></b>" * 300,
}


NESTED = {
    "boxes": "<div>" * 260,
    "mixed": "<b><div></b></div>" * 260,
    "abyss": "<div></b>" * 260,
    "sections": "<section><i>" * 130,
}


def test_what_does_not_nest_is_not_counted(tmp_path: Path):
    for kind, html in NOT_NESTED.items():
        opening = "<html>" if kind == "svg" else '<html xmlns="http://www.w3.org/1999/xhtml">'
        text = page(ARTICLE).decode().replace("<nav>", f"<nav>{html}").replace("<html>", opening)
        (tmp_path / f"{kind}.html").write_text(text, encoding="utf-8")
    found = read(tmp_path, html="text")
    assert found.notices == []
    assert len(found.texts) == len(NOT_NESTED)
    assert all("Paragraph 8 tells" in text for text in found.texts.values())


def test_what_nests_is_counted(tmp_path: Path):
    for kind, html in NESTED.items():
        text = page(ARTICLE).decode().replace("<nav>", f"{html}<nav>")
        (tmp_path / f"{kind}.html").write_text(text, encoding="utf-8")
    found = read(tmp_path)
    told = {notice.id: notice for notice in found.notices}
    assert told.keys() == {f"{kind}.html" for kind in NESTED}
    assert {notice.reason for notice in told.values()} == {"page_limit"}
    assert all("--html-max-depth" in notice.detail for notice in told.values())
    assert all("Paragraph 8 tells" in text for text in found.texts.values())


_NAMES = (
    *("div", "p", "b", "a", "svg", "table", "tr", "td", "ul", "li", "select", "option", "form"),
    *("dl", "dt", "dd", "h1", "ruby", "rt"),
)
_PARTS = st.sampled_from(
    [
        *(f"<{name}>" for name in _NAMES),
        *(f"</{name}>" for name in _NAMES),
        *(
            "<a/>",
            "<path/>",
            "<span/>",
            "<br>",
            "<!--x-->",
            "<script>x</script>",
            "text",
            "<body>",
            "<html>",
        ),
    ]
)


@given(st.lists(_PARTS, max_size=60).map("".join))
def test_a_page_exceeds_the_depth_where_its_tree_does(html: str):
    from dedupe.sources.pages.worker import read_page

    depth = _real_depth(html)
    for limit, is_exceeded in ((max(depth, 1), False), (depth - 1, True)):
        if limit >= 1:
            limits = msgspec.structs.replace(LIMITS, max_depth=limit)
            outcome = read_page(PageRequest(html.encode(), "text", limits))
            assert ("--html-max-depth" in outcome.exceeded) == is_exceeded


def _real_depth(html: str) -> int:
    """The depth of the tree that lxml builds of a page at once."""
    from lxml import etree
    from lxml.html import HTMLParser

    try:
        tree = etree.fromstring(html.encode(), HTMLParser(encoding="utf-8", huge_tree=True))
    except etree.LxmlError:
        return 0
    if tree is None:
        return 0
    depth = deepest = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest
