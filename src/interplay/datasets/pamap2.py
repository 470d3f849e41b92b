"""PAMAP2: inertial units at hand, chest and ankle with heart rate, twelve activities of a protocol."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.numbers import (
    class_numbers_of,
    official_files,
    on_clock,
    read_numbers,
    rows_on_clock,
    runs,
)
from interplay.types import UNLABELLED, Recording, Stream

RATE_HZ = 100.0
COLUMNS = 54
TIME, ACTIVITY, HEART_RATE = 0, 1, 2
FIRST_COLUMN = {"hand": 3, "chest": 20, "ankle": 37}
# sensor: columns after the first of its unit, unit of measurement. Left out: the 6 g accelerometer, which saturates,
# and the orientation, which is invalid in this collection.
SENSORS = {
    "temp": ((0,), "deg C"),
    "acc": ((1, 2, 3), "m/s2"),
    "gyro": ((7, 8, 9), "rad/s"),
    "mag": ((10, 11, 12), "uT"),
}
MOTION = ("acc", "gyro", "mag")
ACTIVITIES = {
    1: "lying", 2: "sitting", 3: "standing", 4: "walking", 5: "running", 6: "cycling", 7: "Nordic walking",
    12: "ascending stairs", 13: "descending stairs", 16: "vacuum cleaning", 17: "ironing", 24: "rope jumping",
}  # fmt: skip
TRANSIENT = 0
OTHER = (9, 10, 11, 18, 19, 20)
"""Activities of the optional sessions; unlabelled where they turn up in the protocol."""


def _subjects(first: int, last: int) -> list[str]:
    return [f"subject10{k}" for k in range(first, last + 1)]


class Pamap2:
    """Nine subjects who follow a protocol; a modality is all that one place of the body measures, or heart rate.

    Transient periods are gaps: no window crosses one. Samples lost on the radio stay missing. Heart rate, which comes
    about nine times a second, is a stream of events.
    """

    groups: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        place: tuple((place, sensor) for sensor in MOTION) for place in FIRST_COLUMN
    }
    card: Card = Card(
        name="pamap2",
        title="PAMAP2 physical activity monitoring",
        source="UCI Machine Learning Repository, data set 231",
        licence="CC BY 4.0",
        citation=(
            "Reiss A., Stricker D. (2012) Introducing a New Benchmarked Dataset for Activity Monitoring. "
            "16th International Symposium on Wearable Computers, 108-109."
        ),
        entities="9 subjects, one recording each",
        modalities={
            **dict.fromkeys(
                FIRST_COLUMN, "acceleration (m/s2), turning (rad/s), magnetic field (uT), 9 channels, 100 Hz"
            ),
            "heart_rate": "1 channel, events at about 9 Hz, bpm",
        },
        target="12 activities over time: " + ", ".join(ACTIVITIES.values()),
        step_s=0.5,
        steps=10,
        fill="mark",
        files="PAMAP2_Dataset/Protocol/subject101.dat to subject109.dat",
        downloads={"https://archive.ics.uci.edu/static/public/231/pamap2+physical+activity+monitoring.zip": ""},
        splits={
            "1-6, 7, 8-9": {
                "train": _subjects(1, 6), "validation": _subjects(7, 7), "test": _subjects(8, 9)
            },
            "1-5, 6, 7-8": {
                "train": _subjects(1, 5), "validation": _subjects(6, 6), "test": _subjects(7, 8)
            },
        },
    )  # fmt: skip

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a subject, from the folder that holds ``PAMAP2_Dataset`` or the files themselves."""
        folders = ("PAMAP2_Dataset/Protocol", "Protocol", ".")
        for path in official_files(root, folders, "subject1[0-9][0-9].dat", self.card.files):
            yield _recording(path, self.groups)


class Pamap2Sensors(Pamap2):
    """The same with a modality for each sensor of each place: thirteen of them."""

    groups: ClassVar = {
        f"{place}_{sensor}": ((place, sensor),) for place in FIRST_COLUMN for sensor in SENSORS
    }
    card = replace(
        Pamap2.card,
        name="pamap2_sensors",
        title=f"{Pamap2.card.title}, a modality a sensor",
        modalities={
            **{
                f"{place}_{sensor}": f"{len(columns)} channel{'s' * (len(columns) > 1)}, 100 Hz, {unit}"
                for place in FIRST_COLUMN
                for sensor, (columns, unit) in SENSORS.items()
            },
            "heart_rate": Pamap2.card.modalities["heart_rate"],
        },
    )


def _recording(path: Path, groups: Mapping[str, tuple[tuple[str, str], ...]]) -> Recording:
    table = read_numbers(path, COLUMNS, precise=(TIME,))
    place = rows_on_clock(table[TIME].to_numpy(), RATE_HZ, path)
    activity = table[ACTIVITY].to_numpy()
    numbers = {TRANSIENT: UNLABELLED, **{code: k for k, code in enumerate(ACTIVITIES)}}
    label = class_numbers_of(activity, numbers | dict.fromkeys(OTHER, UNLABELLED), f"activities of {path}")
    streams = {name: _stream(table, place, parts) for name, parts in groups.items()}
    return Recording(
        entity=path.stem,
        streams={**streams, "heart_rate": _heart_rate(table, place)},
        target=label_series(on_clock(label, place, UNLABELLED), rate_hz=RATE_HZ),
        classes=tuple(ACTIVITIES.values()),
        gaps_s=runs(on_clock(activity, place, TRANSIENT) == TRANSIENT, RATE_HZ),
    )


def _stream(table: pd.DataFrame, place: np.ndarray, parts: tuple[tuple[str, str], ...]) -> Stream:
    columns, channels, units = [], [], []
    for where, sensor in parts:
        after, unit = SENSORS[sensor]
        columns += [FIRST_COLUMN[where] + c for c in after]
        channels += [f"{sensor}_{axis}" for axis in "xyz"] if len(after) == 3 else [sensor]
        units += [unit] * len(after)
    return Stream(
        values=on_clock(table[columns].to_numpy(np.float32), place, np.nan),
        rate_hz=RATE_HZ,
        channels=tuple(channels),
        units=tuple(units),
    )


def _heart_rate(table: pd.DataFrame, place: np.ndarray) -> Stream:
    """Only the rows that have one; between them the file says NaN."""
    values = table[HEART_RATE].to_numpy()
    seen = ~np.isnan(values)
    return Stream(
        values=values[seen, None], times_s=place[seen] / RATE_HZ, channels=("heart_rate",), units=("bpm",)
    )
