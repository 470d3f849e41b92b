"""Reading files of data sets: one clear sentence when one is missing or damaged, never a pickle."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from interplay.errors import DamagedFile, InvalidInput


def open_npz(path: Path, required: Iterable[str]) -> dict[str, np.ndarray]:
    """Arrays of an NPZ file, all of `required` among them."""
    if not path.is_file():
        raise InvalidInput(
            f"{path.name} must lie in {path.parent}; it does not. Pass the folder that holds it."
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in required if name not in file.files]
            if missing:
                raise DamagedFile(f"{path} must hold the array {missing[0]!r}; it holds {file.files}.")
            return {name: file[name] for name in required}
    except (zipfile.BadZipFile, EOFError, OSError, zipfile.zlib.error) as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({error}). Copy or download it again."
        ) from error
    except ValueError as error:
        if isinstance(error, DamagedFile):
            raise
        raise DamagedFile(f"{path} is not an NPZ file of plain arrays ({error}).") from error
