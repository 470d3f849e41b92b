"""Folds hold entities out where that leaves something to learn, and blocks of time where it does not."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import DataWarning
from interplay.readers import Folds, Mixture


def days(*busy: bool) -> ip.Windows:
    """One recording a day; somebody comes and goes on busy ones, and a stream tells it."""
    recordings = []
    for k, comes in enumerate(busy):
        y = (np.arange(300) // 12 % 2) * comes
        values = 3.0 * y + np.random.default_rng(k).normal(size=300)
        streams = {"sound": ip.Stream(values=values[:, None], rate_hz=1.0, channels=("level",))}
        recordings.append(
            ip.Recording(
                entity=f"day {k}",
                streams=streams,
                target=ip.label_series(y, rate_hz=1.0),
                classes=("none", "some"),
            )
        )
    return ip.make_windows(recordings, step_s=1.0, steps=2)


def test_entities_are_held_out_where_any_others_can_be_learned_from():
    windows = days(True, False, True, True)
    folds = Folds.at_most(windows, 4)
    for fold, rows in enumerate(folds.fitted):
        assert not set(windows.entity[folds.fold == fold]) & set(windows.entity[rows])


def test_blocks_of_time_are_where_one_entity_has_all_that_varies():
    windows = days(True, False, False, False)
    folds = Folds.at_most(windows, 4)
    assert folds is not None
    for fold, rows in enumerate(folds.fitted):
        assert len(set(windows.y[rows])) == 2
        assert not (rows & (folds.fold == fold)).any()


def test_nothing_can_be_held_out_of_what_never_varies():
    assert Folds.at_most(days(False, False), 3) is None


@pytest.mark.slow
def test_readers_learn_of_the_only_busy_day():
    few = {"readers.of_all": "extra_trees", "readers.of_each": ""}
    run = ip.fit(days(True, False, False, False), recipe="readers", settings=few, progress=lambda _: None)
    assert isinstance(run.model.mixture, Mixture)
    table = run.predict(days(False, True), progress=lambda _: None)
    assert (table["predicted"] == table["label"]).mean() > 0.9


def test_who_asked_for_readers_is_told_that_there_are_none():
    few = {"optimiser.epochs": 1, "optimiser.least_steps": 0}
    arrays = {"sound": np.random.default_rng(0).normal(size=(6, 3, 1))}
    windows = ip.windows_from_arrays(arrays, np.arange(6) // 5, entity=np.zeros(6, dtype=int))
    with pytest.warns(DataWarning, match="none can be held out"):
        ip.fit(windows, recipe="readers", settings=few, progress=lambda _: None)
