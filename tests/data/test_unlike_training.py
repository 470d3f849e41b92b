"""Values of new entities beside those of training: another unit is told, other people are not."""

import numpy as np
import pytest

import interplay as ip
from interplay.data import Scaler
from interplay.data.unlike_training import unlike_training
from interplay.datasets import find_dataset
from shared_data import shared


def windows(scale=1.0, shift=0.0, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    acc = scale * (shift + np.array([0.0, 0.1, 1.0]) + spread * rng.normal(size=(60, 5, 3)))
    arrays = {"acc": acc, "hr": 70 + 10 * rng.normal(size=(60, 5, 1))}
    return ip.windows_from_arrays(arrays, None, entity=np.repeat(["n1", "n2", "n3"], 20))


def said(new):
    return unlike_training(new, Scaler.fit(windows()).channels)


def test_mg_for_g_is_told_in_both_directions():
    (sentence,) = said(windows(scale=1000.0, seed=1))
    # normal values of 1 g and 1000 mg: 5 and 95 % are at 1.645 deviations
    assert sentence.startswith("'0' (and 2 more channels) of 'acc' goes from -1")
    assert "in 'n1', 'n2', 'n3', and went from -" in sentence
    assert sentence.endswith("in training. Is it in another unit?")
    (sentence,) = said(windows(scale=0.001, seed=1))
    times = float(sentence.removeprefix("'acc' is typically ").split(" times smaller")[0].replace(",", ""))
    # medians of 60 windows of 5 steps
    assert times == pytest.approx(1000, rel=0.1)


def test_degrees_fahrenheit_for_celsius():
    rng = np.random.default_rng(0)
    celsius, fahrenheit = (
        ip.windows_from_arrays({"temp": f(36.8 + 0.6 * rng.normal(size=(200, 4, 1)))}, None)
        for f in (lambda t: t, lambda t: 32 + 1.8 * t)
    )
    (sentence,) = unlike_training(fahrenheit, Scaler.fit(celsius).channels)
    assert sentence.startswith("'0' of 'temp' goes from 9")


@pytest.mark.parametrize("changes", [{"seed": 2}, {"spread": 0.05}, {"shift": 1.5}, {"spread": 3.0}])
def test_people_who_move_less_or_more_are_not_accused(changes):
    assert said(windows(**changes)) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::interplay.errors.DataWarning")
@pytest.mark.parametrize("name", ["hapt_sample", "pt_exercises", "skab", "stress_predict", "mmash"])
def test_real_people_are_not_accused(name):
    dataset = find_dataset(name)
    recordings = ip.load_dataset(name, None if dataset.card.bundled else shared(name))
    cut = ip.make_windows(recordings, **dataset.card.window_options)
    for seed in range(3):
        train, test = ip.split_by_entity(cut, seed=seed)
        assert unlike_training(test, Scaler.fit(train).channels) == []
