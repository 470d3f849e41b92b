"""Reading files of data sets: one clear sentence when one is missing or damaged, never a pickle."""

import tokenize
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.errors import DamagedFile, InvalidInput
from interplay.files.unpacked import check_archive, opened

# what numpy lets through from zip and header parsing of damaged bytes
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    EOFError,
    OSError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    OverflowError,
)


def open_npz(path: Path, required: Iterable[str]) -> dict[str, np.ndarray]:
    """Arrays of an NPZ file, all of `required` among them."""
    if not path.is_file():
        raise InvalidInput(
            f"{path.name} must lie in {path.parent}; it does not. Pass the folder that holds it."
        )
    try:
        return _arrays(path, required)
    except DamagedFile:
        raise
    except DAMAGE as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({in_one_line(error)}). Copy or download it again."
        ) from error
    except ValueError as error:
        raise DamagedFile(f"{path} is not an NPZ file of plain arrays ({error}).") from error


def open_csv(folder: Path, names: Iterable[str], required: Iterable[str]) -> pd.DataFrame:
    """The first of some CSV files that the folder holds, with all columns of `required`."""
    names = list(names)
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise InvalidInput(
            f"{' or '.join(names)} must lie in {folder}; none does. Pass the folder that holds it."
        )
    try:
        with opened(path) as file:
            table = pd.read_csv(file, skipinitialspace=True, low_memory=False)
    except DamagedFile:
        raise
    except (*DAMAGE, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({in_one_line(error)}). Copy or download it again."
        ) from error
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise DamagedFile(
            f"{path} must have the column {missing[0]!r}; it has {list(table.columns)[:8]}. Is it separated by commas?"
        )
    return table


def open_numbers(
    path: Path, columns: int, *, separator: str = r"\s+", header: int | None = None
) -> np.ndarray:
    """(n, columns) float64 of a text file of numbers; NaN as written there."""
    try:
        table = pd.read_csv(path, sep=separator, header=header)
    except (*DAMAGE, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({in_one_line(error)}). Copy or download it again."
        ) from error
    if table.shape[1] != columns:
        raise DamagedFile(f"{path} must have {columns} columns; it has {table.shape[1]}. Was it saved anew?")
    texts = [name for name, dtype in table.dtypes.items() if dtype.kind not in "iuf"]
    if texts:
        # as texts: whole numbers of any length are told apart from words, and none is too long
        numbers = pd.to_numeric(table[texts[0]].astype(str), errors="coerce")
        row = int(np.argmax(~np.isfinite(numbers) & table[texts[0]].notna()))
        text = str(table[texts[0]].iloc[row])[:60]
        raise DamagedFile(f"{path} must hold numbers alone; row {row + 1} has {text!r}. Download it again.")
    return table.to_numpy(np.float64)


def in_one_line(error: Exception) -> str:
    """What an error says, on one line of a terminal or two."""
    return " ".join(str(error).split())[:160]


def below(root: str | Path, part: str) -> Path | None:
    """The folder that holds `part`: `root` itself, or the one folder in it that does, as archives unpack."""
    places = [Path(root), *sorted(path for path in Path(root).glob("*") if path.is_dir())]
    return next((place for place in places if (place / part).exists()), None)


def _arrays(path: Path, required: Iterable[str]) -> dict[str, np.ndarray]:
    check_archive(path)
    file = np.load(path, allow_pickle=False)
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise DamagedFile(f"{path} is not an NPZ file: it holds one array.")
    with file:
        missing = [name for name in required if name not in file.files]
        if missing:
            raise DamagedFile(f"{path} must hold the array {missing[0]!r}; it holds {file.files}.")
        return {name: file[name] for name in required}
