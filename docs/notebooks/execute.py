"""Runs the notebooks of this folder and stores what they show: ``python docs/notebooks/execute.py DATA [NAME ...]``.

A notebook is a page of MyST Markdown; beside it lies the same as .ipynb, with outputs, which the site shows. DATA
holds the data sets. A notebook whose code is as it was when it last ran keeps its outputs and gets the new text.
"""

import os
import sys
from ast import dump, parse
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbformat import NotebookNode

HERE = Path(__file__).parent
LONGEST_S = 600
QUIET = {
    "PYTHONWARNINGS": "ignore:IProgress not found"
}  # of tqdm, about widgets that a stored page cannot have


def written(page: Path) -> NotebookNode:
    """The notebook of a page, without outputs."""
    notebook = read_myst_markdown_notebook(page.read_text("utf-8"), MdParserConfig())
    for number, cell in enumerate(notebook.cells):
        cell.id = str(number)  # drawn at random otherwise, and every run would differ
    return notebook


def code_of(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def same_code(one: NotebookNode, other: NotebookNode) -> bool:
    """Whether the same would run; how lines are broken is no matter."""
    trees = ([dump(parse(cell.source)) for cell in code_of(notebook)] for notebook in (one, other))
    return next(trees) == next(trees)


def executed(notebook: NotebookNode, data: Path) -> NotebookNode:
    """The notebook with what it shows, run in a folder of its own where ``data`` leads to the data sets."""
    notebook = deepcopy(notebook)
    with TemporaryDirectory() as folder:
        (Path(folder) / "data").symlink_to(data.resolve())
        place = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=LONGEST_S, resources=place, record_timing=False)
        client.execute(env=os.environ | QUIET)
    return notebook


def with_outputs_of(notebook: NotebookNode, last: NotebookNode) -> NotebookNode:
    notebook = deepcopy(notebook)
    for cell, ran in zip(code_of(notebook), code_of(last), strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    return notebook


def store(page: Path, data: Path) -> None:
    notebook, stored = written(page), page.with_suffix(".ipynb")
    last = nbformat.read(stored, as_version=4) if stored.exists() else None
    if last is not None and same_code(notebook, last):
        notebook = with_outputs_of(notebook, last)
    else:
        notebook = executed(notebook, data)
    # without the version of Python that ran it
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    nbformat.write(notebook, stored)


if __name__ == "__main__":
    data, *names = sys.argv[1:]
    for page in sorted(HERE.glob("*.md")):
        if not names or page.stem in names:
            store(page, Path(data))
