"""Differences of profiles: an atom that one side lacks is found, equal ones do not differ, what is lacking is told."""

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.errors import InvalidInput
from small_runs import NAMES, xor_windows


def profile(
    synergy: float = 0.0,
    stderr: float | None = 0.02,
    names=NAMES,
    lags=(0, 1),
    noise: int | None = None,
    **attrs,
):
    """Synergy of the first pair at lag 1; of a seed a bit more of every atom, with noise as large as the error."""
    zeros = np.zeros((len(names), len(names), len(lags)))
    atoms = {name: zeros.copy() for name in ("redundancy", "unique", "synergy")}
    atoms["synergy"][0, 1, 1] = atoms["synergy"][1, 0, 1] = synergy
    if noise is not None:
        rng = np.random.default_rng(noise)
        atoms = {
            name: 1.0 + values + stderr * rng.normal(size=values.shape) for name, values in atoms.items()
        }
    made = ip.InteractionProfile.from_arrays(names, **atoms, step_s=0.5, h_y_bits=1.0, lags=lags)
    for name in (*atoms, "joint_mi"):
        if stderr is not None:
            made.dataset[f"{name}_stderr"] = made.dataset[name] * 0 + stderr
    made.dataset.attrs.update(attrs)
    return made


def test_the_difference_its_error_and_its_interval_by_hand():
    comparison = ip.compare(profile(0.1, 0.03), profile(1.0, 0.04), names=["before", "after"])
    (row,) = comparison.differences.query("clear").to_dict("records")
    assert (row["profile"], row["atom"], row["source_i"], row["source_j"]) == (
        "after",
        "synergy",
        "left",
        "right",
    )
    assert row["lag_s"] == 0.5
    assert row["difference"] == pytest.approx(0.9)
    assert row["stderr"] == pytest.approx(0.05)  # of 0.03 and 0.04
    assert (row["low"], row["high"]) == pytest.approx((0.9 - 1.96 * 0.05, 0.9 + 1.96 * 0.05))
    # 3 pairs, of which unique has both orders, at 2 lags
    assert len(comparison.differences) == (3 + 6 + 3) * 2
    assert "0.90 bits more in after (1.00) than in before (0.10) at a lag of 0.5 s" in comparison.in_words()
    assert comparison.top(1)["difference"].iloc[0] == pytest.approx(0.9)


def test_the_other_way_round_the_sign_turns_and_nothing_else():
    a, b = profile(1.0, noise=0), profile(0.2, noise=1)
    there, back = (ip.compare(*both, names=["x", "y"]).differences for both in ((a, b), (b, a)))
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there["q_value"], back["q_value"])
    assert there["clear"].tolist() == back["clear"].tolist()


def test_a_profile_does_not_differ_from_itself():
    comparison = ip.compare(profile(1.0), profile(1.0))
    assert not comparison.differences["clear"].any()
    assert (comparison.differences["difference"] == 0).all()
    assert "none is clear" in repr(comparison)
    assert comparison.settings.empty


def test_noise_is_rarely_called_clear():
    """At 5 % false discoveries, at most 1 in 20 comparisons of nothing has any: of 30, 1.5, and 4 deviations more."""
    some = sum(
        ip.compare(profile(noise=2 * k), profile(noise=2 * k + 1)).differences["clear"].any()
        for k in range(30)
    )
    assert some <= 6


def test_an_atom_of_a_bit_in_drawn_data_is_found():
    """Labels that are the product of two signs, or drawn without regard to them."""
    entities = [f"p{k}" for k in range(12)]
    xor = xor_windows(600, seed=0, entities=entities)
    arrays = {name: array[:, :, 0] for name, array in xor.batch(np.arange(600)).x.items()}
    drawn = ip.windows_from_arrays(
        arrays, np.random.default_rng(3).permutation(xor.y), entity=np.array(xor.steps.entities)[xor.entity],
        classes=xor.classes, step_s=0.5,
    )  # fmt: skip
    estimator = ip.TemporalRUS(ip.DiscretePID(n_bootstrap=30), lags_s=[0.0, 0.5])
    found = [estimator.fit(windows).profile_ for windows in (drawn, xor)]
    comparison = ip.compare(*found, names=["without", "with"])
    (clear,) = comparison.differences.query("clear").to_dict("records")
    assert [clear[name] for name in ("atom", "source_i", "source_j", "lag_s")] == ["synergy", *NAMES[:2], 0.5]
    # the label holds a bit; bootstrap errors are about 0.02
    assert clear["difference"] == pytest.approx(1.0, abs=0.1)


