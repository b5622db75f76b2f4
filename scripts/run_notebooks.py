"""Runs the notebooks of ``examples/`` and stores what they show.

``python scripts/run_notebooks.py [NAME...]``, after a change of what a report shows.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FOLDER = Path(__file__).resolve().parents[1] / "examples"


def run_notebook(path: Path, folder: Path) -> Any:
    """A notebook with what it shows when a real kernel runs it in a folder.

    :raises nbclient.exceptions.CellExecutionError: if a cell fails
    """
    nbformat: Any = import_module("nbformat")
    nbclient: Any = import_module("nbclient")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.resources = {"metadata": {"path": str(folder)}}
    client.execute()
    for cell in notebook.cells:
        cell.metadata.clear()  # (times of execution)
        if cell.cell_type == "code":
            # Bars of progress, and warnings that name folders of this machine.
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    notebook.metadata = {"kernelspec": KERNEL}
    return notebook


def main() -> None:
    nbformat: Any = import_module("nbformat")
    for path in sorted(FOLDER.glob("*.ipynb")):
        if len(sys.argv) == 1 or path.stem in sys.argv[1:]:
            notebook = run_notebook(path, FOLDER)
            for cell in notebook.cells:
                if cell.cell_type == "code":  # the line of progress is empty at the end
                    cell.outputs = [
                        each for each in cell.outputs if each.output_type != "display_data"
                    ]
            nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
