"""ShanghaiT1DM and ShanghaiT2DM: glucose every quarter of an hour, with insulin, drugs and meals as events."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.targets import label_intervals
from interplay.datasets.card import Card
from interplay.datasets.formats.files import open_csv
from interplay.datasets.shanghai_sheets import has_sheets, read_sheets
from interplay.errors import InvalidInput
from interplay.types import UNLABELLED, Recording, Stream, Target

STEP_S = 900.0
AHEAD = 30
"""Minutes from the end of a window to the glucose that is predicted."""
LOW, HIGH = 70.0, 180.0
"""mg/dL; the range that guidelines call in range."""
LONGEST_GAP_S = 3600.0

EVENTS = {
    "finger_stick": ("cbg_mgdl", "mg/dL"),
    "meal": ("meal", ""),
    "insulin_sc": ("insulin_sc_iu", "IU"),
    "insulin_bolus": ("insulin_bolus_iu", "IU"),
    "insulin_basal": ("insulin_basal_iu_per_h", "IU/h"),
    "insulin_iv": ("insulin_iv_iu", "IU"),
    "oral_drug": ("agent_text", ""),
}
"""modality -> column and unit; meals and oral drugs count as 1 whenever one is noted, their amount being text."""
IMPOSSIBLE_MGDL = 1000.0
"""A finger stick above is a slip of the pen (one value in the source is)."""


def _card(name: str, target: str) -> Card:
    return Card(
        name=name,
        title="ShanghaiT1DM and ShanghaiT2DM: glucose, insulin, drugs and meals",
        source="figshare, linked from doi:10.1038/s41597-023-01940-7",
        licence="CC BY 4.0",
        citation=(
            "Zhao Q. et al. (2023) Chinese diabetes datasets for data-driven machine learning. Scientific Data 10:35."
        ),
        entities="112 patients, 125 records",
        modalities={
            "glucose": "continuous glucose monitor, 1 channel, one row in 15 min, mg/dL",
            **{name: f"1 channel, events{', ' + unit if unit else ''}" for name, (_, unit) in EVENTS.items()},
        },
        target=target,
        step_s=STEP_S,
        steps=12,
        stride=8,
        min_steps=4,
        files="shanghai_cgm.csv.gz, or the official folders Shanghai_T1DM/ and Shanghai_T2DM/ of Excel sheets",
        access="Reading the official Excel sheets takes: pip install 'interplay[excel]'.",
    )


class ShanghaiDiabetes:
    """Will glucose be low, in range or high in half an hour? Patients are the entities.

    The label at time t is the class of the glucose measured at t + 30 min; a window ends at t.
    """

    classes: tuple[str, ...] = ("low", "in_range", "high")
    minutes_ahead = AHEAD
    card = _card(
        "shanghai_diabetes",
        "glucose in 30 minutes: low (below 70 mg/dL), in_range, high (above 180 mg/dL)",
    )

    def label(self, glucose: np.ndarray) -> np.ndarray:
        """Target values (n,) of glucose (n,), mg/dL; NaN is unknown."""
        return np.where(np.isnan(glucose), UNLABELLED, (glucose >= LOW).astype(np.int64) + (glucose > HIGH))

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a record from the folder that holds the table or the sheets."""
        root = Path(root)
        if has_sheets(root):
            table = read_sheets(root)
        else:
            needed = ["patient", "record", "minute", "cgm_mgdl", *(column for column, _ in EVENTS.values())]
            table = open_csv(root, ("shanghai_cgm.csv.gz", "shanghai_cgm.csv"), needed)
        for (patient, record), rows in table.groupby(["patient", "record"], sort=True):
            yield self._recording(f"{patient}", f"{patient}, record {record}", rows)

    def _recording(self, patient: str, name: str, rows: pd.DataFrame) -> Recording:
        seconds = rows["minute"].to_numpy(np.float64) * 60.0
        glucose = rows["cgm_mgdl"].to_numpy(np.float32)
        late = np.flatnonzero(np.diff(seconds) > LONGEST_GAP_S)
        return Recording(
            entity=patient,
            name=name,
            streams={
                "glucose": _events(glucose, seconds, "mg/dL"),
                **{
                    modality: _events(_numbers(rows[column]), seconds, unit)
                    for modality, (column, unit) in EVENTS.items()
                },
            },
            target=self._target(glucose, seconds),
            classes=self.classes,
            gaps_s=tuple((seconds[k] + STEP_S, seconds[k + 1] - STEP_S) for k in late),
            span_s=(seconds[0] - STEP_S, seconds[-1]),
        )

    def _target(self, glucose: np.ndarray, seconds: np.ndarray) -> Target:
        """Label of what is measured so many minutes later, in force up to the time it is asked at."""
        ahead_s = 60.0 * self.minutes_ahead
        after = np.searchsorted(seconds, seconds + ahead_s - 1.0)
        there = after < len(seconds)
        at = np.minimum(after, len(seconds) - 1)
        there &= np.abs(seconds[at] - seconds - ahead_s) < 60.0
        begins = np.r_[seconds[0] - STEP_S, np.maximum(seconds[:-1], seconds[1:] - STEP_S)]
        return label_intervals(self.label(np.where(there, glucose[at], np.nan)), begins, seconds)


class ShanghaiGlucose(ShanghaiDiabetes):
    """The same as a number: glucose so many minutes after the end of a window, mg/dL.

    Parameters
    ----------
    minutes_ahead : int, min
        A multiple of 15, the time between two values of the monitor; 30 or 60 is usual.
    """

    classes = ()
    card = _card("shanghai_glucose", f"glucose in {AHEAD} minutes, mg/dL, a number")

    def __init__(self, minutes_ahead: int = AHEAD) -> None:
        if not isinstance(minutes_ahead, int) or not 15 <= minutes_ahead <= 240 or minutes_ahead % 15:
            raise InvalidInput(
                f"minutes_ahead must be a multiple of 15 from 15 to 240; got {minutes_ahead!r}."
            )
        self.minutes_ahead = minutes_ahead
        self.card = _card("shanghai_glucose", f"glucose in {minutes_ahead} minutes, mg/dL, a number")

    def label(self, glucose: np.ndarray) -> np.ndarray:
        return glucose.astype(np.float64)


def _numbers(column: pd.Series) -> np.ndarray:
    """Amounts; of a text, 1 where there is one; NaN where nothing was recorded, and of meals where there was none."""
    if column.dtype.kind not in "iuf":
        return np.where(column.notna(), 1.0, np.nan).astype(np.float32)
    values = column.to_numpy(np.float32)
    nothing = (values == 0) if column.name == "meal" else values > IMPOSSIBLE_MGDL
    return np.where(nothing, np.nan, values).astype(np.float32)


def _events(values: np.ndarray, seconds: np.ndarray, unit: str) -> Stream:
    there = ~np.isnan(values)
    return Stream(values=values[there, None], times_s=seconds[there], units=(unit,))
