"""Files that hold no prose by their names: source code, licences, lock and build files, …

Below folders and in archives they are left out and counted, unless ``glob`` or ``all_files`` asks
for them. ``docs/inputs.md`` has the list too.
"""

from __future__ import annotations

import re
from collections import Counter

from dedupe.model.formats import AUTO
from dedupe.model.settings import ReadSettings
from dedupe.sources.formats.recognition import recognise_name
from dedupe.sources.unpack.compression import ending_of, without_compression

ENDINGS: dict[str, str] = {
    "source code": (
        ".js .mjs .cjs .jsx .ts .tsx .vue .svelte .coffee .map .py .pyi .pyx .pxd .java .kt .kts "
        ".scala .groovy .clj .cljs .c .h .cc .cpp .cxx .hh .hpp .hxx .cu .cuh .cs .fs .vb .swift "
        ".mm .go .rs .zig .nim .dart .rb .erb .lua .tcl .sh .bash .zsh .fish .ps1 .psm1 .bat .cmd "
        ".awk .hs .lhs .ml .mli .erl .hrl .ex .exs .elm .jl .f90 .f95 .pas .asm .vhd .vhdl .sv "
        ".glsl .hlsl .wgsl .proto .thrift .graphql .sql .sol .el .lisp .scm .rkt .vim .ejs .hbs "
        ".pug .j2 .jinja .jinja2 .liquid .cob .cbl .abap .sas .do .gd .ipp .inl "
        ".pl .pm .r .m .patch .diff .xsl .xslt .xsd .dtd .sty .cls .bst"
    ),
    "style sheets": ".css .scss .sass .less .styl",
    "lock files": ".lock .lockfile",
    "build and settings files": (
        ".yaml .yml .toml .ini .cfg .conf .properties .env .mk .cmake .gradle .bazel .bzl .nix .tf "
        ".tfvars .jsonc .json5 .webmanifest "
        ".sln .csproj .vcxproj .fsproj .vbproj .pbxproj .xcconfig .gemspec .podspec .cabal"
    ),
}
"""By kind, the endings of names, in any case."""

NAMES: dict[str, str] = {
    "lock files": (
        "package-lock.json npm-shrinkwrap.json pnpm-lock.yaml packages.lock.json go.sum go.mod"
    ),
    "build and settings files": (
        "Makefile makefile GNUmakefile Dockerfile Containerfile Jenkinsfile Rakefile Gemfile "
        "Procfile Vagrantfile Brewfile Justfile justfile Pipfile SConstruct meson.build "
        "CMakeLists.txt MANIFEST.in requirements.txt constraints.txt package.json tsconfig.json "
        "jsconfig.json composer.json bower.json angular.json lerna.json turbo.json nx.json "
        "deno.json renovate.json pom.xml build.xml CODEOWNERS robots.txt ads.txt app-ads.txt "
        "sitemap.xml opensearch.xml browserconfig.xml crossdomain.xml hts-log.txt"
    ),
}
"""By kind, whole names."""

LICENCES = "licences"

_LICENCE = re.compile(
    r"(?:LICEN[SC]E|[Ll]icen[sc]e|COPYING|UNLICENSE|NOTICE)"
    r"(?:[-_.][A-Z][A-Za-z0-9.-]*)?(?:\.(?:txt|md|rst))?"
)
_SAVED = re.compile(r".+(\.(?:js|css))(?:\.[^.]+|\(\d+\))", re.IGNORECASE)
"""Browsers add an ending, in their language, to scripts that they save (``a.js.download``)."""

_TRANSLATION = re.compile(r".*[.-]([a-z]{2,3})[-_]([a-z]{2,3})\.(?:\1|\2)")
"""One side of a corpus of translations (``europarl.cs-en.cs``), whose ending is a language."""

_REQUIREMENTS = re.compile(r"(?:[a-z]+-)?requirements(?:[-_][a-z]+)?\.txt")


class LeftOutFiles:
    """Decides by names which files of a folder or an archive are left out, and counts them.

    :ivar counts: the files that were left out, by kind
    """

    def __init__(self, settings: ReadSettings, is_asked_for: bool = False) -> None:
        """:param is_asked_for: whether a pattern chose the files, so that none is left out"""
        self._is_asked_for = is_asked_for or settings.all_files or bool(settings.glob)
        self.counts: Counter[str] = Counter()

    def take(self, name: str) -> bool:
        """Whether a file is left out; if so, it is counted.

        :param name: its own name, without the folder
        """
        if "?" in name and recognise_name(name, AUTO) == AUTO:
            name = name.partition("?")[0]  # a mirror of a site: style.css?v=2.1
        kind = "" if self._is_asked_for else kind_of_name(name)
        self.counts[kind] += bool(kind)
        return bool(kind)

    @property
    def description(self) -> str:
        """What was left out, in words, with the option that takes it in; empty for nothing."""
        found = sorted((kind, count) for kind, count in self.counts.items() if count)
        if not found:
            return ""
        told = ", ".join(f"{kind} {count:,}" for kind, count in found)
        return f"files that are no prose: {told}; --all-files reads them"


def kind_of_name(name: str) -> str:
    """The kind of files without prose that a name shows; empty for all other names."""
    plain = without_compression(name)
    if kind := _KIND_OF_NAME.get(plain):
        return kind
    if kind := _KIND_OF_ENDING.get(ending_of(plain)):
        return "" if _TRANSLATION.fullmatch(plain) else kind
    if _REQUIREMENTS.fullmatch(plain):
        return "build and settings files"
    if (saved := _SAVED.fullmatch(plain)) and recognise_name(plain, AUTO) == AUTO:
        return _KIND_OF_ENDING[saved[1].lower()]
    return LICENCES if _LICENCE.fullmatch(plain) else ""


_KIND_OF_ENDING = {ending: kind for kind, all in ENDINGS.items() for ending in all.split()}
_KIND_OF_NAME = {name: kind for kind, all in NAMES.items() for name in all.split()}
