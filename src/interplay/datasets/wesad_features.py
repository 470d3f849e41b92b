"""Features of WESAD: heart, skin and muscle in windows of 21 s, for those who cannot get the raw signals."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.files import open_csv
from interplay.errors import DamagedFile
from interplay.types import Recording, Stream

STATES = ("baseline", "stress", "amusement", "meditation")
ROW_S = 21.0
FEATURES = {"hrv": ("HRV_", 22), "ecg": ("ECG_", 23), "eda": ("EDA_", 34), "emg": ("EMG_", 18)}


class WesadFeatures:
    """A row of features in 21 s, four modalities of the chest; each state of a subject is a recording.

    The file sorts rows by state, not as they were recorded: no window crosses from one state to the next, and the order
    of states tells nothing.
    """

    card = Card(
        name="wesad_features",
        title="WESAD, features of chest signals in windows of 21 s",
        source="computed from UCI Machine Learning Repository, data set 465",
        licence="scientific, non-commercial use with credit",
        citation=(
            "Schmidt P., Reiss A., Duerichen R., Marberger C., Van Laerhoven K. (2018) Introducing WESAD, a multimodal "
            "dataset for wearable stress and affect detection. ICMI."
        ),
        entities="15 subjects",
        modalities={
            "hrv": "heart rate and its variability, 22 channels, 0.047619 Hz: one row in 21 s",
            "ecg": "shape of the electrocardiogram, 23 channels, 0.047619 Hz: one row in 21 s",
            "eda": "electrodermal activity, 34 channels, 0.047619 Hz: one row in 21 s",
            "emg": "muscle activity, 18 channels, 0.047619 Hz: one row in 21 s",
        },
        target="the subject's state over time: " + ", ".join(STATES),
        step_s=ROW_S,
        steps=4,
        min_steps=1,
        files="wesad_chest_21s.csv.gz",
        access="The raw signals are in UCI data set 465, which `wesad` reads.",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a state of a subject from the folder that holds the table."""
        table = open_csv(
            Path(root), ("wesad_chest_21s.csv.gz", "wesad_chest_21s.csv"), ["subject", "label", "window"]
        )
        columns = {
            name: [c for c in table.columns if c.startswith(start)] for name, (start, _) in FEATURES.items()
        }
        for name, (start, count) in FEATURES.items():
            if len(columns[name]) != count:
                raise DamagedFile(
                    f"{root} must have {count} features that start with {start!r}; it has {len(columns[name])}."
                )
        labels = table["label"].to_numpy(np.int64)
        if labels.min() < 1 or labels.max() > len(STATES):
            raise DamagedFile(
                f"labels in {root} must be 1 to 4; they go from {labels.min()} to {labels.max()}."
            )
        subject = table["subject"].astype(str).to_numpy()
        for who in sorted({str(name) for name in subject}):
            for state in np.unique(labels[subject == who]).tolist():
                rows = table[(subject == who) & (labels == state)].sort_values("window", kind="stable")
                yield Recording(
                    entity=who if who.startswith("S") else f"S{who}",
                    name=f"{who}, {STATES[state - 1]}",
                    streams={
                        name: Stream(
                            values=rows[columns[name]].to_numpy(np.float32),
                            rate_hz=1.0 / ROW_S,
                            channels=tuple(columns[name]),
                            units=("",) * len(columns[name]),
                        )
                        for name in FEATURES
                    },
                    target=label_series(np.full(len(rows), state - 1), rate_hz=1.0 / ROW_S),
                    classes=STATES,
                )
