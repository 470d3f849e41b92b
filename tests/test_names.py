"""Names in the code are the noun of what they hold, and no file is long."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture_picture import SOURCE

DIALECT = {"told", "found", "kept", "laid", "mine"}
LONGEST = 350
FILES = sorted(SOURCE.rglob("*.py"))
TEXTS = [path for path in SOURCE.rglob("*.*") if path.suffix in (".py", ".js", ".html", ".css")]


def names_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that code gives or uses, with its line: variables, parameters, attributes, functions, classes."""
    for node in ast.walk(tree):
        for part in ("id", "arg", "attr", "name", "asname"):
            name = getattr(node, part, None)
            if isinstance(name, str):
                yield name, getattr(node, "lineno", 0)


def dialect_of(code: str) -> list[str]:
    return [
        f"{line}: {name}"
        for name, line in names_in(ast.parse(code))
        if DIALECT & set(name.lower().split("_"))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_names_are_nouns_of_what_they_hold(path: Path):
    assert dialect_of(path.read_text("utf-8")) == []


def test_the_dialect_is_seen_in_names_alone():
    code = 'def laid(mine=1, *, kept_BT=2):\n    """told"""\n    x.found, told = f(_told=3), "found"\n'
    assert sorted(dialect_of(code)) == ["1: kept_BT", "1: laid", "1: mine", "3: _told", "3: found", "3: told"]
    assert dialect_of("foundation, untold = miner, 'kept'") == []


def test_no_file_is_long():
    long = {
        str(path.relative_to(SOURCE)): n
        for path in TEXTS
        if (n := len(path.read_text("utf-8").splitlines())) > LONGEST
    }
    assert long == {}
