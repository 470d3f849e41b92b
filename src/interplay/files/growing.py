"""Arrays on disk that grow by rows, as .npy files that NumPy can map into memory."""

import os
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

BYTES = 1 << 24
"""Of a file that are read or rewritten at once."""


class GrowingArray:
    """An array (n, ...) in a file, to which rows are appended; it is a whole .npy file once it is closed.

    Parameters
    ----------
    path : Path
    like : numpy.ndarray, optional
        Of the dtype and row shape of a new file. Without it the file is there, and is gone on with.
    rows : int
        So many are left of what is there.

    Attributes
    ----------
    n : int, rows so far
    """

    def __init__(self, path: Path, like: np.ndarray | None = None, *, rows: int = 0):
        self.path = path
        self._open(like, rows)

    def _open(self, like: np.ndarray | None, rows: int) -> None:
        if like is None:
            with self.path.open("rb") as file:
                shape, self.dtype = _header(file)
            self.row_shape = shape[1:]
        else:
            self.dtype, self.row_shape = like.dtype, like.shape[1:]
        self._row_bytes = max(1, self.dtype.itemsize * int(np.prod(self.row_shape)))
        self._file = self.path.open("r+b" if like is None else "w+b")
        self._write_header(0)
        self._start, self.n = self._file.tell(), rows
        self._file.truncate(self._start + rows * self._row_bytes)
        self._digest = blake2b(digest_size=16)
        for _ in range(0, rows * self._row_bytes, BYTES):
            self._digest.update(self._file.read(BYTES))

    def append(self, rows: np.ndarray) -> None:
        """Add rows (k, ...) at the end."""
        wider = np.result_type(self.dtype, rows.dtype)
        if wider != self.dtype:
            self._widen(wider)
        data = np.ascontiguousarray(rows, dtype=self.dtype).data.cast("B") if rows.size else b""
        self._digest.update(data)
        self._file.write(data)
        self.n += len(rows)

    def sync(self) -> None:
        """Wait until all rows are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> str:
        """End the file; returns the digest of its rows."""
        self._file.seek(0)
        self._write_header(self.n)
        self.sync()
        self._file.close()
        return self._digest.hexdigest()

    def _write_header(self, n: int) -> None:
        # NumPy leaves room for a number of rows of any length: the header of a longer array is no longer
        npy.write_array_header_1_0(
            self._file,
            {"shape": (n, *self.row_shape), "fortran_order": False, "descr": npy.dtype_to_descr(self.dtype)},
        )

    def _widen(self, dtype: np.dtype) -> None:
        """Write all rows anew in another dtype."""
        part = self.path.with_suffix(".wider")
        wide = GrowingArray(part, np.empty((0, *self.row_shape), dtype))
        at_once = max(1, BYTES // self._row_bytes)
        self._file.seek(self._start)
        for k in range(0, self.n, at_once):
            count = min(at_once, self.n - k)
            data = np.frombuffer(self._file.read(count * self._row_bytes), self.dtype)
            wide.append(data.reshape(count, *self.row_shape))
        self._file.close()
        wide.close()
        part.replace(self.path)
        self._open(None, self.n)


def _header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of an .npy file, which is left at its first row."""
    npy.read_magic(file)
    shape, _, dtype = npy.read_array_header_1_0(file)
    return shape, dtype


def digest_of_rows(path: Path) -> str:
    """The digest that `GrowingArray.close` gave."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        _header(file)
        while data := file.read(BYTES):
            digest.update(data)
    return digest.hexdigest()


def mapped(path: Path) -> np.ndarray:
    """An .npy file as a read-only array that the system reads from disk where it is looked at."""
    # a plain view: every selection of a numpy.memmap would be one, too, though it lies in memory
    return np.load(path, mmap_mode="r").view(np.ndarray)


def is_mapped(array: np.ndarray | None) -> bool:
    """Whether an array lies in a file rather than in memory."""
    return isinstance(array, np.memmap) or (isinstance(array, np.ndarray) and is_mapped(array.base))
