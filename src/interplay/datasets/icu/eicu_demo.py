"""eICU demo: blood pressure, breathing, infusions, fluids, orders and treatments of a day, and death in hospital."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.eicu_tables import FILES, PRESSURES, TABLES, read_events, read_patients
from interplay.errors import InvalidInput
from interplay.types import Recording, Stream

FIRST_HOURS = 24
PRESSURE_LIMITS = ((20, 300), (5, 225), (10, 250))
"""mmHg that a living patient can have; a row with others is left out."""
BREATHING = {
    "fio2": (("FiO2", "FIO2 (%)", "O2 Percentage"), (21, 100), "%"),
    "peep": (("PEEP", "PEEP/CPAP"), (0, 40), "cmH2O"),
    "resp_rate": (("RR (patient)", "Total RR"), (1, 80), "1/min"),
}
"""Modality -> labels of respiratory charting, what a patient can have, and the unit."""
DRUGS = {
    "pressors": "norepinephrine|epinephrine|phenylephrine|vasopressin|dopamine|levophed|neosynephrine",
    "sedatives": "propofol|midazolam|fentanyl|dexmedetomidine|lorazepam|diprivan|versed|precedex|morphine|dilaudid",
    "insulin": "insulin",
    "heart": "amiodarone|diltiazem|nicardipine|dobutamine|milrinone|nitroglycerin|esmolol|labetalol|nitroprusside",
    "heparin": "heparin",
}
"""Kind of infusion -> what the names of its drugs hold, in lower case."""
FLUIDS = {
    "intake": r"\|intake \(ml\)\|",
    "urine": r"\|output \(ml\)\|.*(?:urin|catheter)",
    "other_output": r"\|output \(ml\)\|(?!.*(?:urin|catheter))",
}
"""Channel -> what the path of its entries matches, in lower case."""
ORGANS = (
    "cardiovascular", "pulmonary", "neurologic", "gastrointestinal", "infectious diseases", "renal", "endocrine",
)  # fmt: skip
HOURLY = {"infusions": tuple(DRUGS), "fluids": tuple(FLUIDS), "orders": ("orders",), "treatments": ORGANS}
"""Modality -> channels of what is done rather than measured."""
MOST_ML = 10_000.0
"""More in an entry is a slip of the pen."""


class EicuDemo:
    """Whether a patient dies in hospital, told after one day in intensive care. Patients are the entities.

    One label for each stay of at least a day. Monitors' vital signs, nurses' charts and most laboratory values are not
    in the copies at hand; modalities are what is. What hospitals do not record counts as nothing done: infusions,
    fluids, orders and treatments are 0 in an hour without an entry.
    """

    card = Card(
        name="eicu_demo",
        title="eICU Collaborative Research Database Demo v2.0: death in hospital",
        source="physionet.org/content/eicu-crd-demo/2.0",
        licence="ODbL 1.0",
        citation=(
            "Johnson A. et al. (2021) eICU Collaborative Research Database Demo v2.0.1. PhysioNet, "
            "doi:10.13026/4mxk-na84. Pollard T. et al. (2018) The eICU Collaborative Research Database. Scientific "
            "Data 5:180178."
        ),
        entities="1,317 patients with stays of at least a day",
        modalities={
            "blood_pressure": "3 channels (systolic, diastolic, mean by the cuff), events, mmHg",
            **{name: f"1 channel, events, {unit}" for name, (_, _, unit) in BREATHING.items()},
            "infusions": f"5 channels, whether one ran in each hour: {', '.join(DRUGS)}",
            "fluids": f"3 channels, log(1 + ml) in each hour: {', '.join(FLUIDS)}",
            "orders": "1 channel, log(1 + orders of drugs that start in each hour)",
            "treatments": f"7 channels, log(1 + entries in each hour): {', '.join(ORGANS)}",
        },
        target="in-hospital death, told at 24 hours: survived, died (AUROC is the score)",
        step_s=HOUR_S,
        steps=FIRST_HOURS,
        fill="hold",
        files=FILES,
        access="The demo needs no account: wget -r -N -c -np https://physionet.org/files/eicu-crd-demo/2.0.1/.",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording for each stay of a day, of its first 24 hours."""
        stays = read_patients(Path(root))
        stays = stays[(stays["minutes"] >= 60 * FIRST_HOURS) & stays["died"].notna()].sort_index()
        if not len(stays):
            raise InvalidInput(f"patient must have stays of at least {FIRST_HOURS} hours; none is that long.")
        tables = {name: read_events(Path(root), name, stays.index, 60 * FIRST_HOURS) for name in TABLES}
        entries = {name: Entries(rows, values, stays.index) for name, rows, values in _modalities(tables)}
        for k, (stay, facts) in enumerate(stays.iterrows()):
            yield Recording(
                entity=str(facts["subject_id"]),
                name=str(stay),
                streams={name: _stream(name, *entries[name].of_stay(k)) for name in self.card.modalities},
                target=label_at(int(facts["died"]), FIRST_HOURS * HOUR_S),
                classes=("survived", "died"),
                static={"age": float(facts["age"]), "male": float(facts["male"])},
                span_s=(0.0, FIRST_HOURS * HOUR_S),
            )


