"""Names that are loaded when they are first used: editors and Python know the same ones."""

import ast
import inspect
from pathlib import Path

import pytest

import interplay as ip


def names_for_editors() -> dict[str, str]:
    """Name and home of all that is imported where only type checkers look."""
    tree = ast.parse(Path(inspect.getfile(ip)).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    return {
        alias.asname or alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_editors_and_python_know_the_same_names_from_the_same_homes():
    lazily = {name: f"interplay.{home}" for name, home in ip._HOME.items()}
    lazily |= dict.fromkeys(ip._MODULES, "interplay")
    assert names_for_editors() == lazily
    assert set(ip.__all__) == set(lazily)
    assert set(ip.__all__) <= set(dir(ip))


@pytest.mark.parametrize("name", [*ip._HOME, *ip._MODULES])
def test_every_name_is_there(name):
    thing = getattr(ip, name)
    assert inspect.ismodule(thing) == (name in ip._MODULES)


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'fitt'"):
        _ = ip.fitt
