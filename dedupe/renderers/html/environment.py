"""The environment of the templates, and the style and script that the page contains."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dedupe.model.errors import DedupeError
from dedupe.model.installation import install_command
from dedupe.model.output_marks import HTML_MARK
from dedupe.renderers.html.visible import mark_invisible, spell_invisible
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent
from dedupe.renderers.view.findings import describe_bridge

if TYPE_CHECKING:
    from jinja2 import Environment


_STYLES: Final = ("base", "charts", "tools", "clusters", "choices", "diff", "narrow", "print")
_SCRIPTS: Final = (
    "state",
    "theme",
    "search",
    "marks",
    "list",
    "filters",
    "diff",
    "changes",
    "choices",
    "stored",
    "choosing",
    "decisions",
    "keys",
    "start",
)
_SAVED_BY: Final = {"stored": "saved", "decisions": ""}
"""The scripts of a page that a server saves for, in the place of those of a page by itself."""


def check_installed() -> None:
    """Check before a long scan that its HTML report can be written.

    :raises DedupeError: if jinja2 is not installed
    """
    if find_spec("jinja2") is None:
        raise DedupeError(f"the HTML report needs jinja2: {install_command('report')}")


def load_environment() -> Environment:
    """The jinja2 environment with the templates of this package; all output is escaped.

    :raises DedupeError: if jinja2 is not installed
    """
    check_installed()
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            return spell_invisible(value)
        return value

    environment = Environment(
        autoescape=True,
        finalize=finalize,
        loader=PackageLoader("dedupe.renderers.html"),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "count": format_count,
        "bridge": describe_bridge,
        "jaccard": format_jaccard,
        "marked": lambda text: Markup(mark_invisible(text)),
        "percent": format_percent,
    }
    return environment


class Assets(msgspec.Struct, frozen=True):
    """The style and script of the page, and its two meta tags.

    :param policy: a content security policy that allows only this style and this script (by
        their hashes), and no request
    :param mark: the mark by which a scan recognises the page as an output of dedupe
    """

    style: str
    script: str
    policy: str
    mark: str = HTML_MARK


def load_assets(is_served: bool = False) -> Assets:
    """Put the style and the script together from their files, and hash them for the policy.

    :param is_served: whether a server on this machine gives the page, and saves what is decided
    """
    scripts = [_SAVED_BY.get(name, name) if is_served else name for name in _SCRIPTS]
    style = "".join(_read_asset(f"{name}.css") for name in _STYLES)
    body = "".join(_read_asset(f"{name}.js") for name in scripts if name)
    script = f'"use strict";\n(() => {{\n{body}}})();\n'
    policy = (
        "default-src 'none'",
        f"script-src {_hash_source(script)}",
        f"style-src {_hash_source(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'self'" if is_served else "form-action 'none'",
        *(["connect-src 'self'"] if is_served else []),
        "require-trusted-types-for 'script'",
        "trusted-types report",
    )
    return Assets(style, script, "; ".join(policy))


def _read_asset(name: str) -> str:
    return (files("dedupe.renderers.html") / "assets" / name).read_text(encoding="utf-8")


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
