"""Build of the optional extension; everything else stands in ``pyproject.toml``.

Environment variables, for the project's own checks:

- ``DEDUPE_BOUNDS_CHECK=1``: every access to a buffer from Cython is checked; one outside it raises
  ``IndexError``, or ends the process where the function at hand cannot raise
- ``DEDUPE_SANITIZE=address,undefined``: built with these sanitizers; a fault ends the process
- ``DEDUPE_COVERAGE=1``: built for ``gcov``
- ``DEDUPE_REQUIRE_KERNELS=1``: a failing compiler fails the build (wheels)
"""

import os
import sys

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

checked = os.environ.get("DEDUPE_BOUNDS_CHECK") == "1"
sanitizer = os.environ.get("DEDUPE_SANITIZE", "")
covered = os.environ.get("DEDUPE_COVERAGE") == "1"

# (Without what a debugger would want, which Python's own settings ask for: a third of the time to
# compile, and four fifths of the size.)
compile_args = ["/O2"] if sys.platform == "win32" else ["-O3", "-fno-math-errno", "-g0"]
link_args: list[str] = []
if checked or sanitizer:
    compile_args += ["-O1"]  # they are built for one run of the tests
if checked:
    compile_args += ["-include", "scripts/unraisable_ends_process.h"]
if sanitizer:
    # (Python's own settings have -fwrapv, with which a signed overflow is no fault.)
    compile_args += [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-fno-wrapv"]
    compile_args += ["-fno-omit-frame-pointer", "-g1"]
    link_args += [f"-fsanitize={sanitizer}"]
if covered:
    compile_args += ["-O0", "--coverage"]
    link_args += ["--coverage"]


class OptionalBuild(build_ext):
    """Lets the package install where the extension cannot be built.

    Says so itself: setuptools' own ``optional`` does not cover every way a compiler fails.
    """

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except Exception as error:
            if not ext.optional:
                raise
            print(f"warning: {ext.name} was not built, dedupe will be slow: {error}")


kernels = Extension(
    "dedupe.sketch._kernels",
    ["dedupe/sketch/_kernels.pyx"],
    include_dirs=["dedupe/sketch"],
    depends=["dedupe/sketch/kernels.h", "dedupe/sketch/vendor/xxhash.h"],
    extra_compile_args=compile_args,
    extra_link_args=link_args,
)

extensions = cythonize(
    [kernels],
    compiler_directives={
        "language_level": 3,
        "boundscheck": checked,
        "initializedcheck": checked,
        "wraparound": False,
        "cdivision": True,
    },
    force=checked or covered or bool(sanitizer),
)
for extension in extensions:
    extension.optional = os.environ.get("DEDUPE_REQUIRE_KERNELS") != "1"

setup(
    cmdclass={"build_ext": OptionalBuild},
    ext_modules=extensions,
)
