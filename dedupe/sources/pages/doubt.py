"""Whether what was found as a page's article may be something else: a notice about cookies, say.

One page alone cannot tell: of pages with a right article one in eleven has more prose outside it,
in comments and teasers. But where such pages share what was found and differ in the rest, it is not
known to be what they are about. So of each page that holds much else this gives what tells that;
who has all pages compares them (:mod:`dedupe.sources.pages.shared_articles`).
"""

from __future__ import annotations

import msgspec
import xxhash

_MIN_BLOCK_BYTES = 120
"""A shorter line is no prose but a heading, a link or a caption: 20 words, or 40 characters of
Chinese."""

_MIN_REST = 0.5
"""Prose outside the article, in relation to it."""

_MIN_KEY_SHARE = 0.3
_PROBE_CHARACTERS = 20


class Doubt(msgspec.Struct, frozen=True):
    """What tells whether pages share what was found in them, and differ in the rest.

    :param visible: all visible text, UTF-8
    :param keys: hashes of the article and of its longest paragraphs
    :param rest: hash of the prose outside it
    """

    visible: bytes
    keys: tuple[int, ...]
    rest: int


def find_doubt(article: str, visible: str) -> Doubt | None:
    """Nothing where little prose stands outside the article.

    :param visible: all visible text, a line a block
    """
    found = _letters(article)
    rest = [
        letters
        for line in visible.split("\n")
        if len(line.encode("utf-8", "replace")) >= _MIN_BLOCK_BYTES
        and not _stands_in(letters := _letters(line), found)
    ]
    if sum(map(len, rest)) < _MIN_REST * len(found):
        return None
    paragraphs = {_letters(line) for line in article.split("\n")}
    long = [each for each in paragraphs if len(each) >= _MIN_KEY_SHARE * len(found)]
    keys = tuple(sorted({_hash(each) for each in (found, *long)}))
    return Doubt(visible.encode("utf-8", "replace"), keys, _hash("\n".join(sorted(rest))))


def _letters(text: str) -> str:
    """A text without what reading it in two ways may change."""
    return "".join(filter(str.isalnum, text))


def _stands_in(line: str, found: str) -> bool:
    """Whether at least half of a line stands in what was found."""
    last = max(1, len(line) - _PROBE_CHARACTERS + 1)
    probes = [line[at : at + _PROBE_CHARACTERS] for at in range(0, last, _PROBE_CHARACTERS)]
    return 2 * sum(probe in found for probe in probes) >= len(probes)


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "replace"))
