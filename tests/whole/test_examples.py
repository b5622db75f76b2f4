"""The notebooks of ``examples/`` run in a real kernel, and show what is stored in them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from scripts.run_notebooks import FOLDER, run_notebook

NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
NEEDED = {"contamination": "datasets", "crawl_json_lines": "pandas", "news_folder": "pandas"}


def shown_by_us(notebook: Any) -> list[tuple[str, str]]:
    """What results of this package show; how other libraries show theirs is their own affair."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    data = [output["data"] for output in outputs if "data" in output]
    return [
        (each["text/plain"], each["text/html"])
        for each in data
        if "dedupe-cell" in each.get("text/html", "")
    ]


def test_there_are_four() -> None:
    assert NAMES == ["ci_gate", "contamination", "crawl_json_lines", "news_folder"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_notebook_runs_and_shows_what_is_stored(name: str, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed")
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    if name in NEEDED:
        pytest.importorskip(NEEDED[name], reason=f"{NEEDED[name]} is not installed")
    for folder in (FOLDER, FOLDER.parent / "fixtures"):
        shutil.copytree(folder, tmp_path / folder.name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = run_notebook(FOLDER / f"{name}.ipynb", tmp_path / "examples")
    stored = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert len(shown_by_us(stored)) >= 2
    assert shown_by_us(done) == shown_by_us(stored), "run scripts/run_notebooks.py"
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_notebook_holds_nothing_of_the_machine(name: str) -> None:
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not any(told in text for told in (str(Path.home()), str(FOLDER.parent), "/tmp/"))


CELL = """
import dedupe
from dedupe.notebook import progress

progress.SHORT_SECONDS = 0
shown = []
show = progress._Cell._show
progress._Cell._show = lambda self, text: (shown.append(text), show(self, text))[0]
texts = [" ".join(f"w{i}x{j}" for j in range(50)) for i in range(500)]
report = dedupe.find_duplicates(texts ARGUMENT)
print(any(each.startswith("dedupe: reading: ") for each in shown), shown[-1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argument", "told"),
    [("", "True ['']\n"), (", progress=False", "False []\n"), (", progress=True", "True ['']\n")],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_progress_in_a_notebook(argument: str, told: str, tmp_path: Path) -> None:
    """A line below the cell, which is empty at the end."""
    nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed")
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELL.replace(" ARGUMENT", argument))]
    )
    nbformat.write(notebook, tmp_path / "cell.ipynb")
    outputs = run_notebook(tmp_path / "cell.ipynb", tmp_path).cells[0].outputs
    assert [each.text for each in outputs if each.output_type == "stream"] == [told]
    drawn = [each.data["text/plain"] for each in outputs if "data" in each]
    assert drawn == ([""] if "True" in told else [])
