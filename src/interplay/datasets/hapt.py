"""HAPT: phone at the waist, 30 subjects, activities of daily living."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.files import below, open_npz, open_numbers
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import UNLABELLED, Recording, Stream

ACTIVITIES = ("walking", "upstairs", "downstairs", "sitting", "standing", "lying")
RATE_HZ = 50.0
GRAVITY_BELOW_HZ = 0.3


class Hapt:
    """Accelerometer and gyroscope of a waist-mounted phone, split into five modalities.

    A causal 0.3 Hz low-pass tells gravity (posture) from body acceleration (motion), as the authors do
    with a filter that looks ahead. The phone's x axis is vertical in an upright person, so each kind of
    motion comes as a vertical and a horizontal modality. Transitions between postures are unlabelled.
    """

    card = Card(
        name="hapt",
        title="Smartphone-based recognition of human activities and postural transitions",
        source="UCI Machine Learning Repository, data set 341",
        licence="CC BY 4.0",
        citation=(
            "Reyes-Ortiz J.-L., Oneto L., Sama A., Parra X., Anguita D. (2016) Transition-Aware Human Activity "
            "Recognition Using Smartphones. Neurocomputing 171:754-767."
        ),
        entities="30 subjects, 61 recordings",
        modalities={
            "body_vertical": "body acceleration along the body, 1 channel, 50 Hz, g",
            "body_horizontal": "body acceleration across the body, 2 channels, 50 Hz, g",
            "gravity": "gravity direction in the phone's frame, 3 channels, 50 Hz, g",
            "gyro_vertical": "turning about the body axis, 1 channel, 50 Hz, rad/s",
            "gyro_horizontal": "pitch and roll, 2 channels, 50 Hz, rad/s",
        },
        target="6 activities over time: " + ", ".join(ACTIVITIES),
        step_s=0.5,
        steps=10,
        stride=2,
        files="hapt.npz, or the official RawData/ with labels.txt",
        downloads={
            "https://archive.ics.uci.edu/static/public/341/"
            "smartphone+based+recognition+of+human+activities+and+postural+transitions.zip": "",
        },
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording an experiment from the folder that holds either form."""
        if (Path(root) / "hapt.npz").is_file():
            return _of_arrays(Path(root) / "hapt.npz")
        official = below(root, "RawData/labels.txt")
        if official is None:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
        return _of_texts(official / "RawData")


def _of_arrays(path: Path) -> Iterator[Recording]:
    data = open_npz(
        path, ("acc", "acc_scale", "gyro", "gyro_scale", "label", "experiment_starts", "experiment_subject")
    )
    starts = data["experiment_starts"]
    for k, subject in enumerate(data["experiment_subject"]):
        rows = slice(starts[k], starts[k + 1])
        yield hapt_recording(
            entity=f"subject{int(subject):02d}",
            name=f"experiment{k + 1:02d}",
            acc_g=data["acc"][rows] * float(data["acc_scale"]),
            gyro=data["gyro"][rows] * float(data["gyro_scale"]),
            label=data["label"][rows],
        )


def _of_texts(folder: Path) -> Iterator[Recording]:
    """The official layout: a text a sensor and experiment; labels.txt with experiment, user, activity, first, last."""
    labels = open_numbers(folder / "labels.txt", 5).astype(np.int64)
    for path in sorted(folder.glob("acc_exp*_user*.txt")):
        experiment, subject = (int(word[-2:]) for word in path.stem.split("_")[1:])
        acc, gyro = (open_numbers(folder / path.name.replace("acc", kind), 3) for kind in ("acc", "gyro"))
        if len(acc) != len(gyro):
            raise DamagedFile(
                f"{path} must have as many rows as its gyroscope file; it has {len(acc)}, the other {len(gyro)}."
            )
        label = np.full(len(acc), UNLABELLED)
        for _, _, activity, first, last in labels[labels[:, 0] == experiment]:
            label[first - 1 : last] = activity
        yield hapt_recording(
            entity=f"subject{subject:02d}",
            name=f"experiment{experiment:02d}",
            acc_g=acc,
            gyro=gyro,
            label=label,
        )


def hapt_recording(*, entity: str, name: str, acc_g, gyro, label) -> Recording:
    """One recording from raw samples: acc_g (n, 3) in g, gyro (n, 3) in rad/s, label (n,) with 1-6 basic."""
    gravity = _low_pass(acc_g)
    body = acc_g - gravity

    def stream(values, axes, unit):
        return Stream(
            values=values.astype(np.float32), rate_hz=RATE_HZ, channels=tuple(axes), units=(unit,) * len(axes)
        )

    basic = np.where((label >= 1) & (label <= len(ACTIVITIES)), label.astype(np.int64) - 1, UNLABELLED)
    return Recording(
        entity=entity,
        name=name,
        streams={
            "body_vertical": stream(body[:, :1], "x", "g"),
            "body_horizontal": stream(body[:, 1:], "yz", "g"),
            "gravity": stream(gravity, "xyz", "g"),
            "gyro_vertical": stream(gyro[:, :1], "x", "rad/s"),
            "gyro_horizontal": stream(gyro[:, 1:], "yz", "rad/s"),
        },
        target=label_series(basic, rate_hz=RATE_HZ),
        classes=ACTIVITIES,
    )


def _low_pass(acc_g: np.ndarray) -> np.ndarray:
    """Third-order Butterworth, forward only: a sample depends on the past alone; starts at rest."""
    # loads for half a second, which lists of data sets need not wait for
    from scipy.signal import butter, sosfilt, sosfilt_zi

    sos = butter(3, GRAVITY_BELOW_HZ, fs=RATE_HZ, output="sos")
    rest = sosfilt_zi(sos)[:, :, None] * acc_g[0]
    return sosfilt(sos, acc_g, axis=0, zi=rest)[0]
