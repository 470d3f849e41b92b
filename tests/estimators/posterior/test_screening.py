"""The short training that picks what a long one is for, however few the windows."""

import pytest

import interplay as ip
from interplay.estimators.posterior.screening import LEAST_STEPS, SCREENING_EPOCHS, SLOW, pace
from interplay.synthetic import planted_truth, planted_windows
from interplay.synthetic.planted import PAIR, PAIR_LAG


@pytest.mark.parametrize("n_windows", [1280, 2500, 10_000, 100_000])
def test_much_data_has_four_epochs_of_slow_steps(n_windows):
    assert pace(n_windows, 512) == (SCREENING_EPOCHS, SLOW)


def test_few_windows_have_steps_enough_that_go_as_far():
    # 250 windows are 4 batches of 64, almost
    epochs, rate = pace(250, 512)
    assert epochs * 4 == LEAST_STEPS
    assert rate == pytest.approx(5 * SLOW)
    assert pace(640, 512) == (SCREENING_EPOCHS, 2 * SLOW)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_product_of_two_modalities_is_not_lost_in_five_hundred_windows(seed):
    drawn = planted_windows(500, random_state=100 * seed)
    profile = ip.TemporalRUS().fit(ip.windows_from_arrays(drawn.arrays, drawn.y, classes="0123")).profile_
    at = profile.dataset.isel(source_i=PAIR[0], source_j=PAIR[1]).sel(lag=PAIR_LAG)
    synergy, error = at["synergy"], at["synergy_stderr"]
    # what is screened away has 0 bit with an error of 0.02
    assert abs(float(synergy) - planted_truth()[1]) < 2 * float(error)
    assert float(synergy) > 0.5
    # errors of up to 0.28 bit are mostly doubt, which has bounds
    assert float(at["synergy_q_value"]) < 0.05
    assert profile.significant("synergy").sum() == 2


@pytest.mark.slow
def test_a_modality_that_is_learned_by_heart_before_others_are_learned_is_not_lost():
    # 176 windows of 17 people: the last of sixteen quick epochs would say that turning and shaking tell nothing
    windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=0.5, steps=8, stride=48)
    train, _ = ip.split_by_entity(windows, test=0.3, seed=0)
    tells = ip.TemporalRUS(ip.PosteriorPID(), lags_s=[0]).fit(train).profile_.dataset["mi"]
    # 1.0 to 1.6 bit where none is screened away
    assert tells.min() > 0.7
