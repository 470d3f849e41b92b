"""What docstrings show is what comes out."""

import doctest
import inspect

import pytest

import interplay as ip

SHOWN = [
    "make_windows",
    "split_by_entity",
    "load_dataset",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("fit", "load_run")),
]


@pytest.mark.parametrize("name", SHOWN)
def test_examples_give_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function = getattr(ip, name)
    runner = doctest.DocTestRunner(verbose=False)
    (example,) = doctest.DocTestFinder(recurse=False).find(
        function, name, module=inspect.getmodule(function), globs={}
    )
    assert len(example.examples) >= 3
    assert runner.run(example).failed == 0
