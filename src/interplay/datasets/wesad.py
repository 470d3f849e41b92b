"""WESAD: ten signals from chest and wrist at 700, 64, 32 and 4 Hz; baseline, stress and amusement."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.numbers import class_numbers_of, official_files
from interplay.datasets.formats.plain_pickle import read_plain_pickle
from interplay.errors import DamagedFile
from interplay.types import UNLABELLED, Recording, Stream

CHEST_HZ = 700.0
# stream: device and signal in the file, channels, rate, factor to its unit, unit
STREAMS = {
    "chest_acc": ("chest", "ACC", 3, CHEST_HZ, 1.0, "g"),
    "chest_ecg": ("chest", "ECG", 1, CHEST_HZ, 1.0, "mV"),
    "chest_emg": ("chest", "EMG", 1, CHEST_HZ, 1.0, "mV"),
    "chest_eda": ("chest", "EDA", 1, CHEST_HZ, 1.0, "uS"),
    "chest_temp": ("chest", "Temp", 1, CHEST_HZ, 1.0, "deg C"),
    "chest_resp": ("chest", "Resp", 1, CHEST_HZ, 1.0, "%"),
    "wrist_acc": ("wrist", "ACC", 3, 32.0, 1 / 64, "g"),
    "wrist_bvp": ("wrist", "BVP", 1, 64.0, 1.0, "a.u."),
    "wrist_eda": ("wrist", "EDA", 1, 4.0, 1.0, "uS"),
    "wrist_temp": ("wrist", "TEMP", 1, 4.0, 1.0, "deg C"),
}
WHAT = {
    "acc": "acceleration", "ecg": "electrocardiogram", "emg": "electromyogram", "eda": "electrodermal activity",
    "temp": "skin temperature", "resp": "respiration", "bvp": "blood volume pulse",
}  # fmt: skip
# 0 is transient, 5 to 7 are to be ignored
CONDITIONS = {1: "baseline", 2: "stress", 3: "amusement", 4: "meditation"}
CODES = range(8)
MOST_APART_S = 10.0
"""How much longer one signal may last than another; a wrong rate would be off by minutes."""


class Wesad:
    """Fifteen subjects with a device at the chest and one at the wrist; every stream keeps its own rate.

    Time between conditions and meditation are unlabelled. The files are pickles, read by
    `interplay.datasets.formats.plain_pickle`, which runs nothing that they name.

    Attributes
    ----------
    class_of : condition -> class; conditions that are left out are unlabelled
    """

    class_of: ClassVar[Mapping[str, str]] = {name: name for name in ("baseline", "stress", "amusement")}
    card: Card = Card(
        name="wesad",
        title="WESAD: wearable stress and affect detection",
        source="UCI Machine Learning Repository, data set 465",
        licence="for research, not for commerce",
        citation=(
            "Schmidt P. et al. (2018) Introducing WESAD, a Multimodal Dataset for Wearable Stress and Affect "
            "Detection. 20th ACM International Conference on Multimodal Interaction, 400-408."
        ),
        entities="15 subjects, one recording each",
        modalities={
            name: f"{WHAT[name.split('_')[1]]} at the {device}, {n} channel{'s' * (n > 1)}, {rate:g} Hz, {unit}"
            for name, (device, _, n, rate, _, unit) in STREAMS.items()
        },
        target="3 conditions over time: " + ", ".join(class_of.values()),
        step_s=1.0,
        steps=20,
        files="WESAD/S2/S2.pkl to WESAD/S17/S17.pkl",
        access=(
            "Open archive.ics.uci.edu/dataset/465, follow its link to the authors' archive, agree to research use, "
            "download WESAD.zip and unpack it."
        ),
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a subject, from the folder that holds ``WESAD`` or those of the subjects."""
        for path in official_files(root, ("WESAD", "."), "S*/S*.pkl", self.card.files):
            yield _recording(path, self.class_of)


class WesadStress(Wesad):
    """The same with two classes: stress, or baseline and amusement."""

    class_of: ClassVar = {"baseline": "no stress", "stress": "stress", "amusement": "no stress"}
    card = replace(
        Wesad.card,
        name="wesad_stress",
        title=f"{Wesad.card.title} (stress or not)",
        target="stress over time: no stress (baseline or amusement), stress",
    )


class WesadMeditation(Wesad):
    """The same with meditation as the fourth class."""

    class_of: ClassVar = {name: name for name in CONDITIONS.values()}
    card = replace(
        Wesad.card,
        name="wesad_meditation",
        title=f"{Wesad.card.title} (with meditation)",
        target="4 conditions over time: " + ", ".join(class_of.values()),
    )


def _recording(path: Path, class_of: Mapping[str, str]) -> Recording:
    data = read_plain_pickle(path)
    label = _array(data, path, "label")
    if label.ndim != 1 or len(label) == 0:
        raise DamagedFile(f"{path} must hold a label for each sample at 700 Hz; got shape {label.shape}.")
    streams = {name: _stream(data, path, name) for name in STREAMS}
    for name, stream in streams.items():
        lasts = len(stream.values) / STREAMS[name][3]
        if abs(lasts - len(label) / CHEST_HZ) > MOST_APART_S:
            raise DamagedFile(
                f"{path} must hold signals as long as its labels, {len(label) / CHEST_HZ:.4g} s; {name!r} lasts "
                f"{lasts:.4g} s at {STREAMS[name][3]:g} Hz."
            )
    classes = tuple(dict.fromkeys(class_of.values()))
    number = {
        code: classes.index(class_of[CONDITIONS[code]]) if CONDITIONS.get(code) in class_of else UNLABELLED
        for code in CODES
    }
    return Recording(
        entity=path.stem,
        streams=streams,
        target=label_series(class_numbers_of(label, number, f"labels of {path}"), rate_hz=CHEST_HZ),
        classes=classes,
    )


def _stream(data: Any, path: Path, name: str) -> Stream:
    device, signal, n_channels, rate_hz, factor, unit = STREAMS[name]
    values = _array(data, path, "signal", device, signal)
    if values.ndim != 2 or values.shape[1] != n_channels:
        raise DamagedFile(f"{path} must hold {name!r} as (samples, {n_channels}); got shape {values.shape}.")
    return Stream(
        values=values.astype(np.float32) * np.float32(factor),
        rate_hz=rate_hz,
        channels=("x", "y", "z") if n_channels == 3 else (name,),
        units=(unit,) * n_channels,
    )


def _array(data: Any, path: Path, *keys: str) -> np.ndarray:
    """An array of numbers from nested dicts."""
    for key in keys:
        if not isinstance(data, dict) or key not in data:
            raise DamagedFile(f"{path} must hold {' / '.join(keys)}; it has no {key!r}.")
        data = data[key]
    if not isinstance(data, np.ndarray) or data.dtype.kind not in "iuf":
        raise DamagedFile(f"{path} must hold numbers as {' / '.join(keys)}; it holds {type(data).__name__}.")
    return data
