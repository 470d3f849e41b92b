"""Excel files, old and new (.xls and .xlsx), as tables; what reads them is an extra of the package."""

import zipfile
from pathlib import Path

import pandas as pd

from interplay.datasets.formats.files import in_one_line
from interplay.errors import DamagedFile, InvalidInput
from interplay.files.unpacked import check_archive


def open_excel(path: Path) -> pd.DataFrame:
    """The first sheet of a file, its first row being the names of the columns.

    Raises
    ------
    InvalidInput
        If there is no such file, or the extra ``excel`` is not installed.
    DamagedFile
        If it cannot be read.
    """
    if not path.is_file():
        raise InvalidInput(
            f"{path.name} must lie in {path.parent}; it does not. Pass the folder that holds it."
        )
    try:
        if zipfile.is_zipfile(path):
            check_archive(path)
        return pd.read_excel(path, engine="calamine")
    except DamagedFile:
        raise
    except ImportError as error:
        raise InvalidInput(
            f"{path} is an Excel file, and what reads such files must be installed; it is not. Run: pip install "
            "'interplay[excel]'"
        ) from error
    except Exception as error:  # the reader's own error is a class of its own that is not public
        raise DamagedFile(
            f"{path} cannot be read as an Excel file ({in_one_line(error)}). Download it again."
        ) from error
