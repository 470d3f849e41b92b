"""The documents about the house tell of the rooms, files and names that are there."""

import ast
import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest
from PIL import Image

from architecture_picture import PICTURE, SOURCE, floors, rooms
from architecture_table import BEGIN, written

ROOT = SOURCE.parents[1]
DOCS = ROOT / "docs"
ARCHITECTURE, DECISIONS = ((DOCS / name).read_text("utf-8") for name in ("architecture.md", "decisions.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *DOCS.rglob("*.md")]
PAGES = [path for path in PAGES if "_build" not in path.parts]
FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+(?:\.py|\.html|/))`")
"""A file or folder of the package, as pages write it."""


def test_rooms_are_read_from_disk(tmp_path):
    for name in ("__init__.py", "units.py", "nn/__init__.py", "nn/model.py", "report/web/page.css",
                 "nn/__pycache__/old.pyc", "gone/__pycache__/gone.pyc"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert rooms(tmp_path) == ["nn", "report", "report/web", "units"]


def test_rooms_are_what_python_finds_and_what_the_ladder_names():
    top = {name for name in rooms() if "/" not in name}
    assert top == {module.name for module in pkgutil.iter_modules([str(SOURCE)])}
    assert sorted(top) == sorted(name for floor in floors() for name in floor)


def test_floors_are_read_from_the_ladder(tmp_path):
    project = tmp_path / "project.toml"
    project.write_text(
        '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["cli", "a | b", "c : d : e"]\n', "utf-8"
    )
    assert floors(project) == [["cli"], ["a", "b"], ["c", "d", "e"]]


def test_the_picture_shows_the_rooms_that_are_there():
    with Image.open(PICTURE) as picture:
        shown = {name: json.loads(picture.info[name]) for name in ("Rooms", "Floors")}
    assert shown == {"Rooms": rooms(), "Floors": floors()}, "run: python docs/architecture_picture.py"


def test_the_table_of_rooms_names_each_room_once():
    assert sorted(row[0] for row in table_of_rooms()) == sorted(map(as_written, rooms()))


@pytest.mark.parametrize("room", rooms())
def test_types_of_a_room_are_defined_in_it(room):
    (types,) = (row[2] for row in table_of_rooms() if row[0] == as_written(room))
    path = SOURCE / as_written(room)
    defined = set().union(*(names_of(file) for file in (path.rglob("*.py") if path.is_dir() else [path])))
    assert set(re.findall(r"`(\w+)`", types)) <= defined


def test_the_tables_of_files_are_those_of_the_files():
    assert written(ARCHITECTURE) == ARCHITECTURE, "run: python docs/architecture_table.py"
    assert "| `nn/routing.py` |" in ARCHITECTURE.split(BEGIN)[1]


def test_names_in_the_life_of_a_window_are_in_the_files_beside_them():
    pairs = re.findall(r"((?:`[\w.]+`(?:, | and )?)+)\s+\(`([\w/]+\.py)`\)", ARCHITECTURE)
    assert len(pairs) > 40
    wrong = [(name, file) for names, file in pairs for name in re.findall(r"`([\w.]+)`", names)
             if name not in names_of(SOURCE / file)]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("page", ["architecture.md", "decisions.md"])
def test_every_file_that_is_named_is_there(page):
    named = FILE.findall((DOCS / page).read_text("utf-8"))
    assert named
    assert [file for file in named if not any((folder / file).exists() for folder in (SOURCE, ROOT))] == []


def test_every_decision_names_a_file_and_stands_under_its_package():
    wrong = []
    for package, text in re.findall(
        r"^## (\w+)\n(.*?)(?=^## |\Z)", DECISIONS, flags=re.DOTALL | re.MULTILINE
    ):
        for decision in re.findall(r"^- .*?(?=^- |\Z)", text, flags=re.DOTALL | re.MULTILINE):
            files = FILE.findall(decision)
            if not any(file.startswith(f"{package}/") for file in files):
                wrong.append((package, decision[:60]))
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_names_of_the_library_are_there(page):
    named = set(re.findall(r"(?<![\w./-])interplay(?:\.[a-z]\w*)*(?:\.\w+)", page.read_text("utf-8")))
    assert [name for name in sorted(named) if not is_there(name)] == []


def test_contributing_is_short():
    assert len((ROOT / "CONTRIBUTING.md").read_text("utf-8").splitlines()) <= 60


def table_of_rooms() -> list[list[str]]:
    """Room, purpose and types of each row."""
    text = re.search(r"^## Rooms\n(.*?)^## ", ARCHITECTURE, flags=re.DOTALL | re.MULTILINE)
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text[1].splitlines() if "`" in line
    ]
    return [[room.strip("`"), *others] for room, *others in rows]


def as_written(room: str) -> str:
    return f"{room}/" if (SOURCE / room).is_dir() else f"{room}.py"


def names_of(path: Path) -> set[str]:
    """Classes, their methods as ``Class.method``, and functions of a file."""
    body = ast.parse(path.read_text("utf-8")).body
    named = [node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    methods = {f"{node.name}.{part.name}" for node in named if isinstance(node, ast.ClassDef)
               for part in node.body if isinstance(part, ast.FunctionDef)}  # fmt: skip
    return {node.name for node in named} | methods


def is_there(name: str) -> bool:
    """Whether a dotted name leads to a module or to something in one."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        for part in parts[k:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False
