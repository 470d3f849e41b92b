"""Stress-Predict: wrist device during stress tasks, streams at 64, 32, 4 and 1 Hz."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_intervals
from interplay.datasets.card import Card
from interplay.datasets.formats.files import below, open_csv, open_npz, open_numbers
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

# stream: array in the file, array of its start times, factor to its unit, rate, unit
STREAMS = {
    "bvp": ("bvp_x100", "session_start_unix", 1 / 100, 64.0, "a.u."),
    "acc": ("acc", "acc_start_unix", 1 / 64, 32.0, "g"),
    "eda": ("eda", "eda_start_unix", 1.0, 4.0, "uS"),
    "temp": ("temp_x100", "temp_start_unix", 1 / 100, 4.0, "deg C"),
    "hr": ("hr_x100", "hr_start_unix", 1 / 100, 1.0, "bpm"),
}
LABELS = "Improved_All_Combined_hr_rsp_binary.csv"


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
        stride=10,
        files="stress_predict.npz, or the official Raw_data/ and Processed_data/",
        downloads={
            "https://github.com/italha-d/Stress-Predict-Dataset/archive/"
            "f49d2eae603f90c3f0140fbbbae7c0480d651023.zip": "",
        },
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """Labelled subjects from the folder that holds either form."""
        if (Path(root) / "stress_predict.npz").is_file():
            return _of_arrays(Path(root) / "stress_predict.npz")
        official = below(root, "Raw_data")
        if official is None:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
        return _of_texts(official)


def _of_arrays(path: Path) -> Iterator[Recording]:
    names = [f"{name}_starts" for name in STREAMS]
    arrays = [array for stream in STREAMS.values() for array in stream[:2]]
    labels = ["label_time_unix", "label_stress", "label_starts"]
    data = open_npz(path, [*names, *arrays, *labels])
    for k in range(len(data["label_starts"]) - 1):
        rows = slice(data["label_starts"][k], data["label_starts"][k + 1])
        if rows.start == rows.stop:
            continue
        samples = {}
        for name, (array, start_unix, factor, *_) in STREAMS.items():
            span = slice(data[f"{name}_starts"][k], data[f"{name}_starts"][k + 1])
            samples[name] = (float(data[start_unix][k]), data[array][span] * np.float32(factor))
        yield _subject(k + 1, samples, data["label_stress"][rows], data["label_time_unix"][rows])


def _of_texts(root: Path) -> Iterator[Recording]:
    """The official layout: files of the wristband a subject (start, rate, samples), labels of all in one table."""
    table = open_csv(root / "Processed_data", (LABELS,), ["Participant", "Time(sec)", "Label"])
    participant = table["Participant"].to_numpy(np.int64)
    for number in np.unique(participant).tolist():
        rows = table[participant == number]
        folder, samples = root / "Raw_data" / f"S{number:02d}", {}
        for name, (_, _, _, rate_hz, _) in STREAMS.items():
            path = folder / f"{name.upper()}.csv"
            lines = open_numbers(path, 3 if name == "acc" else 1, separator=",")
            if lines[1, 0] != rate_hz:
                raise DamagedFile(
                    f"{path} must say {rate_hz:g} Hz in its second row; it says {lines[1, 0]:g}."
                )
            samples[name] = (lines[0, 0], lines[2:] / 64 if name == "acc" else lines[2:])
        yield _subject(number, samples, rows["Label"].to_numpy(), rows["Time(sec)"].to_numpy())


def _subject(number: int, samples, labels: np.ndarray, label_time_unix: np.ndarray) -> Recording:
    """One subject from name -> (start, values), times in unix seconds."""
    origin = min(start for start, _ in samples.values())
    streams = {}
    for name, (start, values) in samples.items():
        *_, rate_hz, unit = STREAMS[name]
        values = values.astype(np.float32).reshape(len(values), -1)
        units = (unit,) * values.shape[1]
        streams[name] = Stream(values=values, rate_hz=rate_hz, start_s=start - origin, units=units)
    return Recording(
        entity=f"S{number:02d}",
        streams=streams,
        target=_labels(labels, label_time_unix.astype(np.float64) - origin),
        classes=("rest", "stress"),
    )


def _labels(values: np.ndarray, time_s: np.ndarray):
    """Runs of equal labels at 1 Hz, each holding for its second; seconds missing from the file stay unlabelled."""
    new = np.r_[True, (values[1:] != values[:-1]) | (np.diff(time_s) > 1.5)]
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(values)] - 1
    return label_intervals(values[first].astype(np.int64), time_s[first], time_s[last] + 1.0)
