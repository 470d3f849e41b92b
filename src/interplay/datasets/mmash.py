"""MMASH: a day and a night of movement, heart and posture of 22 men, and when they sleep."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.files import below, open_csv, open_npz
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import UNLABELLED, Recording, Stream

RATE_HZ = 1.0
DAY_S = 86400
LONGEST_GAP_S = 60.0
AXES = ("Axis1", "Axis2", "Axis3")
POSTURES = ("standing", "sitting", "lying")
"""In the order of the actigraph's codes 1 to 3; 0 is off."""
BEATS_S = (0.25, 3.0)
"""Intervals that two heart beats can have between them."""
MONTH_WRAP = -29
"""Day of two users' second day, counted from a new month."""


class Mmash:
    """Actigraph counts, steps, heart rate, posture and intervals between beats; asleep or awake. Users are entities.

    Asleep is from the onset of sleep to leaving the bed, by the actigraph's own sleep table. About a quarter of the
    seconds are missing, mostly seven in half a minute: the last value is held, and a gap of a minute is a gap. User 11
    has no sleep table and no labels. The diary's activities are left out, as what its codes mean is not certain.
    """

    card = Card(
        name="mmash",
        title="Multilevel monitoring of activity and sleep in healthy people",
        source="physionet.org/content/mmash/1.0.0",
        licence="Open Data Commons, open access at PhysioNet",
        citation=(
            "Rossi A. et al. (2020) A Public Dataset of 24-h Multi-Levels Psycho-Physiological Responses in Young "
            "Healthy Adults. Data 5(4):91. Rossi A. et al. (2020) MMASH v1.0.0. PhysioNet, doi:10.13026/cerq-fc86."
        ),
        entities="22 users, about 24 h each",
        modalities={
            "counts": "3 channels, actigraph counts in each second, 1 Hz",
            "steps": "1 channel, steps in each second, 1 Hz",
            "heart_rate": "1 channel, 1 Hz, bpm",
            "posture": "3 channels (standing, sitting, lying; all 0 is off), 1 Hz",
            "beats": "1 channel, interval that ended last in each second, 1 Hz, s",
        },
        target="state over time: awake, asleep (AUROC is the score)",
        step_s=30.0,
        steps=10,
        stride=20,
        fill="hold",
        files="mmash.npz, or the official folder DataPaper/ with user_1 to user_22",
        downloads={"https://physionet.org/static/published-projects/mmash/"
                   "multilevel-monitoring-of-activity-and-sleep-in-healthy-people-1.0.0.zip": ""},
    )  # fmt: skip

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a user from the folder that holds either form."""
        if (Path(root) / "mmash.npz").is_file():
            return _of_arrays(Path(root) / "mmash.npz")
        official = below(root, "user_1") or below(root, "DataPaper/user_1")
        if official is None:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
        return _of_texts(official if (official / "user_1").is_dir() else official / "DataPaper")


def _of_arrays(path: Path) -> Iterator[Recording]:
    of_rows = ("act_time_s", "axis_counts", "steps", "hr", "inclinometer", "asleep")
    data = open_npz(path, (*of_rows, "act_starts", "rr_time_s", "rr_s", "rr_starts", "users"))
    rows, beats = data["act_starts"], data["rr_starts"]
    for k, user in enumerate(data["users"].tolist()):
        own, beat = slice(rows[k], rows[k + 1]), slice(beats[k], beats[k + 1])
        seconds, counts, steps, rate, posture, asleep = (data[name][own] for name in of_rows)
        # 255: without a sleep table
        label = np.where(asleep == 255, UNLABELLED, asleep.astype(np.int64))
        yield _user(
            user, seconds, counts, steps, rate, posture, label, (data["rr_time_s"][beat], data["rr_s"][beat])
        )


def _of_texts(root: Path) -> Iterator[Recording]:
    """The official layout: user_<k>/ with Actigraph.csv, RR.csv and, of all but one, sleep.csv."""
    for folder in sorted(root.glob("user_*"), key=lambda folder: int(folder.name.split("_")[1])):
        inclined = [f"Inclinometer {name.capitalize()}" for name in ("off", *POSTURES)]
        rows = open_csv(folder, ("Actigraph.csv",), [*AXES, "Steps", "HR", *inclined, "day", "time"])
        beats = open_csv(folder, ("RR.csv",), ["ibi_s", "day", "time"])
        seconds = _seconds(rows["day"], rows["time"])
        label = np.full(len(rows), UNLABELLED, dtype=np.int64)
        if (folder / "sleep.csv").is_file():
            label = _asleep(folder, seconds, label)
        yield _user(
            int(folder.name.split("_")[1]), seconds, rows[list(AXES)].to_numpy(), rows["Steps"].to_numpy(),
            rows["HR"].to_numpy(), rows[inclined].to_numpy().argmax(1), label,
            (_seconds(beats["day"], beats["time"]), beats["ibi_s"].to_numpy()),
        )  # fmt: skip


def _asleep(folder: Path, seconds: np.ndarray, label: np.ndarray) -> np.ndarray:
    needed = ["Onset Date", "Onset Time", "Out Bed Date", "Out Bed Time"]
    nights = open_csv(folder, ("sleep.csv",), needed)
    if not len(nights):
        return label
    label = np.zeros_like(label)
    onsets, stops = (
        _seconds(nights[f"{what} Date"], nights[f"{what} Time"]) for what in ("Onset", "Out Bed")
    )
    for onset, stop in zip(onsets, stops, strict=True):
        # some tables leave a night on the day on which it began
        until = stop + DAY_S if stop < onset else stop
        label[(seconds >= onset) & (seconds < until)] = 1
    return label


def _seconds(day: pd.Series, time: pd.Series) -> np.ndarray:
    """(n,) int64 s since midnight before the first day."""
    clock = pd.to_timedelta(
        time.astype(str).str.strip().map(lambda text: text if text.count(":") > 1 else f"{text}:00")
    )
    number = pd.to_numeric(day).replace(MONTH_WRAP, 2).to_numpy(np.int64)
    return (number - 1) * DAY_S + clock.dt.total_seconds().to_numpy(np.int64)


def _user(user: int, seconds, counts, steps, rate, posture, label, beats) -> Recording:
    """One user from rows at whole seconds, and beats at whole seconds with the interval that ended there."""
    place = seconds.astype(np.int64) - int(seconds[0])
    if (np.diff(place) <= 0).any() or place[-1] > 3 * DAY_S:
        raise DamagedFile(
            f"rows of user {user} must be in order and within three days; they are not. Copy them again."
        )
    late = np.flatnonzero(np.diff(place) > LONGEST_GAP_S)
    when, interval = beats[0].astype(np.int64) - int(seconds[0]), np.asarray(beats[1], dtype=np.float32)
    sound = (when >= 0) & (when <= place[-1]) & (interval >= BEATS_S[0]) & (interval <= BEATS_S[1])
    labels = np.full(place[-1] + 1, UNLABELLED, dtype=np.int64)
    labels[place] = label
    postures = np.asarray(posture)[:, None] == np.arange(1, 4)
    return Recording(
        entity=f"user {user:02d}",
        streams={
            "counts": _on_seconds(counts, place, tuple(name.lower() for name in AXES), ""),
            "steps": _on_seconds(steps, place, ("steps",), ""),
            "heart_rate": _on_seconds(rate, place, ("heart_rate",), "bpm"),
            "posture": _on_seconds(postures, place, POSTURES, ""),
            "beats": _on_seconds(interval[sound], when[sound], ("interval",), "s", length=place[-1] + 1),
        },
        target=label_series(labels, rate_hz=RATE_HZ),
        classes=("awake", "asleep"),
        gaps_s=tuple((float(place[k] + 1), float(place[k + 1])) for k in late),
    )


def _on_seconds(
    values, place: np.ndarray, channels: tuple[str, ...], unit: str, *, length: int = 0
) -> Stream:
    """Rows (n, ...) on a clock of seconds, NaN where there is none; of several in a second the last."""
    rows = np.asarray(values, dtype=np.float32).reshape(len(place), len(channels))
    samples = np.full((length or place[-1] + 1, len(channels)), np.nan, dtype=np.float32)
    samples[place] = rows
    return Stream(values=samples, rate_hz=RATE_HZ, channels=channels, units=(unit,) * len(channels))
