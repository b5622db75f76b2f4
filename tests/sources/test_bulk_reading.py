"""Records that are read many at a time give what each gives by itself."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.model.settings import ScanSettings
from dedupe.sources import ReadLimits, read_corpus
from dedupe.sources.formats.json.layout import LayoutDecoder
from dedupe.sources.records.line_blocks import LineBlock
from tests.support.reading import Outcome, lines, texts_of

TEXT = st.sampled_from(
    ["", " \t", "one", "a b é", "漢字 \n x", "  padded ", '"]}[{', "\u2028", "x" * 40]
)
SCALAR = st.one_of(TEXT, st.none(), st.booleans(), st.integers(-9, 10**25), st.floats())
VALUE = st.one_of(SCALAR, st.lists(SCALAR, max_size=2), st.dictionaries(TEXT, SCALAR, max_size=2))
PLAIN = st.fixed_dictionaries(
    {"id": TEXT, "text": TEXT, "url": TEXT, "date": TEXT, "tags": st.just(["a"])},
    optional={"site": TEXT, "n": st.integers(), "content": TEXT, "Body": st.lists(TEXT)},
)
ODD = st.dictionaries(
    st.sampled_from(
        [
            *("id", "text", "body", "url", "link", "date", "meta", "extra", 'we"ird', ""),
            *("ID", "Text", "TEXT", "URL", "Meta", "content"),
        ]
    ),
    VALUE,
    max_size=5,
)
BROKEN = st.sampled_from(
    [
        b"",
        b"  ",
        b"[1]",
        b"null",
        b'{"text": "cut of',
        b'{"id": "1", "text": "two"} {"text": "in a line"}',
        b'{"text": {}\n}',
        b'{"text": "over",\n"id": "lines"}',
        b'{"text": "a\xffb"}',
        b'{"text": "lone \\ud800"}',
        b'{"text": "t", "x": ' + b"[" * 9 + b"]" * 9 + b"}",
        b'{"text": "t", "x": ' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"text": "t", "n": 1e999, "n": NaN}',
        b'{"text": "raw \t tab"}',
        b'{"te\\u0078t": "named with an escape"}',
        b' {"text": "t"} ',
        b"{",
    ]
)
LINE = st.one_of(PLAIN, PLAIN, PLAIN, ODD).map(lambda record: json.dumps(record).encode())
CONTENT = st.tuples(
    st.lists(st.one_of(LINE, LINE, LINE, BROKEN), max_size=25),
    st.sampled_from([b"\n", b"\n", b"\r\n"]),
    st.booleans(),
).map(lambda parts: parts[1].join(parts[0]) + parts[1] * parts[2])


def everything(content: bytes, block_bytes: int, **options: Any) -> tuple[Any, ...]:
    """All that reading tells, but for how the documents are put into batches."""
    limits = ReadLimits(block_bytes=block_bytes, depth=8)
    corpus = read_corpus(["-"], ScanSettings(**options), stdin=io.BytesIO(content), limits=limits)
    found = Outcome(corpus)
    documents = []
    for batch in found.batches:
        places = map(tuple, batch.locators.tolist())
        metas = batch.metas or [b""] * len(batch)
        documents += zip(batch.ids, texts_of(batch), places, metas, strict=True)
    return (
        documents,
        found.skipped,
        found.notices,
        corpus.skipped_locators,
        corpus.text_field_counts,
    )


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(CONTENT, st.sampled_from([60, 300, 1 << 19]), st.booleans())
@example(b'{"text": {}, "id": 1}\n{"text": {}\n}\n{"id": 1}{"id": 2}\n', 300, False)
@example(
    b'{"Text": "a", "TEXT": "b"}\n{"text": "", "body": ["c", null]}\n{"Text": "d"}\n', 300, True
)
@example(b'\xef\xbb\xbf{"text": "after a mark"}\n{"text": "x"}\n', 300, False)
def test_lines_in_bulk_give_what_each_gives(
    content: bytes, block_bytes: int, has_settings: bool
) -> None:
    options: dict[str, Any] = {}
    if has_settings:
        options = {"text_field": ("body", "text"), "meta_field": ("tags", "meta.url", 'we"ird')}
    in_bulk = everything(content, block_bytes, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LayoutDecoder, "decode", lambda *arguments: None)
        assert in_bulk == everything(content, block_bytes, **options)


def decode(content: bytes, decoder: LayoutDecoder) -> list[Any] | None:
    block = LineBlock.of(content, 0, 1, is_rest=False)
    return decoder.decode(block.data, block.begins, block.ends)


def test_what_can_be_read_in_bulk() -> None:
    decoder = LayoutDecoder(("text", "id", "url"), max_depth=5, max_values=4_000_000)
    records = decode(lines({"id": "a", "text": "x", "n": 1}, {"text": "y"}) * 100, decoder)
    assert records is not None and [r.f0 for r in records] == ["x", "y"] * 100
    assert decoder.present == {0, 1}
    # A field that comes later is learned, and so is that one holds lists.
    for later in ({"url": "u"}, {"n": [[1]]}, {"text": None}):
        records = decode(lines(later, {"text": "z"}), decoder)
        assert records is not None and records[1].f0 == "z"
    assert decoder.present == {0, 1, 2}
    assert decode(b'{"text": "x"}\r\n{"text": "y"}\r\n', decoder) is not None


@pytest.mark.parametrize(
    "content",
    [
        b'{"text": "x"}\n\n{"text": "y"}\n',
        b'{"text": {}\n}\n{"id": 1}{"id": 2}\n',
        b'{"text": "x"}\n["y"]\n',
        b'{"text": "x", "n": [[[[[[1]]]]]]}\n',
        b'{"text": "x", "n": ' + b"[" * 5000 + b"]" * 5000 + b"}\n",
        b'{"text": "a\xff"}\n',
    ],
)
def test_what_goes_the_general_way(content: bytes) -> None:
    decoder = LayoutDecoder(("text",), max_depth=5, max_values=4_000_000)
    assert decode(b'{"text": {}, "id": 1}\n', decoder) is not None
    for _ in range(20):
        assert decode(content, decoder) is None
    assert decode(b'{"text": "x"}\n', decoder) is None, "it has been given up"
