"""Tables of eICU, official CSV files or compact arrays of its demo, in minutes since admission to the unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.datasets.formats.csv_parts import ID, NUMBER, TEXT, csv_parts, find_table
from interplay.datasets.formats.files import open_csv, open_npz
from interplay.errors import InvalidInput

FILES = (
    "patient (.csv or .csv.gz) and vitalAperiodic, respiratoryCharting, infusionDrug, intakeOutput, medication, "
    "treatment (.csv or .csv.gz of the official set, or .npz of minutes)"
)
PATIENT = (
    "patientunitstayid", "uniquepid", "gender", "age", "hospitaldischargestatus", "unitdischargeoffset",
)  # fmt: skip
PRESSURES = ("noninvasivesystolic", "noninvasivediastolic", "noninvasivemean")


@dataclass(frozen=True, kw_only=True, slots=True)
class EicuTable:
    """Where a table has what is read of it.

    Attributes
    ----------
    official : column in lower case -> type, name in rows
    text, text_array : name in rows of a text, and of the array of its codes
    minute : name of the array of minutes
    """

    official: Mapping[str, tuple]
    text: str = ""
    minute: str = "minute"


STAY = {"patientunitstayid": (ID, "stay")}
TABLES = {
    "vitalAperiodic": EicuTable(
        official=STAY | {"observationoffset": (ID, "minute")} | {name: (NUMBER, name) for name in PRESSURES},
    ),
    "respiratoryCharting": EicuTable(
        official=STAY
        | {
            "respchartoffset": (ID, "minute"),
            "respchartvaluelabel": (TEXT, "item"),
            "respchartvalue": (TEXT, "value"),
        },
        text="item",
    ),
    "infusionDrug": EicuTable(
        official=STAY | {"infusionoffset": (ID, "minute"), "drugname": (TEXT, "drug")}, text="drug"
    ),
    "intakeOutput": EicuTable(
        official=STAY
        | {
            "intakeoutputoffset": (ID, "minute"),
            "cellpath": (TEXT, "item"),
            "cellvaluenumeric": (NUMBER, "value"),
        },
        text="item",
    ),
    "medication": EicuTable(official=STAY | {"drugstartoffset": (ID, "minute")}, minute="start_minute"),
    "treatment": EicuTable(
        official=STAY | {"treatmentoffset": (ID, "minute"), "treatmentstring": (TEXT, "item")}, text="item"
    ),
}


def read_patients(root: Path) -> pd.DataFrame:
    """Stays by `patientunitstayid` with subject_id, age, male, minutes in the unit, and died (1, 0 or NaN)."""
    path = _find(root, "patient")
    if path is None:
        raise InvalidInput(f"{root} must hold {FILES}; it has no patient table.")
    table = open_csv(path.parent, (path.name,), PATIENT)
    died = table["hospitaldischargestatus"].map({"Expired": 1.0, "Alive": 0.0})
    years = pd.to_numeric(table["age"].replace("> 89", 90), errors="coerce")
    male = table["gender"].map({"Male": 1.0, "Female": 0.0})
    return pd.DataFrame(
        {
            "subject_id": table["uniquepid"].astype(str),
            "minutes": table["unitdischargeoffset"].to_numpy(float),
            "died": died.to_numpy(),
            "age": years.to_numpy(float),
            "male": male.to_numpy(),
        }
    ).set_index(table["patientunitstayid"].to_numpy(np.int64))


def read_events(root: Path, name: str, stays: pd.Index, minutes: float) -> pd.DataFrame:
    """Rows of one table in the first minutes of some stays: stay, minute and the table's own columns, in order."""
    spec = TABLES[name]
    if (root / f"{name.lower()}.npz").is_file():
        rows = _of_arrays(root / f"{name.lower()}.npz", spec)
    else:
        path = _find(root, name)
        if path is None:
            raise InvalidInput(f"{root} must hold {FILES}; it has no {name}.")
        kinds = {column: kind for column, (kind, _) in spec.official.items()}
        parts = csv_parts(root, path.name.split(".")[0], kinds, {"patientunitstayid": stays})
        names = {column: new for column, (_, new) in spec.official.items()}
        empty = pd.DataFrame(columns=list(names.values()))
        rows = pd.concat([empty, *(part.rename(columns=names) for part in parts)], ignore_index=True)
    rows = rows[rows["stay"].isin(stays) & (rows["minute"] >= 0) & (rows["minute"] < minutes)]
    if "value" in rows:
        rows = rows.assign(value=pd.to_numeric(rows["value"], errors="coerce"))
    return rows.sort_values(["stay", "minute"], kind="stable")


def _of_arrays(path: Path, spec: EicuTable) -> pd.DataFrame:
    """The compact form: codes with their vocabularies; pressures as columns of one array."""
    wanted = [new for _, new in spec.official.values() if new not in ("minute", *PRESSURES)]
    arrays = [*wanted, spec.minute, *([f"{spec.text}_vocab"] if spec.text else [])]
    pressures = any(new in PRESSURES for _, new in spec.official.values())
    data = open_npz(path, [*arrays, *(["values", "columns"] if pressures else [])])
    table = {"minute": data[spec.minute].astype(np.int64)} | {name: data[name] for name in wanted}
    if spec.text:
        table[spec.text] = data[f"{spec.text}_vocab"][data[spec.text]].astype(object)
    if pressures:
        place = [str(column) for column in data["columns"]]
        table |= {name: data["values"][:, place.index(name)] for name in PRESSURES}
    return pd.DataFrame(table)


def _find(root: Path, name: str) -> Path | None:
    """A table's file, its name being written as the publisher does or in lower or upper case."""
    return find_table(root, name) or find_table(root, name.lower())