def test_what_one_side_lacks_is_told_and_the_rest_compared():
    a, b = profile(1.0, names=("x", "y", "z"), lags=(0, 1)), profile(names=("y", "x", "w"), lags=(1, 2))
    comparison = ip.compare(a, b, names=["a", "b"])
    assert set(comparison.differences["lag_s"]) == {0.5}
    assert set(comparison.differences["source_i"]) == {"x", "y"}
    assert comparison.differences.query("clear")["difference"].tolist() == [-1.0]
    assert list(comparison.lacking) == [
        "Only a has z, which b lacks.",
        "Only a has lags of 0 s, which b lacks.",
        "Only b has w, which a lacks.",
        "Only b has lags of 1 s, which a lacks.",
    ]


def test_pairs_are_matched_by_name_whatever_their_order():
    a = profile(1.0, names=("x", "y", "z"))
    order = [2, 1, 0]
    b = ip.InteractionProfile(a.dataset.isel(source_i=order, source_j=order, source=order))
    assert (ip.compare(a, b).differences["difference"] == 0).all()


def test_what_was_written_by_hand_is_exact_and_an_estimate_without_errors_is_not_judged():
    exact = ip.compare(profile(0.0, None), profile(1.0, None))
    assert exact.differences["clear"].sum() == 1
    assert "its values are taken as exact" in exact.lacking[0]
    estimate = ip.compare(profile(0.0, 0.01), profile(1.0, None, estimator="GaussianPID"), names=["a", "b"])
    assert not estimate.differences["clear"].any()
    assert any("b has no errors" in sentence for sentence in estimate.lacking)


def test_settings_that_differ_and_shared_entities_are_told():
    comparison = ip.compare(
        profile(estimator="DiscretePID", entities=["p", "q"]),
        profile(estimator="GaussianPID", entities=["q"], target_history=1),
        names=["a", "b"],
    )
    assert comparison.settings.loc["estimator"].tolist() == ["DiscretePID", "GaussianPID"]
    assert comparison.settings.loc["known past of the target"].tolist() == ["0", "1"]
    assert "1 of the same entities" in comparison.lacking[0]


def test_of_three_profiles_two_are_held_against_the_first():
    comparison = ip.compare(profile(1.0), profile(0.0), profile(1.0), names=["a", "b", "c"])
    clear = comparison.differences.query("clear")
    assert list(clear["profile"]) == ["b"]
    assert "b, c against a" in repr(comparison)


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ([profile(names=("left", "other"))], "two modalities in common"),
        ([profile(lags=(3, 4))], "a lag in common"),
        ([profile(kind="rate")], "one kind of lag"),
        ([profile(event="insulin", bins_s=[0, 1, 2])], "the same event"),
        ([], "two or more"),
        ([3], "profiles, runs or their paths"),
        (["nowhere.nc"], "there is no nowhere.nc"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence(others, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ip.compare(profile(), *others)


def test_profiles_of_other_classes_are_refused():
    with pytest.raises(InvalidInput, match="the same classes"):
        ip.compare(profile(classes=["a", "b"]), profile(classes=["a", "c"]))
    assert isinstance(ip.compare(profile(classes=["a", "b"]), profile()).differences, pd.DataFrame)


def test_two_values_of_which_neither_is_really_there_do_not_differ():
    """Corrected estimates of nothing lie a little below zero, with errors that are smaller still."""
    a, b = profile(-0.05, 0.001), profile(0.0, 0.001)
    rows = ip.compare(a, b).differences.query("atom == 'synergy' and lag_s == 0.5 and source_j == 'right'")
    assert rows["q_value"].iloc[0] < 1e-6
    assert not rows["clear"].any()
    assert ip.compare(a, profile(0.05, 0.001)).differences["clear"].sum() == 1


def test_rates_are_compared_once_for_each_pair():
    lags_s = dict.fromkeys(NAMES, (0.0,))
    a, b = (profile(value, lags=(0, 1), kind="rate", lags_s=lags_s) for value in (0.0, 0.0))
    for one in (a, b):
        one.dataset = one.dataset.isel(lag=[1])
    b.dataset["redundancy"][0, 1] = b.dataset["redundancy"][1, 0] = 1.0
    comparison = ip.compare(a, b)
    assert len(comparison.differences) == 12
    assert comparison.differences["lag_s"].isna().all()
    (row,) = comparison.differences.query("clear").to_dict("records")
    assert (row["atom"], row["difference"]) == ("redundancy", 1.0)
    assert "at a lag" not in comparison.in_words()


def test_profiles_around_events_are_compared_by_bin():
    about = {"event": "insulin", "bins_s": [0.0, 3600.0, 7200.0]}
    comparison = ip.compare(profile(**about), profile(1.0, **about), names=["a", "b"])
    assert "than in a (0.00) 1 to 2 h after insulin" in comparison.in_words()
