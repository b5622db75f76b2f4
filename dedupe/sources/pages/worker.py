"""The program of a process that reads pages and PDFs: it takes requests from standard input."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress

import msgspec

from dedupe.model.messages import read_frame, write_frame
from dedupe.sources.pages.cost import find_exceeded
from dedupe.sources.pages.doubt import find_doubt
from dedupe.sources.pages.hidden import hides_text
from dedupe.sources.pages.layout import PageLimitError, extract_article, extract_visible
from dedupe.sources.pages.outcome import PageOutcome, PageRequest
from dedupe.sources.pages.stripped import strip_tags

MAX_MEMORY_BYTES = 2 << 30
"""The address space of a worker: a page that needs more fails, and does not harm the machine."""


def main() -> None:
    """Serve until the scan closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the scan decides what Ctrl-C does
    _limit_memory()
    requests, outcomes = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # so that nothing that a library prints mixes with the frames
    decoder = msgspec.msgpack.Decoder(PageRequest)
    while (frame := read_frame(requests)) is not None:
        request = decoder.decode(frame)
        _die_after(2 * request.limits.max_seconds + 5)
        write_frame(outcomes, read_page(request))
        _die_after(0)


def read_page(request: PageRequest) -> PageOutcome:
    """The text of one page, in the way of the request or the next best; or that of a PDF."""
    if request.way == "pdf":
        from dedupe.sources.pages.pdf import read_pdf

        return read_pdf(request.html)
    html = request.html.decode("utf-8", "replace")
    if request.way == "stripped":
        return PageOutcome(strip_tags(html).encode(), "stripped")
    exceeded = find_exceeded(html, len(request.html), request.limits)
    try:
        if not exceeded:
            return _read_layout(request, html)
    except PageLimitError as error:
        exceeded = str(error)
    return PageOutcome(_encode(strip_tags(html)), "stripped", exceeded)


def _read_layout(request: PageRequest, html: str) -> PageOutcome:
    """The text of a page by its layout: its article if there is one, else all that is visible."""
    text = ""
    if request.way == "text":
        visible = extract_visible(request.html, request.limits)
    else:
        text, visible = extract_article(request.html, request.limits)
    hides = hides_text(html, visible)
    if not text:
        return PageOutcome(_encode(visible), "text", hides_text=hides)
    doubt = find_doubt(text, visible)
    return PageOutcome(_encode(text), "article", doubt=doubt, hides_text=hides)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, hard))


def _die_after(seconds: float) -> None:
    """End this process after some seconds, whatever code it is in; 0 cancels that.

    So a worker does not outlive a scan that was killed.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
