"""A short run of the kernels' fuzzer.

``DEDUPE_FUZZ_COUNT`` and ``DEDUPE_FUZZ_SEED`` make others.
"""

from __future__ import annotations

import os

import pytest

pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)
from tests.support import fuzz_kernels

COUNT = int(os.environ.get("DEDUPE_FUZZ_COUNT", "900"))
SEED = int(os.environ.get("DEDUPE_FUZZ_SEED", "1"))


@pytest.mark.parametrize("name", fuzz_kernels.KERNELS)
def test_the_kernel_says_what_its_definition_says(name):
    if name == "rows":
        pytest.importorskip("markupsafe", reason="the HTML report is not installed")
    each = max(COUNT // len(fuzz_kernels.KERNELS), 1)
    assert fuzz_kernels.run(each, SEED, [name])[name] == each
