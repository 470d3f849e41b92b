"""Early prediction: what the first steps of a window tell of the label at its end, with a profile and without.

Windows of `benchmarks.real` end a share of their steps earlier and keep their labels; model, scaler and profile know of
no later step. One line of JSON for each (set, split, share, model) is added to benchmarks/results/early.jsonl, from
which an interrupted run goes on. Run with ``python -m benchmarks.early --root FOLDER [--sets ...] [--splits 3]``;
``--table`` writes benchmarks/results/early.md.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

import interplay as ip
from benchmarks.real import Trial
from benchmarks.worth import MODELS, Study


def until(windows: ip.Windows, steps: int) -> ip.Windows:
    """The same windows, of which only so many of the first steps have been seen; labels stay those of their ends."""
    later = windows.length - steps
    target = np.roll(windows.steps.target, -later, axis=0)
    return replace(
        windows, steps=replace(windows.steps, target=target), last=windows.last - later, length=steps
    )


def early(trial: Trial, share: float) -> Trial:
    """The same split, and a share of the steps of its windows."""
    steps = max(1, round(share * trial.train.length))
    return replace(trial, train=until(trial.train, steps), test=until(trial.test, steps))


STUDY = Study(
    path=Path(__file__).parent / "results" / "early.jsonl",
    # windows are whole gestures, seizures and strokes, or whole cycles of a machine
    sets=("epilepsy", "ering", "racket_sports", "hydraulic_accumulator", "hydraulic_valve", "skab"),
    windows=350,
    models=tuple(MODELS),
    shares=(0.25, 0.5, 1.0),
    part=early,
    title="Early prediction",
    about="A share of the steps of a window has been seen, the first ones, and the label is that of its end; model, "
    "scaler and profile know of no later step.",
    of_share="seen",
)

if __name__ == "__main__":
    STUDY.main(__doc__.split("\n")[0])
