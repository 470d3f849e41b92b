"""Five small problems of the UEA archive: cases of equal length, one class each, and the archive's own split."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.formats.files import below, open_npz
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

Channels = Mapping[str, tuple[slice, tuple[str, ...], str]]
"""Modality -> which channels of the file are its own, their names and unit."""
AXES = ("x", "y", "z")


def _card(
    name: str, problem: str, title: str, *, cases: tuple[int, int], rate_hz: float, channels: Channels,
    classes: tuple[str, ...], step_s: float, steps: int,
) -> Card:  # fmt: skip
    n_train, n_cases = cases
    return Card(
        name=name,
        title=f"{problem} of the UEA archive: {title}",
        source="timeseriesclassification.com",
        licence="public for research with citation; no formal licence is stated",
        citation=(
            "Bagnall A. et al. (2018) The UEA multivariate time series classification archive. arXiv:1811.00075."
        ),
        entities=f"{n_cases} cases; whose they are is not told",
        modalities={
            modality: f"{len(names)} channel{'s' * (len(names) > 1)}, {rate_hz:g} Hz{', ' + unit if unit else ''}"
            for modality, (_, names, unit) in channels.items()
        },
        target=f"one of {len(classes)} classes, told at the end: {', '.join(classes)} (accuracy is the score)",
        step_s=step_s,
        steps=steps,
        splits={"archive": {"test": [case_name(k) for k in range(n_train, n_cases)]}},
        files=f"{problem}.npz, or the official {problem}_TRAIN.ts and {problem}_TEST.ts",
        access=f"Download {problem}.zip from timeseriesclassification.com and unpack it.",
    )


def case_name(k: int) -> str:
    """Name of case number k, training cases first."""
    return f"case {k + 1:03d}"


class UeaProblem:
    """Cases of one problem, each an entity of its own; the last step of a case ends with its last sample.

    Copies that number classes tell no names: what stands here follows the archive's own order, and the means and
    rhythms of the classes agree with it.

    Attributes
    ----------
    problem : name of its files
    channels : see `Channels`
    rate_hz : float, Hz
    classes : in the order of the archive
    """

    card: Card
    problem: str
    channels: ClassVar[Channels]
    rate_hz: float
    classes: tuple[str, ...]

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a case from the folder that holds either form, training cases first."""
        root = Path(root)
        official = below(root, f"{self.problem}_TRAIN.ts")
        if (root / f"{self.problem}.npz").is_file():
            data = open_npz(root / f"{self.problem}.npz", ("x", "y"))
            x, y = data["x"], data["y"].astype(np.int64) - 1
        elif official is not None:
            parts = [self._read(official / f"{self.problem}_{part}.ts") for part in ("TRAIN", "TEST")]
            x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        else:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
        width = max(part.stop for part, _, _ in self.channels.values())
        if x.ndim != 3 or x.shape[2] != width or y.min() < 0 or y.max() >= len(self.classes):
            raise DamagedFile(
                f"{self.problem} in {root} must be cases of {width} channels and {len(self.classes)} classes; it is "
                "not. Download it again."
            )
        for k, (case, label) in enumerate(zip(x.astype(np.float32), y.tolist(), strict=True)):
            yield self._case(case_name(k), case, label)

    def _case(self, name: str, x: np.ndarray, label: int) -> Recording:
        seconds = len(x) / self.rate_hz
        step_s = self.card.step_s
        spare = round((seconds - step_s * np.floor(seconds / step_s + 1e-6)) * self.rate_hz)
        return Recording(
            entity=name,
            streams={
                modality: Stream(
                    values=x[spare:, part], rate_hz=self.rate_hz, channels=names, units=(unit,) * len(names)
                )
                for modality, (part, names, unit) in self.channels.items()
            },
            target=label_at(label, (len(x) - spare) / self.rate_hz),
            classes=self.classes,
        )

    def _read(self, path: Path) -> tuple[np.ndarray, np.ndarray]:
        """Cases (n, T, d) and classes (n,) of an official text: channels parted by colons, the class last."""
        if not path.is_file():
            raise InvalidInput(f"{path.name} must lie in {path.parent}; it does not.")
        lines = path.read_text("utf-8", errors="replace").splitlines()
        start = next((k for k, line in enumerate(lines) if line.strip().lower() == "@data"), len(lines))
        cases, labels = [], []
        known = {plain(name): k for k, name in enumerate(self.classes)}
        for row, line in enumerate(lines[start + 1 :], start + 2):
            *channels, label = line.strip().split(":")
            if not line.strip():
                continue
            try:
                cases.append(np.array([channel.split(",") for channel in channels], dtype=np.float32).T)
                labels.append(known[plain(label)])
            except (ValueError, KeyError) as error:
                raise DamagedFile(
                    f"{path} must hold channels of equally many numbers and one of {', '.join(self.classes)} in each "
                    f"row; row {row} does not. Download it again."
                ) from error
        if len({case.shape for case in cases}) != 1:
            raise DamagedFile(
                f"{path} must hold cases of one shape after @data; it does not. Download it again."
            )
        return np.stack(cases), np.array(labels, dtype=np.int64)


