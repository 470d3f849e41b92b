"""Bedside glucose of the MIMIC-IV demo around hours in which insulin is given."""

import numpy as np
import pytest

import interplay as ip
from interplay.datasets.icu.mimic4_bedside import _next_change
from shared_data import shared

HOUR = 3600.0


@pytest.fixture(scope="module")
def steps():
    recordings = ip.load_dataset("mimic4_demo_bedside", shared("mimic4_demo_vitals"))
    return ip.make_steps(recordings, step_s=HOUR, fill="mark")


def test_changes_are_to_the_next_hour_in_which_glucose_was_measured():
    glucose = np.array([100, np.nan, 120, 90, *[np.nan] * 6, 95, 80])
    target = _next_change(glucose)
    hours = (target.stop_s / HOUR).astype(int).tolist()
    # seven hours after the fourth nobody asks any more
    assert dict(zip(hours, target.values.tolist(), strict=True)) == {1: 20.0, 3: -30.0, 11: -15.0}
    assert len(_next_change(np.array([100.0, np.nan])).values) == 0


def test_glucose_falls_after_insulin_as_the_data_set_says(steps):
    """The folder's README: -7.5, -11.0, -17.1 and -22.8 mg/dL after 1, 2, 4 and 6 hours, of 380 to 429 hours."""
    insulin = ip.Events.where(steps, "insulin", above=0, quiet_s=0)
    windows = ip.windows_around(
        steps, insulin, target="glucose", bins_s=HOUR * np.arange(7), controls=0, sources=["glucose"]
    )
    means, counts = windows.means()["event"], [len(w) for w in windows.bins]
    np.testing.assert_allclose(means[[0, 1, 3, 5]], [-7.5, -11.0, -17.1, -22.8], atol=0.05)
    assert [counts[k] for k in (0, 1, 3, 5)] == [380, 404, 385, 429]


def test_beside_matched_controls_insulin_tells_of_the_fall(steps):
    insulin = ip.Events.where(steps, "insulin", above=0)
    windows = ip.windows_around(
        steps,
        insulin,
        target="glucose",
        bins_s=HOUR * np.arange(0, 7, 2),
        sources=["glucose"],
        before_s=4 * HOUR,
    )
    means = windows.means()
    assert (means["event"] < -15).all()
    assert (means["control"] > means["event"] + 10).all()
    assert len(windows.entities) > 30
