"""One process at a time: a lock that ends with the process that holds it, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def held(path: Path, *, give_up: bool = False) -> "Iterator[BaseFileLock | None]":
    """Hold the lock file `path` for the block.

    The lock file goes with the block. The same process may hold it several times.

    Raises
    ------
    Busy
        If another process holds it, unless the block would rather be given None (`give_up`).
    OSError
        If the folder of the file goes while it is asked for, as with whoever held it; with `give_up` that is None, too.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, is_singleton=True, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not give_up:
            raise Busy(path) from None
        yield None
        return
    except (FileExistsError, FileNotFoundError):
        if not give_up:
            raise
        yield None
        return
    try:
        yield lock
    finally:
        if lock.lock_counter == 1:
            # while it is held: who locks a removed file finds out and tries again
            with suppress(OSError):
                path.unlink(missing_ok=True)
        lock.release()
