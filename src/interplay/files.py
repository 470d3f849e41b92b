"""Writing that never leaves half a file: everything goes to a temporary name first, then is renamed."""

import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from interplay.errors import InvalidInput


@contextmanager
def whole_file(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary path beside `path` that becomes `path` when the block ends without an error."""
    path = Path(path)
    check_writable(path, overwrite=overwrite)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary folder beside `path` that becomes `path` when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path, overwrite=overwrite)
    part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
    part.chmod(0o755)
    try:
        yield part
        for file in part.iterdir():
            file.chmod(0o644)
        if path.exists():
            old = part.with_suffix(".old")
            path.rename(old)
            part.rename(path)
            shutil.rmtree(old)
        else:
            part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def part_of(path: str | Path) -> Path:
    """The hidden folder beside `path` in which unfinished work on it is kept, so that it can be continued."""
    path = Path(path)
    return path.with_name(f".{path.name}.part")


def check_writable(path: str | Path, *, overwrite: bool) -> None:
    """Refuse a path that exists, unless it may be replaced, and one whose folder does not exist."""
    path = Path(path)
    if path.exists() and not overwrite:
        raise InvalidInput(
            f"{path} must not exist yet, and does. Choose another name, move it away, or, where that is "
            "offered, overwrite it (--overwrite, overwrite=True)."
        )
    if not path.parent.is_dir():
        raise InvalidInput(
            f"the folder of {path} must exist, and does not. Make it first, or correct the path."
        )


def json_text(values) -> str:
    """Strict JSON of mappings, sequences and plain values; it knows no NaN, which becomes null."""
    return json.dumps(_strict(values), indent=1, allow_nan=False) + "\n"


def _strict(values):
    if isinstance(values, Mapping):
        return {name: _strict(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_strict(value) for value in values]
    return None if isinstance(values, float) and math.isnan(values) else values
