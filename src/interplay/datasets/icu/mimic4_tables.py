"""Tables of MIMIC-IV, of the official CSV files or of the compact arrays of its demo."""

import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from interplay.datasets.formats.csv_parts import ID, NUMBER, TEXT, TIME, csv_parts, find_table, read_csv
from interplay.datasets.icu.compact import rows_of_arrays
from interplay.datasets.icu.doses import DRUG_ITEMS, HOUR_S, doses
from interplay.datasets.icu.events import items_of_charts, items_of_labs, measured_events
from interplay.datasets.icu.recording import IcuTables, join_parts
from interplay.errors import DataWarning, InvalidInput

FIRST_HOURS = 48
FILES = (
    "hosp/ with patients, admissions, labevents, d_labitems and icu/ with icustays, chartevents, inputevents, "
    "outputevents (.csv or .csv.gz)"
)
COMPACT_FILES = (
    "patients, admissions, icustays, d_labitems (.csv or .csv.gz) with labevents.npz, inputevents.npz, "
    "outputevents.npz and chartevents.npz, which may lie in mimic4_demo_vitals/ beside the folder"
)
VITALS = "mimic4_demo_vitals"
"""Folder beside that of the compact demo with what it lacks."""
FOLDERS = {
    **dict.fromkeys(("patients", "admissions", "labevents", "d_labitems"), "hosp"),
    **dict.fromkeys(("icustays", "chartevents", "inputevents", "outputevents"), "icu"),
}
# column -> type, name in rows
CHARTED = {
    "subject_id": (ID, "subject_id"), "itemid": (ID, "itemid"), "charttime": (TIME, "taken"),
    "storetime": (TIME, "stored"),
}  # fmt: skip
EVENTS = {
    "chartevents": CHARTED | {"valuenum": (NUMBER, "value")},
    "labevents": CHARTED | {"valuenum": (NUMBER, "value"), "valueuom": (TEXT, "unit")},
    "outputevents": CHARTED | {"value": (NUMBER, "value")},
    "inputevents": {
        "stay_id": (ID, "stay"), "itemid": (ID, "itemid"), "starttime": (TIME, "start"), "endtime": (TIME, "stop"),
        "storetime": (TIME, "stored"), "amount": (NUMBER, "amount"), "amountuom": (TEXT, "unit"),
    },
}  # fmt: skip


def read_mimic4(root: Path, *, first_hours: int | None = FIRST_HOURS) -> IcuTables:
    """Stays with what was measured, given and known.

    Tables are read part by part; of each part only needed columns, items and patients are kept.

    Parameters
    ----------
    root : Path
        Folder of the official tables, or of the compact demo.
    first_hours : int, optional
        Only stays of at least so many hours, and of them only what was known by then.
    """
    if find_table(_folder(root, "icustays"), "icustays") is None:
        raise InvalidInput(f"{root} must hold {FILES}; it has no icu/icustays.")
    stays = _cohort(root, first_hours)
    columns = {"itemid": ID, "label": TEXT, "fluid": TEXT}
    labs = items_of_labs(read_csv(_folder(root, "d_labitems"), "d_labitems", columns))
    charts, patients = items_of_charts(), stays["subject_id"].unique()
    until_s = float("inf") if first_hours is None else first_hours * HOUR_S
    measured = [
        _known_by(measured_events(rows, items, stays), until_s)
        for name, items in (("chartevents", charts), ("labevents", labs), ("outputevents", charts))
        for rows in _rows(root, name, {"itemid": items.index, "subject_id": patients})
    ]
    wanted = {"itemid": DRUG_ITEMS, "stay_id": stays.index}
    given = [_known_by(doses(rows, stays), until_s) for rows in _rows(root, "inputevents", wanted)]
    return join_parts(stays, measured, given)


def _folder(root: Path, name: str) -> Path:
    """Where a table lies: in a folder of its own kind, or with all others."""
    return root / FOLDERS[name] if (root / "icu").is_dir() else root


def _cohort(root: Path, first_hours: int | None) -> pd.DataFrame:
    stays, admissions, patients = (
        read_csv(_folder(root, name), name, columns)
        for name, columns in (
            ("icustays", {"subject_id": ID, "hadm_id": ID, "stay_id": ID, "intime": TIME, "outtime": TIME}),
            ("admissions", {"hadm_id": ID, "hospital_expire_flag": ID}),
            ("patients", {"subject_id": ID, "gender": TEXT, "anchor_age": NUMBER, "anchor_year": NUMBER}),
        )
    )
    stays = stays.merge(admissions, on="hadm_id").merge(patients, on="subject_id")
    if first_hours is not None:
        long = stays["outtime"] - stays["intime"] >= pd.Timedelta(hours=first_hours)
        if not long.any():
            raise InvalidInput(
                f"icu/icustays must hold stays of at least {first_hours} hours; none of {len(stays)} is that long."
            )
        stays = stays[long]
    stays = stays.dropna(subset=["intime", "outtime"]).set_index("stay_id").sort_index()
    return stays.assign(
        died=stays["hospital_expire_flag"].astype(int),
        age=stays["anchor_age"] + stays["intime"].dt.year - stays["anchor_year"],
        male=(stays["gender"] == "M").astype(float),
    )


def _rows(root: Path, name: str, only: Mapping[str, Collection[int]]) -> Iterator[pd.DataFrame]:
    columns = EVENTS[name]
    if not (root / "labevents.npz").is_file():
        kinds: dict[str, pa.DataType] = {column: kind for column, (kind, _) in columns.items()}
        for part in csv_parts(_folder(root, name), name, kinds, only):
            yield part.rename(columns={column: new for column, (_, new) in columns.items()})
        return
    path = root / f"{name}.npz"
    if name == "chartevents" and not path.is_file():
        path = root.resolve().parent / VITALS / path.name
        if not path.is_file():
            warnings.warn(
                f"{root} has no chartevents.npz, and none lies in {VITALS}/ beside it: vital signs are unknown.",
                DataWarning,
                stacklevel=2,
            )
            return
    # only laboratory values say when they were stored
    rows = rows_of_arrays(path, columns, stored=name == "labevents")
    for column, ids in only.items():
        rows = rows[rows[columns[column][1]].isin(list(ids))]
    yield rows if "stored" in rows else rows.assign(stored=np.datetime64("NaT", "s"))


def _known_by(events: pd.DataFrame, until_s: float) -> pd.DataFrame:
    return events[events["known_s"] <= until_s]
