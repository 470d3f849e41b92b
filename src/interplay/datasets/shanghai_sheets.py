"""The official Excel sheets of ShanghaiT1DM and ShanghaiT2DM, one a record, as one table.

Facts of the files, from published descriptions: folders Shanghai_T1DM and Shanghai_T2DM hold PATIENT_RECORD_DATE.xls or
.xlsx; names of columns vary in what follows their first words, and one is in Chinese only.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from interplay.datasets.formats.excel import open_excel
from interplay.errors import DamagedFile, InvalidInput

FOLDERS = ("Shanghai_T1DM", "Shanghai_T2DM")
TIME = "Date"
NUMBERS = {
    "cgm_mgdl": ("CGM",),
    "cbg_mgdl": ("CBG",),
    "insulin_bolus_iu": ("CSII - bolus insulin",),
    "insulin_basal_iu_per_h": ("CSII - basal insulin", "胰岛素泵基础量"),
}
DOSES = {"insulin_sc_iu": ("Insulin dose - s.c.",), "insulin_iv_iu": ("Insulin dose - i.v.",)}
"""Texts such as "insulin glargine, 14 IU, Humulin 70/30, 12 IU"."""
TEXTS = {"meal": ("Dietary intake",), "agent_text": ("Non-insulin hypoglycemic agents",)}
DOSE = r"(\d+(?:\.\d+)?)\s*IU"


def has_sheets(root: Path) -> bool:
    """Whether the folder is the official one."""
    return any((root / folder).is_dir() for folder in FOLDERS)


def read_sheets(root: Path) -> pd.DataFrame:
    """Rows of all records: ``patient``, ``record``, ``minute`` from its start, and the columns named above.

    Raises
    ------
    DamagedFile
        If a sheet cannot be read or lacks a column.
    InvalidInput
        If there are no sheets, or what reads them is not installed.
    """
    paths = sorted(path for folder in FOLDERS for path in (root / folder).glob("[0-9]*_*_*.xls*"))
    if not paths:
        raise InvalidInput(f"{root} must hold sheets such as {FOLDERS[0]}/1001_0_20210730.xlsx; it has none.")
    return pd.concat([_record(path) for path in paths], ignore_index=True)


def _record(path: Path) -> pd.DataFrame:
    patient, record, *_ = path.stem.split("_")
    sheet = open_excel(path)
    time = pd.to_datetime(_column(path, sheet, (TIME,)), errors="coerce")
    if time.isna().any():
        row = int(np.flatnonzero(time.isna())[0]) + 2
        raise DamagedFile(f"{path} must have a date in each row of {TIME!r}; row {row} has none.")
    columns = {
        name: pd.to_numeric(_column(path, sheet, starts), errors="coerce") for name, starts in NUMBERS.items()
    }
    columns |= {name: _doses(_column(path, sheet, starts)) for name, starts in DOSES.items()}
    meal, agents = (_column(path, sheet, starts) for starts in TEXTS.values())
    minute = ((time - time.min()) / pd.Timedelta(minutes=1)).round()
    table = pd.DataFrame(
        {"minute": minute, **columns, "meal": meal.notna().astype(int), "agent_text": agents.astype(object)}
    )
    return table.sort_values("minute", kind="stable").assign(patient=patient, record=int(record))


def _column(path: Path, sheet: pd.DataFrame, starts: tuple[str, ...]) -> pd.Series:
    """The column whose name begins so."""
    names = [name for name in sheet.columns if str(name).startswith(starts)]
    if not names:
        raise DamagedFile(
            f"{path} must have a column {starts[0]!r}; it has {[str(c) for c in sheet.columns][:8]}."
        )
    return sheet[names[0]]


def _doses(texts: pd.Series) -> pd.Series:
    """Units of insulin, summed over what was given; NaN where nothing was."""
    units = texts.astype("string").str.extractall(DOSE)[0].astype(float)
    return units.groupby(level=0).sum().reindex(texts.index)
