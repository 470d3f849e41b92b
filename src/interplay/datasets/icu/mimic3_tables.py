"""Tables of MIMIC-III, of the official CSV files or of the compact arrays of its demo."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.datasets.formats.csv_parts import ID, NUMBER, TEXT, TIME, csv_parts, find_table, read_csv
from interplay.datasets.icu.compact import rows_of_arrays
from interplay.datasets.icu.doses import DRUG_ITEMS, charted_doses, doses
from interplay.datasets.icu.events import items_of_charts, items_of_labs, measured_events
from interplay.datasets.icu.recording import IcuTables, join_parts
from interplay.errors import InvalidInput

FILES = (
    "icustays, admissions, patients, d_labitems (.csv or .csv.gz) and chartevents, labevents, outputevents, "
    "inputevents_cv, inputevents_mv (.csv or .csv.gz of the official set, or .npz of minutes)"
)
# column read, type of the official one, name in rows
EVENTS = {
    "chartevents": {
        "subject_id": (ID, "subject_id"), "itemid": (ID, "itemid"), "charttime": (TIME, "taken"),
        "storetime": (TIME, "stored"), "valuenum": (NUMBER, "value"), "error": (ID, "error"),
    },
    "labevents": {
        "subject_id": (ID, "subject_id"), "itemid": (ID, "itemid"), "charttime": (TIME, "taken"),
        "valuenum": (NUMBER, "value"), "valueuom": (TEXT, "unit"),
    },
    "outputevents": {
        "subject_id": (ID, "subject_id"), "itemid": (ID, "itemid"), "charttime": (TIME, "taken"),
        "storetime": (TIME, "stored"), "value": (NUMBER, "value"),
    },
    "inputevents_cv": {
        "icustay_id": (ID, "stay"), "itemid": (ID, "itemid"), "charttime": (TIME, "taken"),
        "storetime": (TIME, "stored"), "amount": (NUMBER, "amount"), "amountuom": (TEXT, "unit"),
        "rate": (NUMBER, "rate"), "rateuom": (TEXT, "rate_unit"),
    },
    "inputevents_mv": {
        "icustay_id": (ID, "stay"), "itemid": (ID, "itemid"), "starttime": (TIME, "start"),
        "endtime": (TIME, "stop"), "storetime": (TIME, "stored"), "amount": (NUMBER, "amount"),
        "amountuom": (TEXT, "unit"), "statusdescription": (TEXT, "status"),
    },
}  # fmt: skip


def read_mimic3(root: Path) -> IcuTables:
    """Stays, measurements and doses of all patients in the folder."""
    if find_table(root, "icustays") is None:
        raise InvalidInput(f"{root} must hold {FILES}; it has no icustays.")
    stays = _stays(root)
    charts, labs = items_of_charts(), items_of_labs(_labels(root))
    measured = [
        measured_events(rows, items, stays)
        for name, items in (("chartevents", charts), ("labevents", labs), ("outputevents", charts))
        for rows in _rows(root, name, items.index)
    ]
    # amounts and rates of an hour belong together, wherever they are in the file
    charted = list(_rows(root, "inputevents_cv", DRUG_ITEMS))
    given = [charted_doses(pd.concat(charted, ignore_index=True), stays)] if charted else []
    given += [doses(rows, stays) for rows in _rows(root, "inputevents_mv", DRUG_ITEMS)]
    return join_parts(stays, measured, given)


def _stays(root: Path) -> pd.DataFrame:
    stays = read_csv(
        root, "icustays", {"subject_id": ID, "hadm_id": ID, "icustay_id": ID, "intime": TIME, "outtime": TIME}
    )
    admissions = read_csv(root, "admissions", {"hadm_id": ID, "hospital_expire_flag": ID})
    patients = read_csv(root, "patients", {"subject_id": ID, "gender": TEXT, "dob": TIME})
    stays = stays.merge(admissions, on="hadm_id").merge(patients, on="subject_id")
    stays = stays.dropna(subset=["intime", "outtime"]).set_index("icustay_id").sort_index()
    years = (stays["intime"] - stays["dob"]).dt.days / 365.2425
    return stays.assign(
        died=stays["hospital_expire_flag"].astype(int),
        # births of patients above 89 are moved to 300 years before
        age=years.where(years < 150, 90.0),
        male=(stays["gender"] == "M").astype(float),
    )


def _labels(root: Path) -> pd.DataFrame:
    return read_csv(root, "d_labitems", {"itemid": ID, "label": TEXT, "fluid": TEXT})


def _rows(root: Path, name: str, items: Collection[int]) -> Iterator[pd.DataFrame]:
    """Rows of an event table with some item ids, without those marked as errors or rewritten later."""
    columns = EVENTS[name]
    if (root / f"{name}.npz").is_file():
        parts = iter([rows_of_arrays(root / f"{name}.npz", columns, stored=False)])
    else:
        read = csv_parts(
            root, name, {column: kind for column, (kind, _) in columns.items()}, {"itemid": items}
        )
        parts = (part.rename(columns={c: new for c, (_, new) in columns.items()}) for part in read)
    for rows in parts:
        if "error" in rows:
            rows = rows[~(rows["error"] == 1)].drop(columns="error")
        if "status" in rows:
            rows = rows[rows["status"] != "Rewritten"].drop(columns="status")
        yield rows if "stored" in rows else rows.assign(stored=np.datetime64("NaT", "s"))
