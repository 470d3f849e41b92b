"""The hourly grid of the MIMIC-IV demo: sugar and salt, what is given for them, and how bedside glucose goes on."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_intervals
from interplay.datasets.formats.files import open_npz
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.mimic4_demo import demo_card
from interplay.datasets.icu.mimic4_hourly import hourly_columns, hourly_stream
from interplay.types import Recording, Target

AHEAD = 6
"""Hours within which glucose must be measured again."""
MEASURED = {
    "glucose": ("glucose_bedside", "mg/dL"),
    "potassium": ("potassium", "mmol/L"),
    "sodium": ("sodium", "mmol/L"),
    "creatinine": ("creatinine", "mg/dL"),
    "heart_rate": ("hr", "bpm"),
    "pressure": ("mbp", "mmHg"),
    "resp_rate": ("resp_rate", "1/min"),
    "temperature": ("temp_c", "deg C"),
}
GIVEN = {
    "insulin": ("insulin_units", "units"),
    "dextrose": ("dextrose_ml", "mL"),
    "furosemide": ("furosemide_mg", "mg"),
    "potassium_chloride": ("kcl_meq", "mEq"),
    "norepinephrine": ("norepinephrine_mg", "mg"),
    "urine": ("urine_ml", "mL"),
}


class Mimic4DemoBedside:
    """How bedside glucose changes until it is measured again, and what is given and measured by the hour.

    Asked at the end of each hour in which it was measured; there is an answer where it is again within six hours. What
    is measured is the mean of an hour, and unobserved in others; drugs, fluids and urine are the amount in each hour, 0
    where none is recorded. Made to be looked at around events, as hours in which insulin is given
    (`interplay.windows_around`).
    """

    card = demo_card(
        name="mimic4_demo_bedside",
        title="the next bedside glucose",
        entities="73 patients with 99 stays in which bedside glucose was measured often",
        files="icu_hourly_full.npz of the compact form, made from chartevents and all other tables",
        modalities={
            **{
                name: f"1 channel, 0.000277778 Hz: mean over an hour, {unit}"
                for name, (_, unit) in MEASURED.items()
            },
            **{
                name: f"1 channel, 0.000277778 Hz: amount in an hour, {unit}"
                for name, (_, unit) in GIVEN.items()
            },
        },
        target="change to the next bedside glucose, within 6 hours, mg/dL: a number",
        fill="mark",
        steps=6,
        min_steps=1,
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording for each stay that has a label."""
        path = Path(root) / "icu_hourly_full.npz"
        data = open_npz(
            path, ("obs", "obs_names", "inputs", "input_names", "starts", "stay_id", "subject_id")
        )
        columns = {
            name: (hourly_columns(path, data[table], data[f"{names}_names"], [column])[column], column, unit)
            for table, names, parts in (("obs", "obs", MEASURED), ("inputs", "input", GIVEN))
            for name, (column, unit) in parts.items()
        }
        starts = data["starts"]
        for k, (stay, subject) in enumerate(zip(data["stay_id"], data["subject_id"], strict=True)):
            hours = slice(starts[k], starts[k + 1])
            target = _next_change(columns["glucose"][0][hours])
            if not len(target.values):
                continue
            yield Recording(
                entity=str(subject),
                name=str(stay),
                streams={
                    name: hourly_stream([values[hours]], (column,), unit)
                    for name, (values, column, unit) in columns.items()
                },
                target=target,
                classes=(),
            )


def _next_change(glucose: np.ndarray) -> Target:
    """Change from each hour in which glucose (n,) was measured to the next such hour, `AHEAD` hours on at most."""
    hour = np.flatnonzero(np.isfinite(glucose))
    soon = np.diff(hour) <= AHEAD
    change = np.diff(glucose[hour].astype(np.float64))[soon]
    at_s = HOUR_S * (hour[:-1][soon] + 1)
    # a second before the hour: a label holds over (start, stop]
    return label_intervals(change, at_s - 1.0, at_s)
