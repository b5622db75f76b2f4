"""The rules of ``keep``, which order the documents of a cluster."""

from __future__ import annotations

KEEP_RULES = ("content", "degree", "first", "longest", "shortest", "earliest", "latest")

DEFAULT_KEEP = ("degree", "content", "earliest", "shortest")
"""The copy with the most duplicates; of several, as of two copies always, that with the best text;
of equally good ones the first published, then the one with less."""

KEEP_SITES = "site="
"""The beginning of a keep rule that names sites: ``site=a.example,b.example``."""


def split_keep(value: str) -> tuple[str, ...]:
    """The keep rules of a list with commas.

    After ``site=``, a part with a dot is one more site of that rule, so that
    ``site=a.example,b.example,degree`` is two rules.
    """
    rules: list[str] = []
    for part in filter(None, map(str.strip, value.split(","))):
        goes_on = rules and rules[-1].startswith(KEEP_SITES) and not part.startswith(KEEP_SITES)
        if goes_on and "." in part:
            rules[-1] += f",{part}"
        else:
            rules.append(part)
    return tuple(rules)


def sites_of_rule(rule: str) -> tuple[str, ...]:
    """The sites that a ``site=`` rule names, the best first; empty for any other rule."""
    if not rule.startswith(KEEP_SITES):
        return ()
    names = (name.strip() for name in rule.removeprefix(KEEP_SITES).split(","))
    return tuple(filter(None, names))
