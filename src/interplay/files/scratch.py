"""Folders in the system's temporary place, which go with their process or, if it is killed, at the start of another."""

import os
import shutil
import tempfile
from pathlib import Path

from interplay.files.lock import held
from interplay.files.parts import LOCK

PREFIX = "interplay-"


class Scratch:
    """A temporary folder that goes when this object goes.

    Attributes
    ----------
    path : Path
    """

    def __init__(self) -> None:
        from filelock import FileLock

        _remove_abandoned()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        self._lock = FileLock(Path(self._folder.name) / LOCK)
        self._lock.acquire(timeout=0)
        self.path = Path(self._folder.name) / "rows"
        self.path.mkdir()


def _remove_abandoned() -> None:
    """Remove those of this user whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if (folder / LOCK).is_file() and not folder.is_symlink() and _is_ours(folder):
            with held(folder / LOCK, give_up=True) as lock:
                if lock is not None and lock.lock_counter == 1:
                    shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