def plain(name: str) -> str:
    """A class as the archive's files may write it: "Badminton_Smash" is "badminton smash", and "1" "posture 1"."""
    return "".join(letter for letter in name.lower() if letter.isalnum()).removeprefix("posture")


def _watch() -> Channels:
    return {"acc": (slice(0, 3), AXES, "m/s2"), "gyro": (slice(3, 6), AXES, "rad/s")}


def _each(names: Iterable[str], unit: str = "") -> Channels:
    """Each channel as a modality of its own."""
    return {name: (slice(k, k + 1), (name,), unit) for k, name in enumerate(names)}


class RacketSports(UeaProblem):
    """Strokes of badminton and squash under a watch."""

    problem, rate_hz = "RacketSports", 10.0
    channels: ClassVar[Channels] = _watch()
    classes = ("badminton smash", "badminton clear", "squash forehand boast", "squash backhand boast")
    card = _card(
        "racket_sports", problem, "strokes under a watch", cases=(151, 303), rate_hz=rate_hz, channels=channels,
        classes=classes, step_s=0.3, steps=10,
    )  # fmt: skip


class BasicMotions(UeaProblem):
    """Standing, running, walking and badminton under a watch."""

    problem, rate_hz = "BasicMotions", 10.0
    channels: ClassVar[Channels] = _watch()
    classes = ("standing", "running", "walking", "badminton")
    card = _card(
        "basic_motions", problem, "motions under a watch", cases=(40, 80), rate_hz=rate_hz, channels=channels,
        classes=classes, step_s=1.0, steps=10,
    )  # fmt: skip


class Epilepsy(UeaProblem):
    """Healthy people who mimic a seizure, walk, run or saw; each axis at the wrist is a modality.

    In the archive 13 pairs of cases hold the same samples on two axes or three, shifted by a few; one pair lies on both
    sides of the published split. Making windows says so.
    """

    problem, rate_hz = "Epilepsy", 16.0
    channels: ClassVar[Channels] = _each(AXES, "g")
    classes = ("epilepsy", "walking", "running", "sawing")
    card = _card(
        "epilepsy", problem, "mimicked seizures", cases=(137, 275), rate_hz=rate_hz, channels=channels,
        classes=classes, step_s=1.0, steps=12,
    )  # fmt: skip


class ERing(UeaProblem):
    """Postures of hand and fingers before a ring of four electrodes, each a modality.

    Values are normalised. The rate is not told; 50 Hz stands for it.
    """

    problem, rate_hz = "ERing", 50.0
    channels: ClassVar[Channels] = _each(f"electrode{k}" for k in range(1, 5))
    classes = tuple(f"posture {k}" for k in range(1, 7))
    card = _card(
        "ering", problem, "postures before electrodes", cases=(30, 300), rate_hz=rate_hz, channels=channels,
        classes=classes, step_s=0.1, steps=13,
    )  # fmt: skip


class StandWalkJump(UeaProblem):
    """Four bands of an electrocardiogram's spectrogram while one man stands, walks or jumps; 27 cases are few."""

    problem, rate_hz = "StandWalkJump", 500.0
    channels: ClassVar[Channels] = _each(f"band{k}" for k in range(1, 5))
    classes = ("standing", "walking", "jumping")
    card = _card(
        "stand_walk_jump", problem, "an electrocardiogram in motion", cases=(12, 27), rate_hz=rate_hz,
        channels=channels, classes=classes, step_s=0.25, steps=20,
    )  # fmt: skip
