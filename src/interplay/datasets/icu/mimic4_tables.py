"""Official CSV tables of MIMIC-IV: intensive-care stays that last two days, and their first two days."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from interplay.datasets.formats.csv_parts import ID, NUMBER, TEXT, TIME, csv_parts, find_table, read_csv
from interplay.datasets.icu.doses import DRUG_ITEMS, HOUR_S, doses
from interplay.datasets.icu.events import items_of_charts, items_of_labs, measured_events
from interplay.datasets.icu.recording import IcuTables, join_parts
from interplay.errors import InvalidInput

FIRST_HOURS = 48
FILES = (
    "hosp/ with patients, admissions, labevents, d_labitems and icu/ with icustays, chartevents, inputevents, "
    "outputevents (.csv or .csv.gz)"
)
# column -> type, name in rows
CHARTED = {
    "subject_id": (ID, "subject_id"), "itemid": (ID, "itemid"), "charttime": (TIME, "taken"),
    "storetime": (TIME, "stored"),
}  # fmt: skip
CHARTEVENTS = CHARTED | {"valuenum": (NUMBER, "value")}
LABEVENTS = CHARTED | {"valuenum": (NUMBER, "value"), "valueuom": (TEXT, "unit")}
OUTPUTEVENTS = CHARTED | {"value": (NUMBER, "value")}
INPUTEVENTS = {
    "stay_id": (ID, "stay"), "itemid": (ID, "itemid"), "starttime": (TIME, "start"), "endtime": (TIME, "stop"),
    "storetime": (TIME, "stored"), "amount": (NUMBER, "amount"), "amountuom": (TEXT, "unit"),
}  # fmt: skip


def read_mimic4(root: Path) -> IcuTables:
    """Stays of at least two days with what was measured, given and known in the first two.

    Tables are read part by part; of each part only needed columns, items and patients are kept.
    """
    if find_table(root / "icu", "icustays") is None:
        raise InvalidInput(f"{root} must hold {FILES}; it has no icu/icustays.")
    stays = _cohort(root)
    labs = items_of_labs(read_csv(root / "hosp", "d_labitems", {"itemid": ID, "label": TEXT, "fluid": TEXT}))
    charts, patients = items_of_charts(), stays["subject_id"].unique()
    measured = [
        _early(measured_events(rows, items, stays))
        for folder, name, columns, items in (
            ("icu", "chartevents", CHARTEVENTS, charts),
            ("hosp", "labevents", LABEVENTS, labs),
            ("icu", "outputevents", OUTPUTEVENTS, charts),
        )
        for rows in _rows(root / folder, name, columns, {"itemid": items.index, "subject_id": patients})
    ]
    wanted = {"itemid": DRUG_ITEMS, "stay_id": stays.index}
    given = [_early(doses(rows, stays)) for rows in _rows(root / "icu", "inputevents", INPUTEVENTS, wanted)]
    return join_parts(stays, measured, given)


def _cohort(root: Path) -> pd.DataFrame:
    stays = read_csv(
        root / "icu",
        "icustays",
        {"subject_id": ID, "hadm_id": ID, "stay_id": ID, "intime": TIME, "outtime": TIME},
    )
    admissions = read_csv(root / "hosp", "admissions", {"hadm_id": ID, "hospital_expire_flag": ID})
    patients = read_csv(
        root / "hosp",
        "patients",
        {"subject_id": ID, "gender": TEXT, "anchor_age": NUMBER, "anchor_year": NUMBER},
    )
    stays = stays.merge(admissions, on="hadm_id").merge(patients, on="subject_id")
    long = stays["outtime"] - stays["intime"] >= pd.Timedelta(hours=FIRST_HOURS)
    if not long.any():
        raise InvalidInput(
            f"icu/icustays must hold stays of at least {FIRST_HOURS} hours; none of {len(stays)} is that long."
        )
    stays = stays[long].set_index("stay_id").sort_index()
    return stays.assign(
        died=stays["hospital_expire_flag"].astype(int),
        age=stays["anchor_age"] + stays["intime"].dt.year - stays["anchor_year"],
        male=(stays["gender"] == "M").astype(float),
    )


def _rows(
    folder: Path, name: str, columns: Mapping[str, tuple[pa.DataType, str]], only
) -> Iterator[pd.DataFrame]:
    for part in csv_parts(folder, name, {column: kind for column, (kind, _) in columns.items()}, only):
        yield part.rename(columns={column: new for column, (_, new) in columns.items()})


def _early(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["known_s"] <= FIRST_HOURS * HOUR_S]
