"""Evaluated runs with scores that are known by hand, for tests of comparisons."""

from dataclasses import replace

import numpy as np
import pandas as pd

from interplay.train import Run
from report_runs import drawn_run

CLASSES = ("rest", "walk")


def run_that_is_right(right: dict[str, list[bool]], *, step_s: float = 1.0, **changed) -> Run:
    """A run whose windows of each entity are right or wrong as said; all of them are truly "rest"."""
    run = drawn_run(2, 3, classes=CLASSES)
    rows = [(entity, k * step_s, one) for entity, calls in right.items() for k, one in enumerate(calls)]
    table = pd.DataFrame(rows, columns=["entity", "time_s", "right"])
    p_rest = np.where(table.pop("right"), 0.75, 0.25)
    table = table.assign(
        label="rest", predicted=np.where(p_rest > 0.5, "rest", "walk"), p_rest=p_rest, p_walk=1 - p_rest
    )
    assert run.evaluation is not None
    run.evaluation = replace(run.evaluation, predictions=table, entities=tuple(sorted(right)))
    for name, value in changed.items():
        setattr(run, name, value)
    return run
