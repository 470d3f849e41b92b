"""How a laboratory value changes next, as a task that every set of stays in intensive care can give."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from interplay.datasets.card import Card
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.outcomes import CHANGES, hourly_changes
from interplay.datasets.icu.recording import IcuTables, stay_recording
from interplay.types import Recording

SUGAR_AND_SALT = (
    "glucose", "potassium", "sodium", "bicarbonate", "creatinine", "ph", "heart_rate", "mean_pressure",
    "resp_rate", "temperature", "urine", "insulin", "dextrose", "furosemide", "potassium_chloride", "norepinephrine",
)  # fmt: skip
"""What moves glucose and potassium, and how ill the patient is."""


class LabChange:
    """How a laboratory value changes next: the next one taken against the last one known, at each hour of a stay.

    What was measured is held, with its age, until it is measured again (`fill="hold_age"`). The name of a drug stands
    for its amount in each hour; of an hour in which it ran at an unknown amount the last known one is taken.

    Attributes
    ----------
    concept : what changes
    least : float, change from which on it falls or rises, in its unit
    within_s : float, s, how soon the next value must be taken
    oldest_s : float, s, how old the last value may be
    """

    card: Card
    concept: str
    least: float
    within_s: float
    oldest_s: float

    def tables(self, root: Path) -> IcuTables:
        """All stays in the folder."""
        raise NotImplementedError

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording for each stay that has a label."""
        for stay, facts, measured, given in self.tables(Path(root)).by_stay():
            n_hours = int((facts["outtime"] - facts["intime"]) / pd.Timedelta(hours=1))
            target = hourly_changes(
                measured[measured["concept"] == self.concept],
                n_hours,
                least=self.least,
                within_s=self.within_s,
                oldest_s=self.oldest_s,
            )
            if len(target.values):
                yield stay_recording(
                    stay, facts, measured, given,
                    modalities=SUGAR_AND_SALT, n_hours=n_hours, target=target, classes=CHANGES,
                )  # fmt: skip


class GlucoseChange(LabChange):
    """The next blood glucose within 4 hours: at least 20 mg/dL below the last, above it, or neither."""

    concept, least, within_s, oldest_s = "glucose", 20.0, 4 * HOUR_S, 6 * HOUR_S
    target = "change to the next glucose, within 4 hours: falls or rises by 20 mg/dL or more, or is steady"


class PotassiumChange(LabChange):
    """The next blood potassium within 8 hours: at least 0.3 mmol/L below the last, above it, or neither."""

    concept, least, within_s, oldest_s = "potassium", 0.3, 8 * HOUR_S, 12 * HOUR_S
    target = (
        "change to the next potassium, within 8 hours: falls or rises by 0.3 mmol/L or more, or is steady"
    )
