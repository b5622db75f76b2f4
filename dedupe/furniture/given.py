"""Furniture that is given as a list of passages, in place of what would be found."""

from __future__ import annotations

import numpy as np

from dedupe.furniture.windows import WindowSet, WindowShape, hash_windows
from dedupe.model.errors import ConfigError
from dedupe.model.kernels import Kernels
from dedupe.model.settings import SketchSettings
from dedupe.sources.furniture_list import read_furniture_list
from dedupe.sources.records.batches import make_batch
from dedupe.store.arrays import sort_distinct


def read_windows(path: str, settings: SketchSettings, kernels: Kernels) -> WindowSet:
    """The windows of the passages in a file; shorter passages have none.

    :raises ConfigError: if the file cannot be read, or all its passages are too short
    """
    passages = read_furniture_list(path)
    shape = WindowShape.of(settings.shingle_size)
    batch = make_batch([""] * len(passages), passages)
    sketch = kernels.sketch(batch, settings.shingle_size, 1, 1, settings.ignore_numbers)
    windows, whole = hash_windows(shape, sketch.shingle_hashes, sketch.shingle_offsets)
    keys = sort_distinct(windows[whole])
    if passages and not len(keys):
        words = shape.token_count
        raise ConfigError(f"furniture_list: {path} holds no passage of {words} words or more")
    return WindowSet(keys, np.zeros(len(keys), np.int64), np.zeros(len(keys), bool))
