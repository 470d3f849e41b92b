"""What a small file may stand for: a hundred bytes for each of its own, so that a few kB never fill the memory."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import IO, Any

from interplay.errors import DamagedFile

PACKED = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""Endings of packed texts, and what unpacks them."""
TIMES = 100
"""Bytes for each byte of a file. Tables of sensors are packed ten times, texts of them thirty; only equal values, which
say nothing, are packed a thousand times."""
ANY = 128 * 1024**2
"""Bytes that any file may stand for: a label that never changes is sixteen million equal numbers in a few kB."""
ANY_TEXT = 32 * 1024**2
"""The same of a text, whose numbers take more room than their digits."""


def check_unpacked(path: Path, size: float, most: int = ANY) -> None:
    """Refuse a file that stands for so many bytes, unless they are no more than `most`.

    Raises
    ------
    DamagedFile
        If they are far more than its own.
    """
    own = path.stat().st_size
    if size > max(most, TIMES * own):
        raise DamagedFile(
            f"{path} must not unpack to more than {TIMES} times its size; its {own:,} bytes stand for "
            f"{size / 1e6:,.0f} MB or more. Leave out columns that never change, or write it without compression."
        )


def check_archive(path: Path) -> None:
    """Refuse an archive (ZIP, NPZ, XLSX) whose files are far larger than it."""
    with zipfile.ZipFile(path) as file:
        check_unpacked(path, sum(member.file_size for member in file.infolist()))


def opened(path: Path) -> IO[bytes]:
    """A file to read, unpacked meanwhile, and no further than `check_unpacked` lets it."""
    if path.suffix not in PACKED:
        return path.open("rb")
    return io.BufferedReader(_Counted(path), 1 << 20)  # pyrefly: ignore[bad-specialization]


class _Counted(io.RawIOBase):
    """The bytes of a packed file."""

    def __init__(self, path: Path) -> None:
        self._path, self._file, self._read = path, PACKED[path.suffix](path, "rb"), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n = self._file.readinto(buffer)
        self._read += n
        check_unpacked(self._path, self._read, ANY_TEXT)
        return n

    def close(self) -> None:
        self._file.close()
        super().close()
