"""Finds pages whose article may be something else, such as a notice about cookies.

One page alone does not show that: of pages with a correct article, one in eleven has as much prose
outside it, in comments and teasers. But if several such pages have the same article and differ in
the rest, it may not be what they are about. So this gives the hashes by which pages with much other
prose can be compared, once all pages are read (:mod:`dedupe.sources.pages.shared_articles`).
"""

from __future__ import annotations

import msgspec
import xxhash

_MIN_BLOCK_BYTES = 120
"""The shortest line that counts as prose: 20 words, or 40 characters of Chinese.

Shorter lines are headings, links and captions.
"""

_MIN_REST = 0.5
"""The least prose outside the article, relative to the article, that raises a doubt."""

_MIN_KEY_SHARE = 0.3
_PROBE_CHARACTERS = 20


class Doubt(msgspec.Struct, frozen=True):
    """The hashes by which a doubtful page is compared with others, and its other text.

    :param visible: all visible text of the page, UTF-8
    :param keys: hashes of the article and of its longest paragraphs
    :param rest: hash of the prose outside the article
    """

    visible: bytes
    keys: tuple[int, ...]
    rest: int


def find_doubt(article: str, visible: str) -> Doubt | None:
    """The doubt about a page; ``None`` where there is little prose outside the article.

    :param visible: all visible text, a line a block
    """
    article_letters = _letters(article)
    rest = [
        letters
        for line in visible.split("\n")
        if len(line.encode("utf-8", "replace")) >= _MIN_BLOCK_BYTES
        and not _is_part_of(letters := _letters(line), article_letters)
    ]
    if sum(map(len, rest)) < _MIN_REST * len(article_letters):
        return None
    paragraphs = {_letters(line) for line in article.split("\n")}
    long = [each for each in paragraphs if len(each) >= _MIN_KEY_SHARE * len(article_letters)]
    keys = tuple(sorted({_hash(each) for each in (article_letters, *long)}))
    return Doubt(visible.encode("utf-8", "replace"), keys, _hash("\n".join(sorted(rest))))


def _letters(text: str) -> str:
    """The letters and digits of a text, which are the same in an article and in visible text."""
    return "".join(filter(str.isalnum, text))


def _is_part_of(line: str, article: str) -> bool:
    """Whether at least half of a line, in probes, occurs in the article."""
    last = max(1, len(line) - _PROBE_CHARACTERS + 1)
    probes = [line[i : i + _PROBE_CHARACTERS] for i in range(0, last, _PROBE_CHARACTERS)]
    return 2 * sum(probe in article for probe in probes) >= len(probes)


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "replace"))
