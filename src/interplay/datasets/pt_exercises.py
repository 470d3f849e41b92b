"""Physical Therapy Exercises: five body-worn units while five subjects do eight exercises."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.files import below, open_npz, open_numbers
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

RATE_HZ = 25.0
EXERCISES = tuple(f"exercise{e}" for e in range(1, 9))
UNITS = ("unit1", "unit2", "unit3", "unit4", "unit5")
SENSORS = {"acc": (slice(0, 3), "m/s2"), "gyro": (slice(3, 6), "rad/s"), "mag": (slice(6, 9), "")}


class PTExercises:
    """15 three-axis streams; which of eight exercises a session is of. Executions and pauses are not told apart.

    Each session is of one exercise, so that the target tells the session: subjects are the entities.
    """

    card = Card(
        name="pt_exercises",
        title="Physical Therapy Exercises Dataset: five body-worn inertial units",
        source="UCI Machine Learning Repository, data set 730",
        licence="CC BY 4.0",
        citation=(
            "Yurtman A., Barshan B. (2014) Automated evaluation of physical therapy exercises using multi-template "
            "dynamic time warping on wearable sensor signals. Comput. Methods Programs Biomed. 117(2):189-207."
        ),
        entities="5 subjects, 80 sessions",
        modalities={
            f"{unit}_{sensor}": f"3 channels, 25 Hz{', ' + measure if measure else ', normalised'}"
            for unit in UNITS
            for sensor, (_, measure) in SENSORS.items()
        },
        target="8 exercises, one a session: " + ", ".join(EXERCISES),
        step_s=0.4,
        steps=10,
        stride=5,
        files="pt_exercises.npz, or the official folders s1 to s5",
        downloads={
            "https://archive.ics.uci.edu/static/public/730/physical+therapy+exercises+dataset.zip": "",
        },
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a session from the folder that holds either form."""
        if (Path(root) / "pt_exercises.npz").is_file():
            return _of_arrays(Path(root) / "pt_exercises.npz")
        official = below(root, "s1/e1/u1")
        if official is None:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
        return _of_texts(official)


def _of_arrays(path: Path) -> Iterator[Recording]:
    data = open_npz(
        path, ("x", "scale", "segment_starts", "segment_subject", "segment_exercise", "segment_is_test")
    )
    starts = data["segment_starts"]
    for k, (subject, exercise) in enumerate(
        zip(data["segment_subject"], data["segment_exercise"], strict=True)
    ):
        x = data["x"][starts[k] : starts[k + 1]] * data["scale"]
        yield _session(x, int(subject), int(exercise), "test" if data["segment_is_test"][k] else "template")


def _of_texts(root: Path) -> Iterator[Recording]:
    """The official layout: s<subject>/e<exercise>/u<unit>/, a file a session; a time index, then nine channels."""
    for path in sorted(root.glob("s[1-5]/e[1-8]/u1/*.txt")):
        subject, exercise = (int(part[1:]) for part in path.parts[-4:-2])
        units = [
            open_numbers(path.parents[1] / f"u{u}" / path.name, 10, separator=";", header=0)[:, 1:]
            for u in range(1, 6)
        ]
        if len({len(unit) for unit in units}) > 1:
            raise DamagedFile(
                f"the units of {path.parents[1]} must have equally many rows in {path.name}; they have "
                f"{[len(unit) for unit in units]}."
            )
        kind = "test" if path.stem == "test" else "template"
        yield _session(np.stack(units, axis=1), subject, exercise, kind)


def _session(x: np.ndarray, subject: int, exercise: int, kind: str) -> Recording:
    """One session from its samples, (n, 5 units, 9 channels)."""
    return Recording(
        entity=f"s{subject}",
        name=f"s{subject}, exercise {exercise}, {kind}",
        streams={
            f"{unit}_{sensor}": Stream(
                values=x[:, u, axes].astype(np.float32),
                rate_hz=RATE_HZ,
                channels=("x", "y", "z"),
                units=(measure,) * 3,
            )
            for u, unit in enumerate(UNITS)
            for sensor, (axes, measure) in SENSORS.items()
        },
        target=label_series(np.full(len(x), exercise - 1), rate_hz=RATE_HZ),
        classes=EXERCISES,
    )
