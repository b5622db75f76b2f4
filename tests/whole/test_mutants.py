"""The mutants of the kernels still fit their source, so that ``scripts/mutate_kernels.py`` runs."""

from __future__ import annotations

from scripts.mutate_kernels import MUTANTS
from tests.support.builds import ROOT


def test_every_mutant_changes_one_place():
    paths = {mutant.path for mutant in MUTANTS}
    sources = {path: (ROOT / path).read_text(encoding="utf-8") for path in paths}
    assert [mutant for mutant in MUTANTS if sources[mutant.path].count(mutant.old) != 1] == []
    assert [mutant for mutant in MUTANTS if mutant.old == mutant.new] == []
