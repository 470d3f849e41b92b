"""Writes the tables of files in architecture.md: ``python docs/architecture_table.py``.

What a file is for is the first sentence of its docstring; its types are its public classes.
"""

import ast
from pathlib import Path

from architecture_picture import SOURCE, floors

PAGE = Path(__file__).with_name("architecture.md")
BEGIN, END = "<!-- written by architecture_table.py from here -->", "<!-- to here -->"
HEAD = "| file | what it is for | its types |\n| --- | --- | --- |"


def written(page: str) -> str:
    """The page with the tables of the files as they are now."""
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def tables() -> str:
    """A table for each folder of Python files, from the highest floor down."""
    folders = [name for floor in floors() for name in floor if (SOURCE / name).is_dir()]
    files = {
        name: [path for path in sorted((SOURCE / name).rglob("*.py")) if path.stem != "__init__"]
        for name in folders
    }
    return "\n\n".join(table(f"{name}/", paths) for name, paths in files.items() if paths)


def table(title: str, paths: list[Path]) -> str:
    """Files under a heading."""
    return "\n".join([f"### {title}\n", HEAD, *map(row, paths)])


def row(path: Path) -> str:
    """A file, its purpose and its types."""
    module = ast.parse(path.read_text("utf-8"))
    sentence = " ".join((ast.get_docstring(module) or "").split()).split(". ")[0].removesuffix(".")
    classes = [node.name for node in module.body if isinstance(node, ast.ClassDef)]
    types = ", ".join(f"`{name}`" for name in classes if not name.startswith("_"))
    return f"| `{path.relative_to(SOURCE).as_posix()}` | {sentence} | {types} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
