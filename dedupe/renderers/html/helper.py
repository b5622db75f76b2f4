"""The program of a helper process, which takes jobs from standard input."""

from __future__ import annotations

import gc
import signal
import sys

import msgspec

from dedupe.diff import Vocabulary
from dedupe.model.messages import read_frame, write_frame
from dedupe.renderers.html.comparing import ClusterTexts, Difference, compare_texts
from dedupe.sketch import load_word_finder, tokenize_text

REMEMBERED_BYTES = 8_000_000
"""Bytes of texts after which a helper forgets the words that it has met."""


class Job(msgspec.Struct, frozen=True):
    """Some clusters to be compared."""

    clusters: tuple[ClusterTexts, ...]


class Results(msgspec.Struct, frozen=True):
    """The differences of each cluster of a job."""

    differences: tuple[tuple[Difference, ...], ...]


def run_job(job: Job, vocabulary: Vocabulary | None = None) -> Results:
    """The differences of all clusters of a job.

    :param vocabulary: of earlier jobs, which saves time and changes nothing
    """
    vocabulary = vocabulary or Vocabulary(tokenize_text, load_word_finder())
    return Results(tuple(tuple(compare_texts(each, vocabulary)) for each in job.clusters))


def main() -> None:
    """The program of a helper: jobs from standard input, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command decides what Ctrl-C does
    jobs, results = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # so that nothing that a library prints mixes with the frames
    gc.disable()  # it would look through the words of all texts, of which none are in circles
    decoder = msgspec.msgpack.Decoder(Job)
    vocabulary, size = Vocabulary(tokenize_text, load_word_finder()), 0
    while (frame := read_frame(jobs)) is not None:
        write_frame(results, run_job(decoder.decode(frame), vocabulary))
        size += len(frame)
        if size > REMEMBERED_BYTES:
            vocabulary, size = Vocabulary(tokenize_text, load_word_finder()), 0
            gc.collect()
