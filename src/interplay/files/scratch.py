"""Temporary folders, which go with their process or, if it is killed, at the start of another."""

import os
import shutil
import tempfile
from pathlib import Path

from interplay.files.lock import held
from interplay.files.parts import LOCK

PREFIX = "interplay-"


class Scratch:
    """A temporary folder that goes when this object goes.

    Parameters
    ----------
    within : str or Path, optional
        Where it lies, if not in the system's temporary place.

    Attributes
    ----------
    path : Path
    """

    def __init__(self, within: str | Path | None = None) -> None:
        from filelock import FileLock

        within = Path(tempfile.gettempdir() if within is None else within)
        _remove_abandoned(within)
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=within)
        self._lock = FileLock(Path(self._folder.name) / LOCK)
        self._lock.acquire(timeout=0)
        self.path = Path(self._folder.name) / "rows"
        self.path.mkdir()


def _remove_abandoned(within: Path) -> None:
    """Remove those of this user whose process is gone."""
    for folder in within.glob(f"{PREFIX}*"):
        if (folder / LOCK).is_file() and not folder.is_symlink() and _is_ours(folder):
            with held(folder / LOCK, give_up=True) as lock:
                if lock is not None and lock.lock_counter == 1:
                    shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
