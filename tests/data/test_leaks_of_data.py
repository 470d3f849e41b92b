"""Channels that are the target under another name, and channels that only look like it."""

import numpy as np
import pytest

from interplay.data import label_at, label_intervals
from interplay.data.leaks import giveaways
from interplay.types import Recording, Stream


def recording(columns, target, entity="a", classes=("no", "yes"), times_s=None):
    values = np.stack(columns, axis=1).astype(np.float32)
    times_s = np.arange(len(values), dtype=float) if times_s is None else times_s
    return Recording(
        entity=entity, streams={"s": Stream(values=values, times_s=times_s)}, target=target, classes=classes
    )


def test_a_class_beside_its_sample_or_after_it():
    y = np.random.default_rng(0).integers(0, 2, size=200)
    t = np.arange(200.0)
    noise = np.random.default_rng(1).integers(0, 2, size=200)
    # a label holds from its own row to the next: beside the sample of that row, or of the next
    target = label_intervals(y, t, t + 1)
    assert giveaways([recording([noise, 1 - y], target)], "s") == [1]
    assert giveaways([recording([noise, 5 + np.r_[0, y[:-1]]], target)], "s") == [1]
    assert giveaways([recording([noise, np.r_[0, 0, y[:-2]]], target)], "s") == []


def test_a_number_on_another_scale():
    rng = np.random.default_rng(0)
    y, t = rng.normal(size=300), np.arange(300.0)
    # r = 1 / sqrt(1 + 0.1^2) = 0.995, close and yet another number
    columns = [y + 0.1 * rng.normal(size=300), 32 + 1.8 * y]
    assert giveaways([recording(columns, label_intervals(y, t, t + 1), classes=())], "s") == [1]


@pytest.mark.parametrize("n", [10, 60])
def test_one_label_of_each_entity(n):
    rng = np.random.default_rng(0)
    recordings = []
    for k in range(n):
        walk = rng.integers(0, 2, size=30)
        walk[-1] = k % 2
        recordings.append(recording([rng.normal(size=30), walk], label_at(k % 2, 29.5), entity=str(k)))
    # the last sample tells; of ten entities that may be chance, thirty of each class are none
    assert giveaways(recordings, "s") == ([1] if n == 60 else [])


def test_what_was_never_labelled_gives_nothing_away():
    t = np.arange(100.0)
    unknown = label_intervals(np.full(100, -1), t, t + 1)
    assert giveaways([recording([np.ones(100)], unknown)], "s") == []
