"""The notebooks of the documentation show what their code does, and run where their data are."""

import re
from pathlib import Path

import nbformat
import pytest

from notebooks.execute import code_of, executed, same_code, written
from printed import differs
from shared_data import SHARED

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted((DOCS / "notebooks").glob("*.md"))
NEEDS = re.compile(r'"data/(\w+)"')
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def stored(page: Path) -> nbformat.NotebookNode:
    return nbformat.read(page.with_suffix(".ipynb"), as_version=4)


def texts_of(cell) -> str:
    """What a cell prints and what it ends with, as text."""
    parts = [one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.outputs]
    return ADDRESS.sub("", "\n".join(parts))


def test_there_is_a_notebook_for_each_audience():
    assert [page.stem for page in PAGES] == ["affective", "clinical", "industrial", "wearable"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_stored_is_of_the_page(page):
    source, last = written(page), stored(page)
    assert same_code(source, last)
    assert [cell.source for cell in source.cells] == [cell.source for cell in last.cells]
    assert all(cell.outputs for cell in code_of(last))
    kinds = {one.output_type for cell in code_of(last) for one in cell.outputs}
    assert "error" not in kinds
    # no warning, and no folder of the machine that ran it
    assert [one.text for cell in code_of(last) for one in cell.outputs if one.get("name") == "stderr"] == []
    assert ".venv" not in page.with_suffix(".ipynb").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_that_needs_data_says_so(page):
    text = page.read_text("utf-8")
    for name in NEEDS.findall(text):
        assert f"**To run this page you need the data** in `data/{name}`" in " ".join(text.split())


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebook_shows_the_same_when_it_is_run_again(page):
    for name in NEEDS.findall(page.read_text("utf-8")):
        if not (SHARED / name).is_dir():
            pytest.skip(f"the shared data set {name!r} is not beside this checkout")
    again = code_of(executed(written(page), SHARED))
    for cell, last in zip(again, code_of(stored(page)), strict=True):
        assert differs(texts_of(cell), texts_of(last)) is None
