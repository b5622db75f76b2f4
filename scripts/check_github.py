"""Check the files that GitHub reads: workflows, the action, issue forms, the citation.

Usage: ``python scripts/check_github.py``. Their schemas come with check-jsonschema. Where
actionlint is on the path, it looks at the workflows too: expressions, names of runners and inputs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
CONFIG = FORMS / "config.yml"
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))

FILES = {
    "vendor.github-workflows": WORKFLOWS,
    "vendor.github-actions": [ROOT / "action.yml"],
    "vendor.github-issue-forms": [path for path in sorted(FORMS.glob("*.yml")) if path != CONFIG],
    "vendor.github-issue-config": [CONFIG],
    "vendor.citation-file-format": [ROOT / "CITATION.cff"],
}


def check_files(schema: str, paths: list[Path]) -> int:
    """The exit code of the check of some files against a schema that is built in."""
    command = [sys.executable, "-m", "check_jsonschema", "--quiet", "--builtin-schema", schema]
    options = ["--force-filetype", "yaml", *map(str, paths)]
    return subprocess.run([*command, *options], check=False).returncode


def main() -> None:
    codes = [check_files(schema, paths) for schema, paths in FILES.items()]
    if actionlint := shutil.which("actionlint"):
        codes.append(subprocess.run([actionlint, *map(str, WORKFLOWS)], check=False).returncode)
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
