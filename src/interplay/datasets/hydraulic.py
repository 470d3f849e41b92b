"""Condition monitoring of a hydraulic test rig: which of the grades of wear one of its parts has."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.files import below, open_npz, open_numbers
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

RATE_HZ = 1.0
CYCLE_S = 60
STEP_S = 5.0
SENSORS = {
    "pressure": (("PS1", "PS2", "PS3", "PS4", "PS5", "PS6"), "bar"),
    "motor_power": (("EPS1",), "W"),
    "flow": (("FS1", "FS2"), "l/min"),
    "temperature": (("TS1", "TS2", "TS3", "TS4"), "deg C"),
    "vibration": (("VS1",), "mm/s"),
}
PARTS = ("cooler", "valve", "pump_leak", "accumulator")
"""Columns of the official profile.txt, which has a fifth for cycles before conditions were static."""
GRADES = {
    "cooler": ((3, 20, 100), "cooling power, %"),
    "valve": ((73, 80, 90, 100), "how fast the valve switches, %"),
    "pump_leak": ((0, 1, 2), "internal leakage of the pump: none, weak, severe"),
    "accumulator": ((90, 100, 115, 130), "pressure of the accumulator, bar"),
}


def _card(name: str, part: str) -> Card:
    grades, meaning = GRADES[part]
    return Card(
        name=name,
        title=f"Condition monitoring of hydraulic systems: {part.replace('_', ' ')}",
        source="UCI Machine Learning Repository, data set 447",
        licence="CC BY 4.0",
        citation=(
            "Helwig N., Pignanelli E., Schuetze A. (2015) Condition Monitoring of a Complex Hydraulic System Using "
            "Multivariate Statistics. I2MTC, doi:10.1109/I2MTC.2015.7151267."
        ),
        entities="194 runs of constant condition, 2,205 load cycles of 60 s",
        modalities={
            modality: f"{len(sensors)} channel{'s' * (len(sensors) > 1)}, means over a second, 1 Hz, {unit}"
            for modality, (sensors, unit) in SENSORS.items()
        },
        target=f"{meaning}: {', '.join(map(str, grades))} (macro-F1 is the score)",
        step_s=STEP_S,
        steps=round(CYCLE_S / STEP_S),
        stride=round(CYCLE_S / STEP_S),
        files="hydraulic_1hz.npz, or the official texts PS1.txt to VS1.txt and profile.txt",
        downloads={
            "https://archive.ics.uci.edu/static/public/447/condition+monitoring+of+hydraulic+systems.zip": "",
        },
    )


class Hydraulic:
    """Pressure, motor power, flow, temperature and vibration over the load cycle of a rig; a window is one cycle.

    Four parts wear at once, each by its own grades. Cycles of one run of constant condition are near copies, so that
    the run is the entity: a split by cycle is worth 0.1 in macro-F1 that is not there. Efficiency and power of the
    cooler, which the rig computes from its other sensors, are left out.
    """

    card: Card
    part: str

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a run, in order of time, from the folder that holds either form."""
        if (Path(root) / "hydraulic_1hz.npz").is_file():
            cycles, conditions = _of_arrays(Path(root) / "hydraulic_1hz.npz")
        else:
            official = below(root, "profile.txt")
            if official is None:
                raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
            cycles, conditions = _of_texts(official)
        grades = GRADES[self.part][0]
        graded = conditions[:, PARTS.index(self.part)]
        if not np.isin(graded, grades).all():
            raise DamagedFile(
                f"{self.part} must be one of {grades}; got {graded[~np.isin(graded, grades)][0]:g}."
            )
        first = np.flatnonzero(np.r_[True, (np.diff(conditions, axis=0) != 0).any(1)])
        for k, (start, stop) in enumerate(zip(first, np.r_[first[1:], len(graded)], strict=True)):
            seconds = CYCLE_S * (stop - start)
            yield Recording(
                entity=f"run {k + 1:03d}",
                streams={
                    modality: Stream(
                        values=np.stack(
                            [cycles[name][start:stop].reshape(seconds) for name in sensors], axis=1
                        ),
                        rate_hz=RATE_HZ,
                        channels=sensors,
                        units=(unit,) * len(sensors),
                    )
                    for modality, (sensors, unit) in SENSORS.items()
                },
                target=label_series(np.full(seconds, grades.index(int(graded[start]))), rate_hz=RATE_HZ),
                classes=tuple(map(str, grades)),
            )


class HydraulicCooler(Hydraulic):
    """How well the cooler works."""

    part = "cooler"
    card = _card("hydraulic_cooler", part)


class HydraulicValve(Hydraulic):
    """How fast the valve switches; fast transients are smoothed at 1 Hz, which makes it hard."""

    part = "valve"
    card = _card("hydraulic_valve", part)


class HydraulicPump(Hydraulic):
    """How much the pump leaks."""

    part = "pump_leak"
    card = _card("hydraulic_pump", part)


class HydraulicAccumulator(Hydraulic):
    """How much gas pressure the accumulator has; several modalities are needed."""

    part = "accumulator"
    card = _card("hydraulic_accumulator", part)


def _of_arrays(path: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Sensor -> (cycles, 60), and conditions (cycles, 4)."""
    data = open_npz(path, ("x", "sensors", *PARTS))
    known = [str(name) for name in data["sensors"]]
    missing = [name for sensors, _ in SENSORS.values() for name in sensors if name not in known]
    if missing:
        raise DamagedFile(f"{path} must name every sensor; it lacks {missing[0]!r}.")
    conditions = np.stack([data[part] for part in PARTS], axis=1)
    return {name: data["x"][:, :, k] for k, name in enumerate(known)}, conditions


def _of_texts(root: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The official layout: a row a cycle, of 6,000, 600 or 60 samples; means over each second."""
    conditions = open_numbers(root / "profile.txt", len(PARTS) + 1)[:, : len(PARTS)]
    rates = {"pressure": 100, "motor_power": 100, "flow": 10}
    cycles = {}
    for modality, (sensors, _) in SENSORS.items():
        rate = rates.get(modality, 1)
        for name in sensors:
            samples = open_numbers(root / f"{name}.txt", CYCLE_S * rate)
            if len(samples) != len(conditions):
                raise DamagedFile(
                    f"{root / name}.txt must have a row for each of {len(conditions)} cycles; it has {len(samples)}."
                )
            cycles[name] = samples.reshape(-1, CYCLE_S, rate).mean(2).astype(np.float32)
    return cycles, conditions
