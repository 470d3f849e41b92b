"""Files that a page shows: blocks that begin with ``# name.py`` or ``# name.yaml``."""

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"^```\w+\n# (\w+\.\w+)\b.*\n([^`]*)^```", re.MULTILINE)


def stand_with_files_of(page: Path, folder: Path, monkeypatch) -> None:
    """Stand in a folder with the files of a page, from where they can be imported; blocks of one name follow on."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    for name, block in BLOCK.findall(page.read_text("utf-8")):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(block)
        monkeypatch.delitem(sys.modules, name.removesuffix(".py"), raising=False)
