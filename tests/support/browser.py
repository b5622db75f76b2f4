"""A headless browser for tests, which records whatever a page should not do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

OpenPage = Callable[..., Any]


def _skip(reason: str) -> None:
    """CI sets the variable: there a missing browser is a failure."""
    if os.environ.get("DEDUPE_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all tests of a file."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        _skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _skip("playwright is not installed (pip install playwright)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[OpenPage]:
    """A function that opens a file, or an address of this machine, in a new browser context.

    Errors in any page, and requests elsewhere, fail the test.
    """
    problems: list[str] = []
    allowed = ["file:", "data:", "about:"]
    contexts: list[Any] = []

    def note_request(request: Any) -> None:
        if not request.url.startswith(tuple(allowed)):
            problems.append(f"request: {request.url}")

    def note_dialog(dialog: Any) -> None:
        problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_page(path: Path | str, fragment: str = "", width: int = 1280, **options: Any) -> Any:
        size = {"width": width, "height": 900}
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("request", note_request)
        page.on("dialog", note_dialog)
        address = path if isinstance(path, str) else path.as_uri()
        if isinstance(path, str):
            allowed.append(path.partition("?")[0])
        page.goto(address + (f"#{fragment}" if fragment else ""))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
