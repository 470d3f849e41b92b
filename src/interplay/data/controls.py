"""Control times: moments of the same entities at which nothing happened, as many to each event in all of them."""

import numpy as np

from interplay.data.steps import Steps
from interplay.errors import InvalidInput


def matched_controls(
    steps: Steps,
    happened: np.ndarray,
    event: np.ndarray,
    usable: np.ndarray,
    *,
    away: int,
    ratio: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw controls, and of entities with too few of them events, too.

    Parameters
    ----------
    steps : Steps
    happened : (h,) int64, rows in which something happened, whether it is looked at or not
    event : (n,) int64, rows of the events that are
    usable : (n_steps,) bool, rows that may be a control
    away : int, steps that a control keeps from all that happened, before and after
    ratio : int, controls to each event
    seed : int

    Returns
    -------
    event, control : int64, rows of events and of their controls, increasing
    """
    rng = np.random.default_rng(seed)
    free = np.flatnonzero(usable & ~_near(steps, happened, away))
    events, controls = [], []
    for entity in np.unique(steps.entity[event]):
        of_event = event[steps.entity[event] == entity]
        of_control = free[steps.entity[free] == entity]
        n = min(len(of_event), len(of_control) // ratio)
        events.append(rng.choice(of_event, n, replace=False))
        controls.append(rng.choice(of_control, n * ratio, replace=False))
    if not sum(map(len, events)):
        raise InvalidInput(
            f"some entity must have {ratio} usable time{'s' * (ratio > 1)} more than {away * steps.step_s:g} s from "
            "every event, as a control; none has. Pass a smaller away_s, or controls=0 to look at events alone."
        )
    return np.sort(np.concatenate(events)), np.sort(np.concatenate(controls))


def _near(steps: Steps, happened: np.ndarray, away: int) -> np.ndarray:
    """Steps at most `away` from one in which something happened, in the same segment, (n_steps,) bool."""
    near = np.zeros(len(steps) + 1, dtype=np.int64)
    segment = steps.segment[happened]
    start = np.maximum(happened - away, np.searchsorted(steps.segment, segment, side="left"))
    stop = np.minimum(happened + away + 1, np.searchsorted(steps.segment, segment, side="right"))
    np.add.at(near, start, 1)
    np.add.at(near, stop, -1)
    return np.cumsum(near)[:-1] > 0
