"""Panels of intensive care: by hand, beside the same quantities as single modalities, and nothing from the future."""

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.data.targets import label_at
from interplay.datasets.icu.concepts import CONCEPTS, DRUGS, USUAL
from interplay.datasets.icu.mimic3_tables import read_mimic3
from interplay.datasets.icu.panels import NEVER_S, PANELS, given_panel, measured_panel
from interplay.datasets.icu.recording import stay_recording
from shared_data import shared

HOUR = 3600.0
pytestmark = pytest.mark.filterwarnings("ignore::interplay.errors.DataWarning")


def rows(*events):
    return pd.DataFrame([(HOUR * taken, HOUR * known, value) for taken, known, value in events],
                        columns=["taken_s", "known_s", "value"])  # fmt: skip


def test_a_panel_by_hand():
    measured = {
        # the second is stored after the third was, and is outdated by then
        "lactate": rows((0.5, 1, 2.0), (2, 3.5, 9.0), (2.5, 3, 4.0)),
        # from before admission, and known at the very end of an hour
        "sodium": rows((-1, 0, 150.0), (1.9, 2, 130.0)),
    }
    panel = measured_panel(measured, ("lactate", "sodium", "ph"), 4)
    assert panel.channels == ("lactate", "sodium", "ph", "lactate_age", "sodium_age", "ph_age")
    assert panel.units == ("mmol/L", "mmol/L", "", "", "", "")
    assert (panel.times_s / HOUR).tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(panel.values[:, 0], [2, 2, 4, 4])
    np.testing.assert_allclose(panel.values[:, 1], [150, 130, 130, 130])
    np.testing.assert_allclose(panel.values[:, 2], USUAL["ph"])
    age_h = np.expm1(panel.values[:, 3:].astype(float)) / HOUR
    np.testing.assert_allclose(age_h[:, 0], [0.5, 1.5, 0.5, 1.5], rtol=1e-5)
    np.testing.assert_allclose(age_h[:, 1], [2, 0.1, 1.1, 2.1], rtol=1e-5)
    np.testing.assert_allclose(age_h[:, 2], NEVER_S / HOUR, rtol=1e-5)


def test_usual_values_are_possible_and_complete():
    assert set(USUAL) == set(CONCEPTS)
    assert all(CONCEPTS[name].low <= value <= CONCEPTS[name].high for name, value in USUAL.items())
    assert [name for names in PANELS.values() for name in names] == [*CONCEPTS, *DRUGS]


@pytest.fixture(scope="module")
def stays():
    return list(read_mimic3(shared("mimic3_demo")).by_stay())[::9]


def recording(stay, modalities, measured=None, given=None, n_hours=24):
    number, facts, events, doses = stay
    return stay_recording(
        number, facts, events if measured is None else measured, doses if given is None else given,
        modalities=modalities, n_hours=n_hours, target=label_at(0, n_hours * HOUR), classes=("survived", "died"),
    )  # fmt: skip


def test_a_panel_holds_what_single_modalities_hold(stays):
    """On real stays, against events laid on the grid and held by `make_windows`."""
    n = 0
    for stay in stays:
        apart = ip.make_windows(
            [recording(stay, [*CONCEPTS, *DRUGS])], step_s=HOUR, steps=24, fill="hold"
        ).steps
        panels = recording(stay, PANELS).streams
        for panel, names in PANELS.items():
            for c, name in enumerate(names):
                held = apart.values[name][:, 0, 0]
                known = ~np.isnan(held)
                ours = panels[panel].values[:, c]
                if panel == "drugs":
                    given = ~np.isnan(ours)
                    # single precision
                    np.testing.assert_allclose(np.expm1(ours[given]), held[given], rtol=1e-5, atol=1e-6)
                else:
                    np.testing.assert_array_equal(ours[known], held[known])
                    assert (ours[~known] == np.float32(USUAL[name])).all()
                n += known.sum()
    assert n > 5000


def test_what_becomes_known_later_changes_nothing_before(stays):
    at = 12
    for stay in stays[:5]:
        _, _, events, given = stay
        later = events.assign(
            value=np.where(events["known_s"] > at * HOUR, events["value"] + 1000, events["value"])
        )
        more = given.assign(
            amount=np.where(given["start_s"] > at * HOUR, given["amount"] + 1000, given["amount"])
        )
        one, other = (recording(stay, PANELS, *parts).streams for parts in ((events, given), (later, more)))
        for name in PANELS:
            np.testing.assert_array_equal(one[name].values[:at], other[name].values[:at])
        assert not np.array_equal(one["vitals"].values[at:], other["vitals"].values[at:])


def test_no_drug_is_zero_and_an_unknown_amount_is_unknown():
    doses = pd.DataFrame({"start_s": [0.0, 2 * HOUR], "stop_s": [HOUR, 3 * HOUR], "known_s": [0.0, 2 * HOUR],
                          "amount": [5.0, np.nan]})  # fmt: skip
    panel = given_panel({"insulin": doses}, ("insulin", "fentanyl"), 4)
    np.testing.assert_allclose(np.expm1(panel.values), [[5, 0], [0, 0], [np.nan, 0], [0, 0]], rtol=1e-6)
    assert panel.units == ("log(1 + units)", "log(1 + mcg)")
