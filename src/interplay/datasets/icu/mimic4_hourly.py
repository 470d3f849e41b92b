"""The hourly grid of the MIMIC-IV demo: vital signs, drugs and fluids, and whether blood pressure will be low."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_intervals
from interplay.datasets.formats.files import open_npz
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.mimic4_demo import demo_card
from interplay.errors import DamagedFile
from interplay.types import UNLABELLED, Recording, Stream, Target

AHEAD = 4
"""Hours in which pressure may fall."""
LOW_MMHG = 65.0
"""Mean pressure that is kept up in intensive care (Evans et al., Intensive Care Med. 2021)."""
MEASURED = {
    "heart_rate": (("hr",), "bpm"),
    "pressure": (("sbp", "dbp", "mbp"), "mmHg"),
    "resp_rate": (("resp_rate",), "1/min"),
    "spo2": (("spo2",), "%"),
    "temperature": (("temp_c",), "deg C"),
    "consciousness": (("gcs_total",), ""),
    "lactate": (("lactate",), "mmol/L"),
    "creatinine": (("creatinine",), "mg/dL"),
    "hemoglobin": (("hemoglobin",), "g/dL"),
    "white_cells": (("wbc",), "1000/uL"),
}
GIVEN = {
    "pressors": ("norepinephrine_mg", "phenylephrine_mg", "vasopressin_units", "dopamine_mg"),
    "sedatives": ("propofol_mg", "fentanyl_mcg", "midazolam_mg"),
    "fluids": ("saline_ml", "ringer_ml", "rbc_ml", "dextrose_ml"),
    "urine": ("urine_ml",),
}


class Mimic4DemoVitals:
    """Whether mean pressure falls below 65 mmHg within four hours, from the hourly grid of vital signs and drugs.

    Asked at the end of each hour; there is an answer where pressure was low, or was measured in at least three of the
    four hours and was not. Drugs, fluids and urine are amounts in an hour, as log(1 + amount); 0 where none is
    recorded. What was measured is held, with its age.
    """

    card = demo_card(
        name="mimic4_demo_vitals",
        title="low blood pressure within four hours",
        entities="100 patients with 140 stays",
        files="icu_hourly_full.npz of the compact form, made from chartevents and all other tables",
        modalities={
            **{
                name: f"{len(columns)} channel{'s' * (len(columns) > 1)}, 0.000277778 Hz: means over an hour"
                f"{', ' + unit if unit else ''}"
                for name, (columns, unit) in MEASURED.items()
            },
            **{
                name: f"{len(columns)} channel{'s' * (len(columns) > 1)}, 0.000277778 Hz: log(1 + amount) in an hour"
                for name, columns in GIVEN.items()
            },
        },
        target="mean pressure in the next 4 hours: kept, low (below 65 mmHg); AUROC is the score",
        fill="hold_age",
        steps=12,
        min_steps=4,
        stride=3,
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording for each stay of an hour and more that has a label."""
        path = Path(root) / "icu_hourly_full.npz"
        data = open_npz(
            path, ("obs", "obs_names", "inputs", "input_names", "starts", "stay_id", "subject_id")
        )
        measured = hourly_columns(
            path, data["obs"], data["obs_names"], [c for cs, _ in MEASURED.values() for c in cs]
        )
        given = hourly_columns(
            path, data["inputs"], data["input_names"], [c for cs in GIVEN.values() for c in cs]
        )
        starts = data["starts"]
        for k, (stay, subject) in enumerate(zip(data["stay_id"], data["subject_id"], strict=True)):
            hours = slice(starts[k], starts[k + 1])
            target = _low_ahead(measured["mbp"][hours])
            if not len(target.values):
                continue
            streams = {
                name: hourly_stream([measured[c][hours] for c in columns], columns, unit)
                for name, (columns, unit) in MEASURED.items()
            } | {
                name: hourly_stream([np.log1p(given[c][hours]) for c in columns], columns, "")
                for name, columns in GIVEN.items()
            }
            yield Recording(
                entity=str(subject), name=str(stay), streams=streams, target=target, classes=("kept", "low")
            )


def hourly_columns(
    path: Path, table: np.ndarray, names: np.ndarray, wanted: list[str]
) -> dict[str, np.ndarray]:
    """Columns of a table (hours, n) by name."""
    place = {str(name): k for k, name in enumerate(names)}
    missing = [name for name in wanted if name not in place]
    if missing:
        raise DamagedFile(f"{path} must have the column {missing[0]!r}; it has {list(place)[:8]}.")
    return {name: table[:, place[name]] for name in wanted}


def hourly_stream(columns: list[np.ndarray], names: tuple[str, ...], unit: str) -> Stream:
    """Columns (hours,) side by side, a sample an hour."""
    return Stream(
        values=np.stack(columns, axis=1).astype(np.float32),
        rate_hz=1 / HOUR_S,
        channels=names,
        units=(unit,) * len(names),
    )


def _low_ahead(pressure: np.ndarray) -> Target:
    """Whether pressure (n,) is low in the hours after each hour, told at its end; only where that is known."""
    padded = np.r_[pressure, np.full(AHEAD, np.nan)]
    ahead = np.lib.stride_tricks.sliding_window_view(padded, AHEAD)[1 : len(pressure) + 1]
    low = (ahead < LOW_MMHG).any(1)
    known = low | (np.isfinite(ahead).sum(1) >= AHEAD - 1)
    label = np.where(known, low, UNLABELLED).astype(np.int64)
    at_s = HOUR_S * np.arange(1, len(pressure) + 1)
    # a second before the hour: a label holds over (start, stop]
    return label_intervals(label[known], at_s[known] - 1.0, at_s[known])
