"""Stress-Predict: wrist device during stress tasks, streams at 64, 32, 4 and 1 Hz."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_intervals
from interplay.datasets.card import Card
from interplay.datasets.files import open_npz
from interplay.types import Recording, Stream

# stream: array in the file, array of its start times, factor to its unit, rate, unit
STREAMS = {
    "bvp": ("bvp_x100", "session_start_unix", 1 / 100, 64.0, "a.u."),
    "acc": ("acc", "acc_start_unix", 1 / 64, 32.0, "g"),
    "eda": ("eda", "eda_start_unix", 1.0, 4.0, "uS"),
    "temp": ("temp_x100", "temp_start_unix", 1 / 100, 4.0, "deg C"),
    "hr": ("hr_x100", "hr_start_unix", 1 / 100, 1.0, "bpm"),
}


class StressPredict:
    """Empatica E4 streams at their own rates; rest against stress task, as labelled by the authors."""

    card = Card(
        name="stress_predict",
        title="Stress-Predict: wrist signals during Stroop, interview and hyperventilation",
        source="github.com/italha-d/Stress-Predict-Dataset",
        licence="MIT",
        citation="Iqbal T. et al. (2022) Stress Monitoring Using Wearable Sensors. Sensors 22(21):8135.",
        entities="35 subjects, 34 of them labelled",
        modalities={
            "bvp": "blood volume pulse, 1 channel, 64 Hz",
            "acc": "acceleration, 3 channels, 32 Hz, g",
            "eda": "electrodermal activity, 1 channel, 4 Hz, uS",
            "temp": "skin temperature, 1 channel, 4 Hz, deg C",
            "hr": "heart rate, 1 channel, 1 Hz, bpm",
        },
        target="2 classes at 1 Hz: rest, stress",
        step_s=1.0,
        steps=20,
        files="stress_predict.npz",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """Labelled subjects from the folder that holds ``stress_predict.npz``."""
        names = [f"{name}_starts" for name in STREAMS]
        arrays = [array for stream in STREAMS.values() for array in stream[:2]]
        labels = ["label_time_unix", "label_stress", "label_starts"]
        data = open_npz(Path(root) / "stress_predict.npz", [*names, *arrays, *labels])
        for k in range(len(data["label_starts"]) - 1):
            rows = slice(data["label_starts"][k], data["label_starts"][k + 1])
            time = data["label_time_unix"][rows].astype(np.float64)
            if len(time) == 0:
                continue
            origin = min(float(data[start][k]) for _, start, *_ in STREAMS.values())
            yield Recording(
                entity=f"S{k + 1:02d}",
                streams={name: _stream(data, name, k, origin) for name in STREAMS},
                target=_labels(data["label_stress"][rows], time - origin),
                classes=("rest", "stress"),
            )


def _stream(data, name: str, k: int, origin: float) -> Stream:
    array, start_unix, factor, rate_hz, unit = STREAMS[name]
    starts = data[f"{name}_starts"]
    values = data[array][starts[k] : starts[k + 1]].astype(np.float32) * np.float32(factor)
    values = values.reshape(len(values), -1)
    return Stream(
        values=values,
        rate_hz=rate_hz,
        start_s=float(data[start_unix][k]) - origin,
        units=(unit,) * values.shape[1],
    )


def _labels(values: np.ndarray, time_s: np.ndarray):
    """Runs of equal labels at 1 Hz, each holding for its second; seconds missing from the file stay unlabelled."""
    new = np.r_[True, (values[1:] != values[:-1]) | (np.diff(time_s) > 1.5)]
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(values)] - 1
    return label_intervals(values[first].astype(np.int64), time_s[first], time_s[last] + 1.0)
