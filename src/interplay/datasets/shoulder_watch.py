"""Shoulder exercises under a smartwatch: which of seven somebody does."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.files import open_npz
from interplay.datasets.formats.plain_pickle import read_plain_npy
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

EXERCISES = ("PEN", "ABD", "FEL", "IR", "ER", "TRAP", "ROW")
CHANNELS = ("ax", "ay", "az", "wx", "wy", "wz")
RATE_HZ = 50.0


class ShoulderWatch:
    """Acceleration and turning of the wrist; about twenty repetitions of one exercise a series. Subjects are entities.

    Pendulum, abduction, forward elevation, internal and external rotation, trapezius extension and upright row.
    """

    card = Card(
        name="shoulder_watch",
        title="Shoulder physiotherapy exercises, smartwatch",
        source="the Python package seglearn, github.com/dmbee/seglearn",
        licence="BSD-3-Clause",
        citation=(
            "Burns D. et al. (2018) Shoulder physiotherapy exercise recognition: machine learning the inertial signals "
            "from a smartwatch. Physiol. Meas. 39:075007."
        ),
        entities="10 subjects, 140 series",
        modalities={"acc": "3 channels, 50 Hz, g", "gyro": "3 channels, 50 Hz, rad/s"},
        target=f"7 exercises, one a series: {', '.join(EXERCISES)} (macro-F1 is the score)",
        step_s=0.2,
        steps=20,
        stride=10,
        files="shoulder_watch.npz, or the official watch_dataset.npy",
        access="Run: pip download --no-deps seglearn, unpack it, and pass the folder seglearn/data in it.",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a series from the folder that holds either file."""
        root = Path(root)
        if (root / "shoulder_watch.npz").is_file():
            data = open_npz(root / "shoulder_watch.npz", ("x", "starts", "exercise", "subject", "right_side"))
            series = np.split(data["x"], data["starts"][1:-1])
            facts = (data["exercise"], data["subject"], data["right_side"])
        elif (root / "watch_dataset.npy").is_file():
            series, facts = _of_package(root / "watch_dataset.npy")
        else:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
        for x, exercise, subject, right in zip(series, *facts, strict=True):
            yield _series(np.asarray(x, dtype=np.float32), int(exercise), int(subject), bool(right))


def _of_package(path: Path) -> tuple[list, tuple]:
    """The official file: a mapping, as an array of one object; series (n, 6) with a fact of each."""
    data = read_plain_npy(path)
    names = ("X", "y", "subject", "side")
    if not isinstance(data, dict) or not set(names) <= set(data):
        raise DamagedFile(
            f"{path} must hold a mapping with {', '.join(names)}; it does not. Download it again."
        )
    series, exercise, subject, side = (list(data[name]) for name in names)
    if any(np.ndim(x) != 2 or np.shape(x)[1] != len(CHANNELS) for x in series):
        raise DamagedFile(f"X of {path} must hold series of {len(CHANNELS)} channels; it does not.")
    return series, (exercise, subject, [right == 1 for right in side])


def _series(x: np.ndarray, exercise: int, subject: int, right: bool) -> Recording:
    if not 0 <= exercise < len(EXERCISES):
        raise DamagedFile(f"exercises must be 0 to {len(EXERCISES) - 1}; got {exercise}.")
    return Recording(
        entity=f"s{subject:02d}",
        name=f"s{subject:02d}, {'right' if right else 'left'}, {EXERCISES[exercise]}",
        streams={
            "acc": Stream(values=x[:, :3], rate_hz=RATE_HZ, channels=CHANNELS[:3], units=("g",) * 3),
            "gyro": Stream(values=x[:, 3:], rate_hz=RATE_HZ, channels=CHANNELS[3:], units=("rad/s",) * 3),
        },
        target=label_series(np.full(len(x), exercise), rate_hz=RATE_HZ),
        classes=EXERCISES,
    )
