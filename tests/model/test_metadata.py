"""Metadata of a document: packed and read again, and the host of its URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from dedupe.model.metadata import host_of, pack_meta, read_meta


@given(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["http://", "https://", "HTTP://", "ftp://", "//", "", " https://"]),
        st.one_of(
            st.text("ab.-1Z:@[]_%\t\n é", max_size=12), st.sampled_from(["a.example", "127.0.0.1"])
        ),
        st.sampled_from(["", "/", "/p", "?q", "#f", ":80/", "\n", "\\"]),
    )
)
def test_the_host_is_what_a_parser_of_urls_finds(url):
    try:
        expected = urlsplit(url.strip()).hostname or ""
    except ValueError:
        expected = ""
    assert host_of(url) == expected


@given(st.dictionaries(st.sampled_from(["author", "date", "site", "title", "url", "z"]), st.text()))
def test_metadata_comes_back_in_the_order_of_names(values):
    read = read_meta(pack_meta(values))
    assert list(read) == sorted(read)
    host = host_of(values.get("url", ""))
    expected = {**({"site": host} if host else {}), **values}
    if not values.get("site") and host:
        expected["site"] = host
    assert read == expected
