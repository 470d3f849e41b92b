"""Windows whose single step holds the past: the right steps, none from elsewhere, and no copy where a view does."""

import numpy as np
import pytest

import interplay as ip
from interplay.data import Mark, purged
from interplay.data.pasts import pasts


@pytest.fixture
def streams():
    rng = np.random.default_rng(0)
    return {
        "a": rng.normal(size=(60, 2)).astype(np.float32),
        "b": rng.normal(size=(60, 1)).astype(np.float32),
    }


def windows_of(streams, **options) -> ip.Windows:
    return ip.windows_from_arrays(streams, np.arange(60) % 2, steps=4, entity=np.arange(60) // 20, **options)


def test_a_step_holds_what_was_there_at_each_lag(streams):
    windows = windows_of(streams)
    both = pasts(windows, {"a": [("a", 3), ("a", 2), ("a", 1), ("a", 0)], "mixed": [("b", 0), ("a", 2)]})
    t = windows.last
    expected = np.concatenate([streams["a"][t - lag] for lag in (3, 2, 1, 0)], axis=1)
    assert np.array_equal(both.steps.values["a"][t, 0], expected)
    assert np.array_equal(both.steps.values["mixed"][t, 0], np.c_[streams["b"][t], streams["a"][t - 2]])
    assert both.steps.channels["mixed"] == ("b 0, 0 back", "a 0, 2 back", "a 1, 2 back")
    assert both.modalities == ("a", "mixed")
    assert np.array_equal(both.y, windows.y)
    assert both.entities == windows.entities


def test_steps_before_an_entitys_first_are_not_observed(streams):
    past = pasts(windows_of(streams), {"a": [("a", 2), ("a", 0)]})
    assert np.flatnonzero(~past.steps.observed[:, 0]).tolist() == [0, 1, 20, 21, 40, 41]


def test_the_past_of_one_sample_a_step_is_a_view(streams):
    windows = windows_of(streams)
    values = pasts(windows, {"a": [("a", 2), ("a", 1), ("a", 0)]}).steps.values["a"]
    assert values.shape == (60, 1, 6)
    # neighbouring steps share what both saw
    assert np.shares_memory(values[10], values[11])


def test_what_is_purged_beside_held_out_windows_stays(streams):
    windows = windows_of(streams)
    past = pasts(windows, {"a": [("a", 3), ("a", 0)]})
    held_out = np.arange(len(windows)) < 10
    assert past.length == windows.length
    assert np.array_equal(purged(past, held_out), purged(windows, held_out))


def test_what_is_missing_of_a_past_is_flagged(streams):
    holes = streams["b"].copy()
    holes[::7] = np.nan
    windows = windows_of(streams | {"b": holes}, fill={"b": Mark()})
    past = pasts(windows, {"b": [("b", 1), ("b", 0)]})
    t = windows.last
    shown, seen = past.steps.values["b"][t, 0, :2], past.steps.values["b"][t, 0, 2:]
    true = np.c_[holes[t - 1], holes[t]]
    assert np.array_equal(seen, np.isfinite(true))
    assert np.array_equal(shown[np.isfinite(true)], true[np.isfinite(true)])
    # in place of the rest the median, here near the middle of 50 standard normal values
    assert (np.abs(shown[~np.isfinite(true)] - np.nanmedian(holes)) < 0.1).all()
    assert past.steps.observed[t, 0].all()


def test_members_of_different_rates_stand_side_by_side():
    rng = np.random.default_rng(1)
    recording = ip.Recording(
        entity="e",
        streams={
            "fast": ip.Stream(values=rng.normal(size=(60, 1)), rate_hz=2.0),
            "slow": ip.Stream(values=rng.normal(size=(30, 1)), rate_hz=1.0),
        },
        target=ip.label_series(np.arange(30) % 2, rate_hz=1.0),
        classes=("no", "yes"),
    )
    windows = ip.make_windows(recording, step_s=1.0, steps=3)
    past = pasts(windows, {"both": [("fast", 1), ("slow", 0)], "fast": [("fast", 1), ("fast", 0)]})
    t = windows.last
    fast, slow = (windows.steps.values[name] for name in ("fast", "slow"))
    assert np.array_equal(past.steps.values["both"][t, 0], np.c_[fast[t - 1, :, 0], slow[t, :, 0]])
    # of one rate every sample of a step stays one, and lags are channels
    assert np.array_equal(past.steps.values["fast"][t], np.concatenate([fast[t - 1], fast[t]], axis=2))
