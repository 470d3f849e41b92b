"""Confounders beside the other questions over lags: rates, and what is new at each lag."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput

QUICK = {"n_bootstrap": 20, "n_rotations": 99}


@pytest.fixture(scope="module")
def windows():
    """A slow cause drives a source at once and the target a step later; the other source tells on its own."""
    rng = np.random.default_rng(0)
    n = 3000
    noise = rng.normal(size=(4, n))
    cause = np.zeros(n)
    for t in range(1, n):
        cause[t] = 0.8 * cause[t - 1] + 0.6 * noise[0, t]
    driven, other = cause + 0.5 * noise[1], noise[2]
    y = np.roll(cause, 1) + np.roll(other, 2) + 0.5 * noise[3]
    arrays = {"cause": cause[:, None], "driven": driven[:, None], "other": other[:, None]}
    return ip.windows_from_arrays(arrays, y, steps=4, classes=())


def test_a_rate_given_the_cause_is_that_of_the_other(windows):
    free = ip.DirectedInformation(ip.GaussianPID(**QUICK)).fit(windows).profile_
    given = ip.DirectedInformation(ip.GaussianPID(given="cause", **QUICK)).fit(windows).profile_
    assert free.significant("unique").sum() > 0
    assert given.modalities == ("driven", "other")
    d = given.dataset.isel(lag=0)
    # y given the cause is other + noise of a quarter of its variance: log2(5) / 2; the error is that of 3,000 windows
    assert d["mi"].sel(source="other").item() == pytest.approx(0.5 * np.log2(5), abs=0.05)
    assert abs(d["mi"].sel(source="driven").item()) < 0.01
    assert d["mi_p_value"].sel(source="driven").item() > 0.05
    assert all(sentence.startswith("Given cause: ") for sentence in given.sentences())


def test_news_given_the_cause_are_those_of_the_other(windows):
    profile = ip.TemporalRUS(ip.GaussianPID(given="cause", **QUICK), novel=True).fit(windows).profile_
    d = profile.dataset
    np.testing.assert_allclose(d["novel"].sel(source="driven"), 0.0, atol=0.01)
    # the cause is known at lag 0 alone then, and from lag 1 on the step that moved the target is, too
    assert d["novel"].sel(source="other").argmax("lag").item() == 2
    assert (d["novel_q_value"].sel(source="other") < 0.05).values.tolist() == [False, False, True, False]


def test_a_source_at_an_event_is_not_given():
    steps = ip.windows_from_arrays(
        {"a": np.zeros((60, 1)), "b": np.zeros((60, 1))}, np.arange(60.0), steps=1, classes=()
    ).steps
    events = ip.Events.at(steps, {steps.entities[0]: [10.0, 30.0]})
    around = ip.windows_around(steps, events, bins_s=[0.0, 1.0], controls=1, away_s=2.0)
    with pytest.raises(InvalidInput, match="given must not be a source at the event; got 'a'"):
        ip.EventResolved(ip.GaussianPID(given="a")).fit(around)
