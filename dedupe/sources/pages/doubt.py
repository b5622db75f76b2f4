"""Finds pages whose article may be something else, such as a notice about cookies.

How much prose is outside an article does not show that: of pages with a correct article, one in
seven has as much in comments and teasers. Two things do. A long run of paragraphs outside the
article, with no short line between, is seldom comments: it is the article, or its larger part. And
if several pages have the same article and differ in the rest, it may not be what they are about; so
this gives the hashes by which pages with much other prose can be compared, once all pages are read
(:mod:`dedupe.sources.pages.shared_articles`).
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

_LEFT_OUT = ((6, 0.5), (3, 3.0))
"""The least paragraphs of a run outside the article, with their least length relative to it.

Either pair is enough. Of 181 pages of news three have such a run, and the article of two is wrong.
"""

_MIN_KEY_SHARE = 0.3
_PROBE_CHARACTERS = 20


class Doubt(msgspec.Struct, frozen=True):
    """The hashes by which a doubtful page is compared with others, and its other text.

    :param visible: all visible text of the page, UTF-8
    :param keys: hashes of the article and of its longest paragraphs
    :param rest: hash of the prose outside the article
    :param is_certain: whether a long run of paragraphs is outside the article, so that no other
        page need be looked at
    """

    visible: bytes
    keys: tuple[int, ...]
    rest: int
    is_certain: bool = False


def find_doubt(article: str, visible: str) -> Doubt | None:
    """The doubt about a page; ``None`` where there is little prose outside the article.

    :param visible: all visible text, a line a block
    """
    article_letters = _letters(article)
    runs: list[list[str]] = [[]]
    for line in visible.split("\n"):
        if len(line.encode("utf-8", "replace")) >= _MIN_BLOCK_BYTES:
            letters = _letters(line)
            if not _is_part_of(letters, article_letters):
                runs[-1].append(letters)
                continue
        runs.append([])
    rest = [letters for run in runs for letters in run]
    if sum(map(len, rest)) < _MIN_REST * len(article_letters):
        return None
    paragraphs = {_letters(line) for line in article.split("\n")}
    long = [each for each in paragraphs if len(each) >= _MIN_KEY_SHARE * len(article_letters)]
    keys = tuple(sorted({_hash(each) for each in (article_letters, *long)}))
    return Doubt(
        visible.encode("utf-8", "replace"),
        keys,
        _hash("\n".join(sorted(rest))),
        any(_is_left_out(run, len(article_letters)) for run in runs),
    )


def _is_left_out(run: list[str], article_length: int) -> bool:
    """Whether adjacent paragraphs outside an article are too many to be anything but articles."""
    length = sum(map(len, run))
    return any(len(run) >= count and length >= share * article_length for count, share in _LEFT_OUT)


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
