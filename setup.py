"""Build of the optional extension; everything else stands in ``pyproject.toml``.

Environment variables, for the project's own checks:

- ``DEDUPE_BOUNDS_CHECK=1``: every access to a buffer is checked
- ``DEDUPE_SANITIZE=address``: built with AddressSanitizer
- ``DEDUPE_REQUIRE_KERNELS=1``: a failing compiler fails the build (wheels)
"""

import os
import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

checked = os.environ.get("DEDUPE_BOUNDS_CHECK") == "1"
sanitizer = os.environ.get("DEDUPE_SANITIZE", "")

compile_args = ["/O2"] if sys.platform == "win32" else ["-O3", "-fno-math-errno"]
link_args: list[str] = []
if sanitizer:
    compile_args += [f"-fsanitize={sanitizer}", "-fno-omit-frame-pointer", "-g"]
    link_args += [f"-fsanitize={sanitizer}"]

kernels = Extension(
    "dedupe.sketch._kernels",
    ["dedupe/sketch/_kernels.pyx"],
    include_dirs=["dedupe/sketch"],
    depends=["dedupe/sketch/kernels.h", "dedupe/sketch/vendor/xxhash.h"],
    extra_compile_args=compile_args,
    extra_link_args=link_args,
    optional=os.environ.get("DEDUPE_REQUIRE_KERNELS") != "1",
)

setup(
    ext_modules=cythonize(
        [kernels],
        compiler_directives={
            "language_level": 3,
            "boundscheck": checked,
            "initializedcheck": checked,
            "wraparound": False,
            "cdivision": True,
        },
        force=checked or bool(sanitizer),
    )
)
