"""Results that appear whole or not at all: written in a hidden folder, brought to the disk, then renamed."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from interplay.files.parts import NEW, OLD, check_writable, mark_done, part_beside, settle, sync

TURNS = 1000
"""Publications of other processes that one steps back for."""


@contextmanager
def whole_file(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends without an error."""
    path = Path(path)
    check_writable(path, overwrite=overwrite)
    with part_beside(path) as part:
        yield part / NEW
        settle(part / NEW, part.stat().st_mode)
        check_writable(path, overwrite=overwrite)
        os.replace(part / NEW, path)
        sync(path.parent)


@contextmanager
def whole_files(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary folder whose files take their places beside `path` together when the block ends without an error.

    One rename publishes them. A process that is killed before it has left all as it was; one that is killed after it
    has left the rest of the moves to `finish_files`, which whoever reads or writes them next calls.
    """
    path = Path(path)
    finish_files(path)
    check_writable(path, overwrite=overwrite)
    with part_beside(path) as part:
        (part / NEW).mkdir()
        yield part / NEW
        settle(part / NEW, part.stat().st_mode)
        for turns_left in reversed(range(TURNS)):
            finish_files(path)
            check_writable(path, overwrite=overwrite)
            mark_done(path)
            try:
                (part / NEW).rename(_published(path))
                break
            except OSError as error:
                # another process has published the same in between
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not turns_left:
                    raise
        sync(path.parent)
    finish_files(path)


def finish_files(path: str | Path) -> None:
    """Move files that `whole_files` has published beside `path` to their places, if a killed process did not."""
    path = Path(path)
    published = _published(path)
    try:
        files = list(published.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for file in files:
        # another process may be at it, too
        with suppress(FileNotFoundError):
            os.replace(file, path.parent / file.name)
    sync(path.parent)
    with suppress(OSError):
        published.rmdir()


@contextmanager
def whole_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary folder that becomes `path` when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path, overwrite=overwrite)
    with part_beside(path) as part:
        new = part / NEW
        new.mkdir()
        yield new
        settle(new, part.stat().st_mode)
        check_writable(path, overwrite=overwrite)
        mark_done(path)
        place(new, path, part / OLD)
        sync(path.parent)


def place(new: Path, path: Path, old: Path) -> None:
    """Rename a folder to `path`; one that is there is exchanged for it in one step, or else moved to `old` first."""
    if not path.exists():
        new.rename(path)
    elif not _exchanged(new, path):
        path.rename(old)
        new.rename(path)


def _published(path: Path) -> Path:
    return path.with_name(f".{path.name}.written")


AT_FDCWD, RENAME_EXCHANGE = -100, 2


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange the names of two folders, if the system can do that (Linux)."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0
