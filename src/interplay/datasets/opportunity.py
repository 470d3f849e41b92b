"""Opportunity: body-worn, object and ambient sensors of four people in a kitchen, locomotion and gestures."""

import re
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
from interplay.errors import DamagedFile
from interplay.types import UNLABELLED, Recording, Stream

RATE_HZ = 30.0
COLUMNS = 250
MILLISECONDS = 0
XYZ = ("X", "Y", "Z")


def _axes(*quantities: tuple[str, str]) -> list[tuple[str, str]]:
    """(channel, unit) for three axes of each (quantity, unit)."""
    return [(f"{quantity}{axis}", unit) for quantity, unit in quantities for axis in XYZ]


ACC = _axes(("acc", "milli g"))
# the authors do not tell the units of turning and of the magnetic field
IMU = _axes(("acc", "milli g"), ("gyro", ""), ("magnetic", ""))
QUATERNION = 4
SHOE = [
    *_axes(("Eu", "deg")), *[(f"Nav_A{a}", "milli g") for a in "xyz"], *[(f"Body_A{a}", "milli g") for a in "xyz"],
    *_axes(("AngVelBodyFrame", "mm/s"), ("AngVelNavFrame", "mm/s")), ("Compass", "deg"),
]  # fmt: skip
OBJECT = [*ACC, ("gyroX", ""), ("gyroY", "")]
BODY = ("RKN^", "HIP", "LUA^", "RUA_", "LH", "BACK", "RKN_", "RWR", "RUA^", "LUA_", "LWR", "RH")
IMUS = {"imu_back": "BACK", "imu_right_upper_arm": "RUA", "imu_right_lower_arm": "RLA",
        "imu_left_upper_arm": "LUA", "imu_left_lower_arm": "LLA"}  # fmt: skip
OBJECTS = (
    "CUP",
    "SALAMI",
    "WATER",
    "CHEESE",
    "BREAD",
    "KNIFE1",
    "MILK",
    "SPOON",
    "SUGAR",
    "KNIFE2",
    "PLATE",
    "GLASS",
)
SWITCHES = (
    "DISHWASHER S1", "FRIDGE S3", "FRIDGE S2", "FRIDGE S1", "MIDDLEDRAWER S1", "MIDDLEDRAWER S2", "MIDDLEDRAWER S3",
    "LOWERDRAWER S3", "LOWERDRAWER S2", "UPPERDRAWER", "DISHWASHER S3", "LOWERDRAWER S1", "DISHWASHER S2",
)  # fmt: skip
FURNITURE = (
    "DOOR1", "LAZYCHAIR", "DOOR2", "DISHWASHER", "UPPERDRAWER", "LOWERDRAWER", "MIDDLEDRAWER", "FRIDGE",
)  # fmt: skip
# stream: its first column, counted from 0; its sensors; (channel, unit) of each sensor
LAYOUT: dict[str, tuple[int, tuple[str, ...], list[tuple[str, str]]]] = {
    "accelerometers": (1, BODY, ACC),
    **{
        name: (37 + (len(IMU) + QUATERNION) * k, (sensor,), IMU)
        for k, (name, sensor) in enumerate(IMUS.items())
    },
    "left_shoe": (102, ("L-SHOE",), SHOE),
    "right_shoe": (118, ("R-SHOE",), SHOE),
    "objects": (134, OBJECTS, OBJECT),
    "switches": (194, SWITCHES, [("", "")]),
    "furniture": (207, FURNITURE, ACC),
    "location": (231, ("TAG1", "TAG2", "TAG3", "TAG4"), [(axis, "mm") for axis in XYZ]),
}
LOCOMOTION = {1: "stand", 2: "walk", 4: "sit", 5: "lie"}
GESTURES = {
    406516: "open door 1", 406517: "open door 2", 404516: "close door 1", 404517: "close door 2",
    406520: "open fridge", 404520: "close fridge", 406505: "open dishwasher", 404505: "close dishwasher",
    406519: "open drawer 1", 404519: "close drawer 1", 406511: "open drawer 2", 404511: "close drawer 2",
    406508: "open drawer 3", 404508: "close drawer 3", 408512: "clean table", 407521: "drink from cup",
    405506: "toggle switch",
}  # fmt: skip
NAMED_LABELS = {243: "Locomotion", 249: "ML_Both_Arms"}


