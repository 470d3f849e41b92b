"""Reading files of data sets: one clear sentence when one is missing or damaged, never a pickle."""

import tokenize
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from interplay.errors import DamagedFile, InvalidInput

# what numpy lets through from zip and header parsing of damaged bytes
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    EOFError,
    OSError,
    NotImplementedError,
    SyntaxError,
)


def open_npz(path: Path, required: Iterable[str]) -> dict[str, np.ndarray]:
    """Arrays of an NPZ file, all of `required` among them."""
    if not path.is_file():
        raise InvalidInput(
            f"{path.name} must lie in {path.parent}; it does not. Pass the folder that holds it."
        )
    try:
        return _arrays(path, required)
    except DAMAGE as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({error}). Copy or download it again."
        ) from error
    except ValueError as error:
        if isinstance(error, DamagedFile):
            raise
        raise DamagedFile(f"{path} is not an NPZ file of plain arrays ({error}).") from error


def _arrays(path: Path, required: Iterable[str]) -> dict[str, np.ndarray]:
    found = np.load(path, allow_pickle=False)
    if not isinstance(found, np.lib.npyio.NpzFile):
        raise DamagedFile(f"{path} is not an NPZ file: it holds one array.")
    with found:
        missing = [name for name in required if name not in found.files]
        if missing:
            raise DamagedFile(f"{path} must hold the array {missing[0]!r}; it holds {found.files}.")
        return {name: found[name] for name in required}
