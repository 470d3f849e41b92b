"""PhysioNet/CinC Challenge 2012: the first two days of intensive-care stays, irregularly sampled."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.formats.files import open_csv, open_npz
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

VARIABLES = {
    "Albumin": "g/dL", "ALP": "IU/L", "ALT": "IU/L", "AST": "IU/L", "Bilirubin": "mg/dL", "BUN": "mg/dL",
    "Cholesterol": "mg/dL", "Creatinine": "mg/dL", "DiasABP": "mmHg", "FiO2": "", "GCS": "", "Glucose": "mg/dL",
    "HCO3": "mmol/L", "HCT": "%", "HR": "bpm", "K": "mEq/L", "Lactate": "mmol/L", "Mg": "mmol/L", "MAP": "mmHg",
    "MechVent": "", "Na": "mEq/L", "NIDiasABP": "mmHg", "NIMAP": "mmHg", "NISysABP": "mmHg", "PaCO2": "mmHg",
    "PaO2": "mmHg", "pH": "", "Platelets": "1000/uL", "RespRate": "bpm", "SaO2": "%", "SysABP": "mmHg",
    "Temp": "deg C", "TroponinI": "ug/L", "TroponinT": "ug/L", "Urine": "mL", "WBC": "1000/uL", "Weight": "kg",
}  # fmt: skip
PLACE = {name: k for k, name in enumerate(VARIABLES)}
STATIC = ("Age", "Gender", "Height", "ICUType", "Weight")
STAY_S = 48 * 3600.0


class PhysioNet2012:
    """37 variables of 48 hours, each a modality; whether the patient died in hospital.

    Values are as in the source, with its outliers; -1 of the static inputs is unknown. Each stay is its own entity.
    Whichever of the sets are there are read; stays without a single measurement are left out.
    """

    card = Card(
        name="physionet2012",
        title="Predicting in-hospital mortality of ICU patients: the PhysioNet/CinC Challenge 2012",
        source="physionet.org/content/challenge-2012/1.0.0",
        licence="ODC-BY 1.0",
        citation=(
            "Silva I., Moody G., Scott D., Celi L., Mark R. (2012) Predicting in-hospital mortality of ICU patients: "
            "the PhysioNet/Computing in Cardiology Challenge 2012. Computing in Cardiology 39:245-248."
        ),
        entities="7,995 stays, 4,000 in each set less the empty ones",
        modalities={
            name: f"1 channel, events{', ' + unit if unit else ''}" for name, unit in VARIABLES.items()
        },
        target="in-hospital death, known at 48 hours: survived, died",
        step_s=4 * 3600.0,
        steps=12,
        files="set_a.npz, set_c.npz, or the official set-a/ with Outcomes-a.txt",
        downloads={
            "https://physionet.org/files/challenge-2012/1.0.0/set-a.zip": "",
            "https://physionet.org/files/challenge-2012/1.0.0/Outcomes-a.txt": "",
            "https://physionet.org/files/challenge-2012/1.0.0/set-c.zip": "",
            "https://physionet.org/files/challenge-2012/1.0.0/Outcomes-c.txt": "",
        },
        sums="https://physionet.org/files/challenge-2012/1.0.0/SHA256SUMS.txt",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a stay from the folder that holds any of the sets."""
        any_set = False
        for letter in "abc":
            if (Path(root) / f"set_{letter}.npz").is_file():
                any_set = True
                yield from _of_arrays(Path(root) / f"set_{letter}.npz")
            elif (Path(root) / f"set-{letter}").is_dir():
                any_set = True
                yield from _of_texts(Path(root), letter)
        if not any_set:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds none of them.")


def _of_arrays(path: Path) -> Iterator[Recording]:
    names = ("minute", "var", "var_names", "value", "starts", "record_id", "static", "in_hospital_death")
    data = open_npz(path, names)
    known = [str(name) for name in data["var_names"]]
    missing = sorted(set(VARIABLES) - set(known))
    if missing:
        raise DamagedFile(f"{path} must name every variable in var_names; it lacks {missing[0]!r}.")
    place = np.array([PLACE.get(name, -1) for name in known])
    for k, record in enumerate(data["record_id"]):
        rows = slice(data["starts"][k], data["starts"][k + 1])
        if rows.start == rows.stop:
            continue
        yield _stay(
            str(record), data["minute"][rows], place[data["var"][rows]], data["value"][rows], data["static"][k],
            int(data["in_hospital_death"][k]),
        )  # fmt: skip


def _of_texts(root: Path, letter: str) -> Iterator[Recording]:
    """The official layout: a text file a stay, with the rows Time,Parameter,Value."""
    outcomes = open_csv(root, (f"Outcomes-{letter}.txt",), ["RecordID", "In-hospital_death"])
    died = dict(zip(outcomes["RecordID"].astype(str), outcomes["In-hospital_death"].astype(int), strict=True))
    for file in sorted((root / f"set-{letter}").glob("*.txt")):
        table = open_csv(file.parent, (file.name,), ["Time", "Parameter", "Value"])
        hours, minutes = table["Time"].str.split(":", expand=True).astype(int).to_numpy().T
        minute, name, value = (
            60 * hours + minutes,
            table["Parameter"].to_numpy(),
            table["Value"].to_numpy(float),
        )
        first = minute == 0
        static = [next(iter(value[first & (name == column)]), -1.0) for column in STATIC]
        if file.stem not in died:
            raise DamagedFile(
                f"Outcomes-{letter}.txt must have a row for every record; it lacks {file.stem}."
            )
        event = np.isin(name, list(VARIABLES)) & ~(first & (name == "Weight") & (value <= 0))
        if not event.any():
            continue
        which = np.array([PLACE[variable] for variable in name[event]])
        yield _stay(file.stem, minute[event], which, value[event], static, died[file.stem])


def _stay(record: str, minute, which, value, static, died: int) -> Recording:
    """One stay from its events: minutes since admission, place of the variable in VARIABLES, and value."""
    order = np.lexsort((minute, which))
    seconds = np.asarray(minute, dtype=np.float64)[order] * 60.0
    value = np.asarray(value, dtype=np.float32)[order, None]
    ends = np.searchsorted(which[order], np.arange(len(VARIABLES) + 1))
    streams = {
        name: Stream(
            values=value[ends[k] : ends[k + 1]],
            times_s=seconds[ends[k] : ends[k + 1]],
            channels=(name,),
            units=(unit,),
        )
        for k, (name, unit) in enumerate(VARIABLES.items())
    }
    inputs = {name: float(v) if v >= 0 else np.nan for name, v in zip(STATIC, static, strict=True)}
    unit = inputs["ICUType"]
    kinds = {f"icu_type_{k}": np.nan if np.isnan(unit) else float(unit == k) for k in range(1, 5)}
    return Recording(
        entity=record,
        streams=streams,
        target=label_at(died, STAY_S),
        classes=("survived", "died"),
        static={"age": inputs["Age"], "male": inputs["Gender"], "height_cm": inputs["Height"],
                "weight_kg": inputs["Weight"], **kinds},
        span_s=(0.0, STAY_S),
    )  # fmt: skip
