"""What the gallery asks of which data: one mapping of questions a page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from wrist import LABEL_AGE_S, STEP_S, task_of_before, task_of_before_and_noise, temperature_to_come

from interplay.types import UNLABELLED, Recording

HOUR = 3600.0
HOURS = (0, 2 * HOUR, 4 * HOUR, 8 * HOUR)


def only(recording: Recording, classes: tuple[str, ...]) -> Recording:
    """The recording with labels of these classes alone; other times are unlabelled."""
    number = np.full(len(recording.classes) + 1, UNLABELLED)
    for new, name in enumerate(classes):
        number[recording.classes.index(name)] = new
    # an unlabelled -1 looks up the last entry, which is unlabelled
    target = replace(recording.target, values=number[recording.target.values])
    return replace(recording, target=target, classes=classes)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a data set.

    Attributes
    ----------
    dataset, change, windows : whose recordings, what is done to each, and how they are cut if not as its card says
    modalities : that are looked at; the first two are the pair that is drawn
    asked : the target, in words for a title
    lags_s : at which every pair is measured
    novel : whether it is also asked what each lag adds to all more recent ones
    rate : whether it is also asked what the whole pasts tell together
    draw : "lags" of the pair, "alone" or "novel: NAME"
    label_age_s : how old the label is, so that lags below it come after the label
    target_history, given : as in the estimator
    """

    dataset: str
    modalities: tuple[str, ...]
    lags_s: tuple[float, ...]
    novel: bool = True
    rate: bool = False
    asked: str = ""
    draw: tuple[str, ...] = ("lags",)
    change: Callable[[Recording], Recording] | None = None
    windows: dict[str, float] | None = None
    label_age_s: float = 0.0
    target_history: int = 0
    given: str | None = None


TASK = {
    "dataset": "stress_predict",
    "modalities": ("eda", "hr"),
    "change": task_of_before,
    "windows": {"step_s": STEP_S, "steps": 31, "stride": 1},
    "lags_s": (0.0, 60.0, 120.0, 180.0, 240.0, 300.0),
    "label_age_s": LABEL_AGE_S,
    "novel": False,
    "draw": ("alone",),
}
MOTION_S = (0.0, 1.0, 2.0, 4.0)

PAGES = {
    "intensive_care": {
        "glucose": Question(
            dataset="mimic3_demo_glucose",
            modalities=("insulin", "glucose"),
            asked="glucose falls, stays or rises",
            lags_s=HOURS,
            rate=True,
            draw=("lags", "novel: glucose", "novel: insulin"),
        ),
        "potassium": Question(
            dataset="mimic3_demo_potassium",
            modalities=("furosemide", "potassium"),
            asked="potassium falls, stays or rises",
            lags_s=HOURS,
            rate=True,
            draw=("lags", "novel: potassium", "novel: furosemide"),
        ),
    },
    "stress": {
        "task": Question(**TASK, asked=f"rest or task, {LABEL_AGE_S:g} s ago"),
        "task_given_clock": Question(
            **TASK
            | {
                "change": task_of_before_and_noise,
                "modalities": ("eda", "hr", "noise"),
                "asked": "the same, given the clock",
                "given": "clock",
            }
        ),
        "task_begins_or_ends": Question(
            dataset="stress_predict",
            modalities=("acc", "eda", "hr"),
            asked="rest or task, given the clock and 10 s ago",
            change=partial(task_of_before, age_s=0.0),
            windows={"step_s": STEP_S, "steps": 19, "stride": 1},
            lags_s=(0.0, 10.0, 20.0, 40.0),
            target_history=1,
            given="clock",
            draw=("alone",),
        ),
        "temperature": Question(
            dataset="stress_predict",
            modalities=("temp", "hr", "eda"),
            asked="skin temperature in 60 s",
            change=temperature_to_come,
            windows={"step_s": STEP_S, "steps": 19, "stride": 1},
            lags_s=(0.0, 20.0, 60.0, 120.0, 180.0),
            draw=("lags", "novel: temp", "novel: hr"),
        ),
    },
    "movement": {
        "walking": Question(
            dataset="hapt",
            modalities=("body_horizontal", "gyro_horizontal"),
            asked="level, up or down",
            change=partial(only, classes=("walking", "upstairs", "downstairs")),
            lags_s=MOTION_S,
            rate=True,
            draw=("lags", "novel: body_horizontal"),
        ),
        "posture": Question(
            dataset="hapt",
            modalities=("gravity", "body_vertical"),
            asked="sit, stand or lie",
            change=partial(only, classes=("sitting", "standing", "lying")),
            lags_s=MOTION_S,
            draw=("lags", "novel: gravity"),
        ),
        "exercises": Question(
            dataset="pt_exercises",
            modalities=("unit3_acc", "unit5_acc"),
            asked="which of 8 exercises",
            lags_s=(0.0, 0.8, 1.6, 3.2),
            draw=("lags", "novel: unit3_acc"),
        ),
    },
}
