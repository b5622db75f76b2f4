"""Pages that show little: a text in their scripts or frames is told."""

from __future__ import annotations

import json
import time
from html import escape
from pathlib import Path

import pytest

from dedupe.sources.pages.hidden import hides_text
from tests.support.every_format import article
from tests.support.reading import read

pytest.importorskip("lxml")

TEXT = article()
SHELL = (
    "<html><body><div id=app>{}</div><noscript>Please enable scripts.</noscript>{}</body></html>"
)
CHINESE = "市议会星期一讨论了新的海港大桥,工程师在两个桥墩上发现了裂缝,渡轮因此停航。" * 20
CODE = (
    'var a={"b":"c d e"};function f(x){if(x.y){return "' + "a b " * 9 + '"}return x.map(y=>y+1)}\n'
)


def as_data(text: str) -> str:
    data = {"props": {"page": {"title": "News", "body": text.split("\n\n"), "id": 7}}}
    return f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(data)}</script>'


HIDDEN = {
    "data": as_data(TEXT),
    "data in one string of HTML": as_data(
        "".join(f'<p class="x">{p}</p>' for p in TEXT.split("\n"))
    ),
    "chinese": f"<script>window.state = {json.dumps({'a': CHINESE}, ensure_ascii=False)}</script>",
    "frame": f"<iframe width=1 srcdoc='{escape(f'<p>{TEXT}</p>')}'></iframe>",
}
NOT_HIDDEN = {
    "code": f"<script>{CODE * 300}</script>",
    "style": f"<style>/* {TEXT} */</style>",
    "little": as_data(TEXT[:300]),
    "frame elsewhere": '<iframe src="https://a.example/"></iframe>',
    "nothing": "",
}


@pytest.mark.parametrize("mode", ["article", "text"])
def test_a_text_that_a_page_does_not_show_is_told(tmp_path: Path, mode: str) -> None:
    for name, hidden in {**HIDDEN, **NOT_HIDDEN}.items():
        (tmp_path / f"{name}.html").write_text(SHELL.format("Loading the page", hidden))
    (tmp_path / "shown.html").write_text(SHELL.format(f"<p>{TEXT}</p>", as_data(TEXT)))
    found = read(tmp_path, html=mode)
    told = {each.id for each in found.notices if each.reason == "extraction_doubtful"}
    assert told == {f"{name}.html" for name in HIDDEN}
    assert all("Loading the page" in found.texts[id] for id in told)


@pytest.mark.parametrize(
    "part", ['"', '\\"', "<script>", "<iframe srcdoc='", "srcdoc =", "&#9", '"a ']
)
def test_no_page_makes_it_slow(part: str) -> None:
    html = "<html><script>" + part * (300_000 // len(part))
    began = time.process_time()
    hides_text(html, "")
    hides_text(f"<iframe srcdoc='{part * (300_000 // len(part))}", "")
    assert time.process_time() - began < 2
