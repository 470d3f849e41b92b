"""Long work on a result, kept beside it until it is done, by one process at a time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from interplay.errors import InvalidInput
from interplay.files.lock import Busy, held
from interplay.files.parts import DONE, LOCK, part_of


@contextmanager
def unfinished_work(path: str | Path) -> Iterator[Path]:
    """The folder of unfinished work on `path`, for this process alone; it goes when the block is done.

    An error leaves it, so that the same work can go on. Blocks may hold blocks about the same path.

    Raises
    ------
    InvalidInput
        If another process is at work on the same path.
    """
    folder = part_of(path)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with held(folder / LOCK) as lock:
            (folder / DONE).unlink(missing_ok=True)
            yield folder
            if lock is not None and lock.lock_counter == 1:
                shutil.rmtree(folder, ignore_errors=True)
    except Busy:
        raise InvalidInput(
            f"{path} must be made by one process at a time; another one is at work on it now, in {folder}. Wait until "
            "it is done, or choose another name."
        ) from None
    finally:
        # nothing was kept yet
        with suppress(OSError):
            folder.rmdir()
