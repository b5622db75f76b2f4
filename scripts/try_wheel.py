"""Install a wheel into a fresh environment, without a compiler in reach, and scan with it.

Usage: ``python scripts/try_wheel.py DIST_FOLDER``. It also says how long that takes, and how large
the wheel and the environment are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "articles"


def check_package_data(wheel: str) -> None:
    """Check that the parts of the HTML report, the manual page and completions are in the wheel."""
    package = FIXTURES.parent.parent / "dedupe" / "renderers" / "html"
    files = {*package.glob("assets/*"), *package.glob("templates/*")}
    wanted = {str(path.relative_to(package.parent.parent.parent)) for path in files}
    held = zipfile.ZipFile(wheel).namelist()
    missing = wanted - {*held}
    share = FIXTURES.parent.parent / "docs" / "share"
    for path in filter(Path.is_file, share.rglob("*")):
        name = f".data/data/share/{path.relative_to(share).as_posix()}"
        missing |= set() if any(each.endswith(name) for each in held) else {name}
    if missing or not wanted:
        sys.exit(f"the wheel lacks {', '.join(sorted(missing)) or 'the HTML report'}")


def size_of(folder: str) -> float:
    """The size of all files below a folder, in MB."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 1e6


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
        before, begin = size_of(folder), time.perf_counter()
        subprocess.run(install, check=True, env=environment, cwd=folder)
        seconds, added = time.perf_counter() - begin, size_of(folder) - before
        scan = [str(binaries / "dedupe"), "scan", str(FIXTURES), "--format", "json", "--quiet"]
        result = subprocess.run(scan, check=True, env=environment, cwd=folder, capture_output=True)
    report = json.loads(result.stdout)
    if report["run"]["kernels"] != "compiled" or report["corpus"]["cluster_count"] == 0:
        sys.exit(f"the wheel does not scan as it should: {report['run']}, {report['corpus']}")
    print(f"{wheels[-1].name}: installs without a compiler and scans with compiled kernels")
    size = Path(wheel).stat().st_size / 1e6
    print(f"wheel {size:.1f} MB; installed in {seconds:.0f} s, with what it needs {added:.0f} MB")


if __name__ == "__main__":
    main()
