"""Run the tests of the kernels on every other supported Python that is installed.

Each version gets an environment of its own below ``build/pythons``. Versions are searched for on
the PATH and in the folder of pyenv.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

MINORS = (11, 12, 13, 14)
TESTS = Path("tests/sketch")


def find_python(minor: int) -> str | None:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for candidate in sorted(root.glob(f"versions/3.{minor}.*/bin/python3.{minor}"), reverse=True):
        return str(candidate)
    return shutil.which(f"python3.{minor}")


def main() -> None:
    tried = 0
    for minor in MINORS:
        python = find_python(minor)
        if minor == sys.version_info.minor or python is None:
            continue
        folder = Path("build/pythons") / f"3.{minor}"
        binary = folder / "bin" / "python"
        is_new = not binary.exists()
        if is_new:
            subprocess.run([python, "-m", "venv", str(folder)], check=True)
        pip = [str(binary), "-m", "pip", "install", "--quiet"]
        environment = {**os.environ, "DEDUPE_REQUIRE_KERNELS": "1"}
        subprocess.run([*pip, ".", "pytest", "hypothesis"], check=True, env=environment)
        if not is_new:  # pip would keep an earlier installation with the same version
            again = [*pip, "--force-reinstall", "--no-deps", "."]
            subprocess.run(again, check=True, env=environment)
        # From another folder and without touching sys.path, or the source tree would be tested
        # instead of what was installed.
        options = ["-p", "no:cacheprovider", "--import-mode=importlib", "--noconftest"]
        command = [str(binary.absolute()), "-m", "pytest", *options, str(TESTS.resolve())]
        expected = {"DEDUPE_EXPECT_KERNELS": str(folder.absolute())}
        subprocess.run(command, check=True, cwd=folder, env={**os.environ, **expected})
        tried += 1
    print(f"{tried} other Python versions tried")


if __name__ == "__main__":
    main()
