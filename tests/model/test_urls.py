"""URLs as paths: which paths are URLs, and what of them is never shown."""

from __future__ import annotations

import pytest

from dedupe.model.urls import file_name_of, is_url, join_path, without_secrets
from dedupe.sources.discovery.url_patterns import UrlPattern


@pytest.mark.parametrize("path", ["s3://b/x", "hf://datasets/a/b", "HTTPS://h/", "a.b+c://x"])
def test_urls(path: str) -> None:
    assert is_url(path)


@pytest.mark.parametrize(
    "path", ["/a/b", "a://b"[1:], "./s3://b", "C://x", "x/https://h", "s3:/b", "-", "a b://c"]
)
def test_local_paths(path: str) -> None:
    assert not is_url(path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@h.example/a.txt", "https://h.example/a.txt"),
        ("https://token@h.example/a.txt", "https://h.example/a.txt"),
        ("https://h.example?token=x", "https://h.example"),
        ("https://u:p@h.example?a=1#top", "https://h.example?a=1#top"),
        ("https://h/a?page=2&X-Amz-Signature=s&X-Amz-Date=d", "https://h/a?page=2"),
        ("https://h/a?X%2DAmz-Signature=s&page=2", "https://h/a?page=2"),
        ("https://h/a?sv=1&se=2&sp=r&sig=s&page=2", "https://h/a?page=2"),
        ("https://h/a?Expires=1&Signature=s&Key-Pair-Id=k", "https://h/a"),
        ("https://h/a?se=2&policy=new", "https://h/a?se=2&policy=new"),
        ("https://h/a?access_token=x#part", "https://h/a#part"),
        ("https://h/mail@home/a?b=c", "https://h/mail@home/a?b=c"),
        ("sftp://user:pass@h/a", "sftp://h/a"),
        ("sftp://user@h/a", "sftp://user@h/a"),
        ("abfs://box@account.example/a", "abfs://box@account.example/a"),
        ("s3://b/a?sig=1", "s3://b/a?sig=1"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_names_and_folders() -> None:
    assert join_path("s3://b/", "a/b.txt") == join_path("s3://b", "a/b.txt") == "s3://b/a/b.txt"
    assert join_path("memory://", "") == "memory://"
    assert file_name_of("https://h/a.parquet?download=true#x") == "https://h/a.parquet"
    assert file_name_of("s3://b/a?b#c.txt") == "s3://b/a?b#c.txt"
    assert file_name_of("a?b.txt") == "a?b.txt"


def test_patterns() -> None:
    every = UrlPattern.of("s3://b/data/**/*.parquet")
    assert every is not None and every.folder == "s3://b/data"
    assert every.names.matches_file("x.parquet") and every.names.matches_file("a/b/x.parquet")
    assert every.may_hold("a/b/c/d")
    one = UrlPattern.of("s3://b/data/20[12]?/x-*.gz")
    assert one is not None and one.names.matches_file("201a/x-1.gz")
    assert not one.names.matches_file("x-1.gz") and not one.names.matches_file("201a/b/x-1.gz")
    assert one.may_hold("201a") and not one.may_hold("201a/b")
    for url in ("https://h/a?b=*", "s3://b/a.txt", "a/*.txt", "s3://*/a"):
        assert UrlPattern.of(url) is None
