"""MHEALTH: units at chest, left ankle and right arm with two leads of ECG, twelve activities."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.numbers import class_numbers_of, official_files, read_numbers
from interplay.types import UNLABELLED, Recording, Stream

RATE_HZ = 50.0
COLUMNS = 24
LABEL = 23
ACTIVITIES = (
    "standing still", "sitting and relaxing", "lying down", "walking", "climbing stairs", "waist bends forward",
    "frontal elevation of arms", "knees bending", "cycling", "jogging", "running", "jump front and back",
)  # fmt: skip
XYZ = ("x", "y", "z")
MOTION = tuple(f"{sensor}_{axis}" for sensor in ("acc", "gyro", "mag") for axis in XYZ)
MOTION_UNITS = ("m/s2",) * 3 + ("deg/s",) * 3 + ("",) * 3
# stream: columns, channels, units
STREAMS = {
    "chest": (slice(0, 3), tuple(f"acc_{axis}" for axis in XYZ), ("m/s2",) * 3),
    "ecg": (slice(3, 5), ("lead1", "lead2"), ("mV", "mV")),
    "ankle": (slice(5, 14), MOTION, MOTION_UNITS),
    "arm": (slice(14, 23), MOTION, MOTION_UNITS),
}


class MHealth:
    """Ten volunteers outside the laboratory; a modality is what one device measures, ECG apart from motion.

    Time between activities is unlabelled. The unit of the magnetic field is that of the device, not told further.
    """

    card = Card(
        name="mhealth",
        title="MHEALTH: motion and vital signs during physical activities",
        source="UCI Machine Learning Repository, data set 319",
        licence="CC BY 4.0",
        citation=(
            "Banos O. et al. (2014) mHealthDroid: a novel framework for agile development of mobile health "
            "applications. 6th International Work-conference on Ambient Assisted Living, 91-98."
        ),
        entities="10 subjects, one recording each",
        modalities={
            "chest": "acceleration, 3 channels, 50 Hz, m/s2",
            "ecg": "electrocardiogram, 2 channels, 50 Hz, mV",
            "ankle": "left ankle: acceleration (m/s2), turning (deg/s), magnetic field, 9 channels, 50 Hz",
            "arm": "right lower arm: acceleration (m/s2), turning (deg/s), magnetic field, 9 channels, 50 Hz",
        },
        target="12 activities over time: " + ", ".join(ACTIVITIES),
        step_s=0.5,
        steps=10,
        files="MHEALTHDATASET/mHealth_subject1.log to mHealth_subject10.log",
        downloads={"https://archive.ics.uci.edu/static/public/319/mhealth+dataset.zip": ""},
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a subject, from the folder that holds ``MHEALTHDATASET`` or the files themselves."""
        numbers = {0: UNLABELLED, **{k + 1: k for k in range(len(ACTIVITIES))}}
        for path in official_files(root, ("MHEALTHDATASET", "."), "mHealth_subject*.log", self.card.files):
            table = read_numbers(path, COLUMNS)
            label = class_numbers_of(table[LABEL].to_numpy(), numbers, f"labels of {path}")
            yield Recording(
                entity=path.stem.removeprefix("mHealth_"),
                streams={
                    name: Stream(
                        values=table.iloc[:, columns].to_numpy(np.float32),
                        rate_hz=RATE_HZ,
                        channels=channels,
                        units=units,
                    )
                    for name, (columns, channels, units) in STREAMS.items()
                },
                target=label_series(label, rate_hz=RATE_HZ),
                classes=ACTIVITIES,
            )
