"""Install a wheel into a fresh environment, without a compiler in reach, and scan with it.

Usage: ``python scripts/try_wheel.py DIST_FOLDER``
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "articles"


def check_package_data(wheel: str) -> None:
    """Check that the templates, styles and scripts of the HTML report are in the wheel."""
    package = FIXTURES.parent.parent / "dedupe" / "renderers" / "html"
    files = {*package.glob("assets/*"), *package.glob("templates/*")}
    wanted = {str(path.relative_to(package.parent.parent.parent)) for path in files}
    missing = wanted - set(zipfile.ZipFile(wheel).namelist())
    if missing or not wanted:
        sys.exit(f"the wheel lacks {', '.join(sorted(missing)) or 'the HTML report'}")


def main() -> None:
    wheels = sorted(Path(sys.argv[1]).glob("*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        sys.exit(f"no wheel in {sys.argv[1]}")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        binaries = Path(folder) / "bin"
        environment = {**os.environ, "PATH": str(binaries), "CC": "false"}
        wheel = str(wheels[-1].resolve())
        check_package_data(wheel)
        install = [str(binaries / "python"), "-m", "pip", "install", "--quiet", wheel]
        subprocess.run(install, check=True, env=environment, cwd=folder)
        scan = [str(binaries / "dedupe"), "scan", str(FIXTURES), "--format", "json", "--quiet"]
        result = subprocess.run(scan, check=True, env=environment, cwd=folder, capture_output=True)
    report = json.loads(result.stdout)
    if report["run"]["kernels"] != "compiled" or report["corpus"]["cluster_count"] == 0:
        sys.exit(f"the wheel does not scan as it should: {report['run']}, {report['corpus']}")
    print(f"{wheels[-1].name}: installs without a compiler and scans with compiled kernels")


if __name__ == "__main__":
    main()
