"""Hidden folders in which results are written before they are whole: one a process, locked while the process lives."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

from interplay.errors import InvalidInput
from interplay.files.lock import Busy, held

NEW, OLD, LOCK, DONE = "new", "old", "lock", "done"
"""In a hidden folder: what is written, what it replaces where folders cannot be exchanged, who is at it, and that
unfinished work became a result."""

REFUSED = re.compile(
    r"no space left|file too large|disk quota|input/output error|\bos error\b|iostream error|unexpected pos",
    re.IGNORECASE,
)
"""How writers say that the system takes no more."""


@contextmanager
def part_beside(path: Path) -> Iterator[Path]:
    """A hidden folder beside `path` to write in, which goes with the block; of a process that was killed, at the next
    start."""
    remove_leftovers(path)
    try:
        with ExitStack() as undone:
            part = None
            while part is None:
                part = _locked_part(path, undone)
            yield part
    except Exception as error:
        if isinstance(error, OSError) or not REFUSED.search(str(error)):
            raise
        # writers of NetCDF, safetensors and programs have errors of their own for a full disk
        raise OSError(f"{path} cannot be written: {' '.join(str(error).split())[:160]}") from error


def _locked_part(path: Path, undone: ExitStack) -> Path | None:
    """A new folder that is there and locked until the stack is left; None where another process took it for a leftover
    in the moment before it was locked, and removes it."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.writing")
    part.mkdir()
    undone.callback(shutil.rmtree, part, ignore_errors=True)
    try:
        undone.enter_context(held(part / LOCK))
    except (Busy, FileNotFoundError, FileExistsError):
        return None
    return part


def remove_leftovers(path: Path) -> None:
    """Remove what processes left beside `path` that were killed while they wrote it."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.writing")
    for part in path.parent.iterdir():
        if ours.fullmatch(part.name) and (part / LOCK).is_file():
            with held(part / LOCK, give_up=True) as lock:
                # held twice it is another thread's of this process
                if lock is not None and lock.lock_counter == 1:
                    _remove(part, path)


def _remove(part: Path, path: Path) -> None:
    """Remove a folder of a dead process; what it was about to put in place of an older one is put there."""
    if (part / OLD).is_dir() and not path.exists():
        with suppress(OSError):
            (part / NEW).rename(path)
    shutil.rmtree(part, ignore_errors=True)


def check_writable(path: str | Path, *, overwrite: bool) -> None:
    """Refuse a path that exists, unless it may be replaced, and one that cannot be written where it is."""
    path = Path(path)
    if path.exists() and not overwrite:
        _remove_done(path)
        raise InvalidInput(
            f"{path} must not exist yet, and does. Choose another name, move it away, or, where that is "
            "offered, overwrite it (--overwrite, overwrite=True)."
        )
    if not path.parent.is_dir():
        raise InvalidInput(
            f"the folder of {path} must exist, and does not. Make it first, or correct the path."
        )
    trial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.writing")
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise InvalidInput(
            f"{path} must be a place that can be written; the system refuses ({error.strerror}). Choose another one, "
            "or see to your rights and free space."
        ) from error


def part_of(path: str | Path) -> Path:
    """The hidden folder beside `path` in which unfinished work on it is kept, so that it can be continued."""
    path = Path(path)
    return path.with_name(f".{path.name}.part")


def mark_done(path: Path) -> None:
    """Note, just before a result gets its name, that nothing of the work on it is needed any more once it has it."""
    if part_of(path).is_dir():
        (part_of(path) / DONE).touch()


def _remove_done(path: Path) -> None:
    """Remove work on a result that is there, left by a process that was killed just after it named the result."""
    part = part_of(path)
    if (part / DONE).is_file():
        with held(part / LOCK, give_up=True) as lock:
            if lock is not None and lock.lock_counter == 1:
                shutil.rmtree(part, ignore_errors=True)


def settle(path: Path, mode: int) -> None:
    """Let a file, or all in a folder, have the rights that new files have in a folder of `mode`, and reach the disk."""
    if path.is_dir():
        for inner in path.iterdir():
            settle(inner, mode)
    else:
        path.chmod(mode & 0o666)
    sync(path)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk, where the system can tell."""
    # some systems know no fsync of folders
    with suppress(OSError) if path.is_dir() else nullcontext():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