class Entries:
    """What was recorded of one modality in all stays.

    Parameters
    ----------
    rows : table with stay and minute, sorted by them
    values : (rows, d)
    stays : their ids, sorted
    """

    def __init__(self, rows: pd.DataFrame, values: np.ndarray, stays: pd.Index):
        self.minute, self.values = rows["minute"].to_numpy(np.int64), np.asarray(values, dtype=np.float64)
        self.first, self.last = (rows["stay"].searchsorted(stays, side) for side in ("left", "right"))

    def of_stay(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Minutes (n,) and values (n, d) of stay number k."""
        own = slice(self.first[k], self.last[k])
        return self.minute[own], self.values[own]


def _modalities(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame, np.ndarray]]:
    """Name, rows and values of each modality, without impossible rows."""
    pressure, breathing, fluids = (
        tables[n] for n in ("vitalAperiodic", "respiratoryCharting", "intakeOutput")
    )
    low, high = np.array(PRESSURE_LIMITS).T
    values = pressure[list(PRESSURES)].to_numpy(float)
    possible = ((values >= low) & (values <= high)).all(1)
    yield "blood_pressure", pressure[possible], values[possible]
    for name, (labels, (least, most), _) in BREATHING.items():
        rows = breathing[breathing["item"].isin(labels)]
        value = rows["value"].to_numpy(float)
        value = np.where((name == "fio2") & (value <= 1), 100 * value, value)
        possible = (value >= least) & (value <= most)
        yield name, rows[possible], value[possible, None]
    infusions, treatments, orders = (tables[n] for n in ("infusionDrug", "treatment", "medication"))
    yield "infusions", infusions, _holds(infusions["drug"], DRUGS.values())
    fluids = fluids[fluids["value"].between(0, MOST_ML)]
    yield "fluids", fluids, fluids["value"].to_numpy(float)[:, None] * _holds(fluids["item"], FLUIDS.values())
    yield "orders", orders, np.ones((len(orders), 1))
    yield "treatments", treatments, _holds(treatments["item"], [f"^{organ}" for organ in ORGANS])


def _holds(texts: pd.Series, patterns: Iterable[str]) -> np.ndarray:
    """Whether each pattern is in each text, (n, patterns)."""
    lower = texts.astype(str).str.lower()
    return np.stack([lower.str.contains(pattern, regex=True).to_numpy(bool) for pattern in patterns], axis=1)


def _stream(name: str, minute: np.ndarray, values: np.ndarray) -> Stream:
    """What was measured as events; what was done added up in each hour, as events at the ends of the hours."""
    if name in HOURLY:
        totals = np.zeros((FIRST_HOURS, len(HOURLY[name])))
        np.add.at(totals, minute // 60, values)
        scaled = np.sign(totals) if name == "infusions" else np.log1p(totals)
        channels, times_s = HOURLY[name], HOUR_S * np.arange(1, FIRST_HOURS + 1)
        return Stream(
            values=scaled.astype(np.float32), times_s=times_s, channels=channels, units=("",) * len(channels)
        )
    channels, unit = (PRESSURES, "mmHg") if name == "blood_pressure" else ((name,), BREATHING[name][2])
    # a value of minute k is known at its end
    return Stream(
        values=values.astype(np.float32),
        times_s=60.0 * (minute + 1.0),
        channels=channels,
        units=(unit,) * len(channels),
    )