class Opportunity:
    """Four subjects, five runs of a morning and a drill each; what they do with the whole body: locomotion.

    The quaternions of the inertial units are left out. Many values were lost on the radio: the last one stands for
    them, and a modality is unobserved until each of its channels was seen. Units are those of the files.
    """

    label: ClassVar[int] = 243
    codes: ClassVar[Mapping[int, str]] = LOCOMOTION
    card: Card = Card(
        name="opportunity",
        title="Opportunity: activities of daily living in a sensor-rich kitchen",
        source="UCI Machine Learning Repository, data set 226",
        licence="CC BY 4.0",
        citation=(
            "Chavarriaga R. et al. (2013) The Opportunity challenge: A benchmark database for on-body sensor-based "
            "activity recognition. Pattern Recognition Letters 34(15):2033-2042."
        ),
        entities="4 subjects, 24 recordings",
        modalities={
            "accelerometers": "12 on the body, 36 channels, 30 Hz, milli g",
            **dict.fromkeys(IMUS, "acceleration (milli g), turning, magnetic field, 9 channels, 30 Hz"),
            **dict.fromkeys(("left_shoe", "right_shoe"), "inertial unit with direction, 16 channels, 30 Hz"),
            "objects": "acceleration (milli g) and turning of 12 objects, 60 channels, 30 Hz",
            "switches": "reed switches of doors and drawers, 13 channels, 30 Hz",
            "furniture": "acceleration of 8 doors, drawers and a chair, 24 channels, 30 Hz, milli g",
            "location": "four tags on the body, 12 channels, 30 Hz, mm",
        },
        target="4 kinds of locomotion over time: " + ", ".join(LOCOMOTION.values()),
        step_s=0.5,
        steps=10,
        fill="hold",
        files="OpportunityUCIDataset/dataset/S1-ADL1.dat to S4-Drill.dat",
        downloads={"https://archive.ics.uci.edu/static/public/226/opportunity+activity+recognition.zip": ""},
        splits={"test on S4": {"train": ["S1", "S2", "S3"], "test": ["S4"]}},
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a run, from the folder that holds ``OpportunityUCIDataset`` or the files themselves."""
        folders = ("OpportunityUCIDataset/dataset", "dataset", ".")
        files = official_files(root, folders, "S[0-9]-*.dat", self.card.files)
        _check_names(files[0].parent / "column_names.txt")
        for path in files:
            yield _recording(path, self.label, self.codes)


class OpportunityGestures(Opportunity):
    """The same with gestures of both arms as the target; time without one of them is unlabelled."""

    label = 249
    codes = GESTURES
    card = replace(
        Opportunity.card,
        name="opportunity_gestures",
        title=f"{Opportunity.card.title} (gestures)",
        target="17 gestures over time: " + ", ".join(GESTURES.values()),
    )


def _recording(path: Path, label: int, codes: Mapping[int, str]) -> Recording:
    table = read_numbers(path, COLUMNS, precise=(MILLISECONDS,))
    place = rows_on_clock(table[MILLISECONDS].to_numpy() / 1000, RATE_HZ, path)
    numbers = {0: UNLABELLED, **{code: k for k, code in enumerate(codes)}}
    classes = class_numbers_of(table[label].to_numpy(), numbers, f"labels of {path}")
    return Recording(
        entity=path.stem.split("-")[0],
        name=path.stem,
        streams={name: _stream(table, place, *layout) for name, layout in LAYOUT.items()},
        target=label_series(on_clock(classes, place, UNLABELLED), rate_hz=RATE_HZ),
        classes=tuple(codes.values()),
        gaps_s=runs(~on_clock(np.ones(len(table), dtype=bool), place, False), RATE_HZ),
    )


def _stream(table: pd.DataFrame, place: np.ndarray, first: int, sensors, channels) -> Stream:
    stop = first + len(sensors) * len(channels)
    return Stream(
        values=on_clock(table.iloc[:, first:stop].to_numpy(np.float32), place, np.nan),
        rate_hz=RATE_HZ,
        channels=tuple(f"{sensor} {channel}".strip() for sensor in sensors for channel, _ in channels),
        units=tuple(unit for _ in sensors for _, unit in channels),
    )


def _check_names(path: Path) -> None:
    """Columns are taken from their places; where the list of names is at hand it must name the same sensors there."""
    if not path.is_file():
        return
    lines = re.findall(r"^Column:\s*(\d+)\s+([^;\n]*)", path.read_text(encoding="latin1"), flags=re.MULTILINE)
    names = {int(number) - 1: name.strip() for number, name in lines}
    expected = dict(NAMED_LABELS)
    for first, sensors, channels in LAYOUT.values():
        for k, sensor in enumerate(sensors):
            expected |= {first + k * len(channels) + c: sensor for c in range(len(channels))}
    for column, words in expected.items():
        if not set(words.lower().split()) <= set(names.get(column, "").lower().split()):
            raise DamagedFile(
                f"{path} must name {words!r} as column {column + 1}; it says {names.get(column, '')!r}. These are not "
                "the columns that this reader knows."
            )
