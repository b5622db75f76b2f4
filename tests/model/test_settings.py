"""Settings that cannot be are errors."""

from __future__ import annotations

import pytest

from dedupe.model.errors import ConfigError
from dedupe.model.keep_rules import split_keep
from dedupe.model.settings import Config


def test_keep_is_unambiguous() -> None:
    assert split_keep("site=a.example,b.example,degree") == ("site=a.example,b.example", "degree")
    assert split_keep("site=BBC,site=CNN,longest") == ("site=BBC", "site=CNN", "longest")
    for wrong in ("site=", "site=BBC,CNN", "oldest", "a.example"):
        with pytest.raises(ConfigError):
            Config(keep=split_keep(wrong))
