"""What a lag adds to all more recent ones, against enumeration and covariances: when the information arrives."""

import numpy as np
import pytest

import interplay as ip
from benchmarks.directed_systems import (
    Bits,
    Linear,
    false_sentences,
    held,
    news_of_held,
    novel_of_bits,
    novel_of_linear,
    sticky_nothing,
)
from interplay.errors import InvalidInput
from interplay.estimators.novel import split_past
from interplay.profile.novelty import joint_news, news, significant_novel

QUICK = {"epochs": 8, "n_bootstrap": 50, "n_rotations": 99}


def profile_of(windows, estimator, **options) -> ip.InteractionProfile:
    return (
        ip.TemporalRUS(estimator, novel="pairs", progress=lambda done: None, **options).fit(windows).profile_
    )


# ---- truth -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slow() -> ip.InteractionProfile:
    """A slow source whose only relevant moment is lag 3."""
    return profile_of(held(300, 0), ip.PosteriorPID(**QUICK))


@pytest.mark.slow
def test_a_slow_source_tells_at_many_lags_and_is_new_at_one(slow):
    d = slow.dataset
    assert (d["mi"].sel(source="held").values[3:] > 0.4).all()
    assert significant_novel(d).nonzero()[1].tolist() == [3]
    # 300 values: the share of wrong answers is known to 0.013, its entropy to 0.05 bit
    assert d["novel"].sel(source="held", lag=3).item() == pytest.approx(news_of_held(), abs=0.15)
    rest = d["novel"].where(d["lag"] != 3, drop=True)
    assert np.abs(rest.values).max() < 0.05
    both = d["novel_joint"].sel(source_i="held", source_j="other")
    assert significant_novel(d, "novel_joint")[0, 1].nonzero()[0].tolist() == [3]
    assert both.sel(lag=3).item() == pytest.approx(news_of_held(), abs=0.15)


@pytest.mark.parametrize("history", [0, 1])
def test_news_of_linear_streams_are_those_of_the_covariances(history):
    truth = novel_of_linear(Linear(), 5, history)
    estimator = ip.GaussianPID(target_history=history, n_rotations=99)
    d = profile_of(Linear().windows(4000, 5, 0), estimator).dataset
    for name in "xz":
        at = d.sel(source=name)
        # of 15 values 4 standard errors are not exceeded
        assert (np.abs(at["novel"].values - truth[name]) <= 4 * at["novel_stderr"].values + 0.003).all()
    at = d.sel(source_i="x", source_j="z")
    assert (
        np.abs(at["novel_joint"].values - truth["both"]) <= 4 * at["novel_joint_stderr"].values + 0.003
    ).all()
    assert not significant_novel(d)[2].any()


def test_counted_news_of_bits_are_those_of_all_paths():
    truth = novel_of_bits(Bits(), 3)
    estimator = ip.DiscretePID(n_cells=16, n_rotations=49, n_bootstrap=50)
    d = profile_of(Bits().windows(8000, 3, 0, "ab"), estimator).dataset
    for name in "ab":
        at = d.sel(source=name)
        assert (np.abs(at["novel"].values - truth[name]) <= 4 * at["novel_stderr"].values + 0.003).all()
    at = d.sel(source_i="a", source_j="b")
    assert (
        np.abs(at["novel_joint"].values - truth["both"]) <= 4 * at["novel_joint_stderr"].values + 0.006
    ).all()


@pytest.mark.slow
def test_learned_news_of_bits_are_those_of_all_paths():
    truth = novel_of_bits(Bits(), 4)
    d = profile_of(Bits().windows(3000, 4, 0, "ab"), ip.PosteriorPID()).dataset
    for name in "ab":
        at = d.sel(source=name)
        # some thousandths are not learned
        assert (np.abs(at["novel"].values - truth[name]) <= 4 * at["novel_stderr"].values + 0.01).all()


@pytest.mark.slow
def test_what_only_two_moments_of_a_source_tell_is_new_at_the_later_lag():
    rng = np.random.default_rng(0)
    bit = rng.integers(0, 2, 2000)
    y = np.roll(bit, 0) ^ np.roll(bit, 2) ^ (rng.random(2000) < 0.05)
    y[:3] = -1
    shown = bit[:, None] + 0.05 * rng.normal(size=(2000, 1))
    profile = profile_of(ip.windows_from_arrays({"a": shown}, y, steps=3), ip.PosteriorPID(**QUICK))
    assert not profile.dataset["mi"].values.max() > 0.01
    assert profile.dataset["novel"].values[0] == pytest.approx([0, 0, 0.714], abs=0.05)


def moments_of_xor(seed: int, steps: int = 4000) -> ip.Windows:
    """The target is whether a now and b two steps ago differ, wrong in one of twenty; c is a coin."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.integers(0, 2, (3, steps))
    y = a ^ np.roll(b, 2) ^ (rng.random(steps) < 0.05)
    y[:2] = -1
    shown = {
        name: x[:, None] + 0.05 * rng.normal(size=(steps, 1)) for name, x in (("a", a), ("b", b), ("c", c))
    }
    return ip.windows_from_arrays(shown, y, steps=4)


COUNTED = {"n_cells": 16, "n_rotations": 49, "n_bootstrap": 50}


@pytest.fixture(scope="module")
def xor() -> ip.InteractionProfile:
    return profile_of(moments_of_xor(0), ip.DiscretePID(**COUNTED))


def test_what_only_two_modalities_tell_arrives_with_the_later_of_them(xor):
    table = joint_news(xor)
    assert table[["source_i", "source_j", "lag_s"]].values.tolist() == [["a", "b", 2.0]]
    # 1 bit without the entropy of one wrong answer in twenty
    truth = 1 - 0.286397
    assert abs(table["bits"][0] - truth) <= 4 * table["stderr"][0] + 0.006
    assert news(xor).empty
    (sentence,) = xor.novel_sentences()
    assert sentence.startswith("a and b together tell 0.7")
    assert (
        "bits at a lag of 2 s that they do not tell more recently, beyond what each brings there alone (q = "
        in sentence
    )


@pytest.mark.slow
def test_pairs_that_add_no_more_than_their_modalities_are_not_said(slow):
    """Of x and z each tells something of its own, and the pair at one lag what both do: nothing to be said of it."""
    assert joint_news(slow).empty
    assert len(slow.novel_sentences()) == 1
    linear = profile_of(Linear().windows(4000, 5, 0), ip.GaussianPID(n_rotations=99))
    assert significant_novel(linear.dataset, "novel_joint").any()
    truth = novel_of_linear(Linear(), 5, 0)
    more = truth["both"] - truth["x"] - truth["z"]
    lags = joint_news(linear)["lag_s"].astype(int).to_numpy()
    # what is said is there
    assert (more[lags] > 0.003).all()
    assert len([s for s in linear.novel_sentences(9) if "together" in s]) <= 3


@pytest.mark.slow
def test_slow_streams_that_tell_nothing_together_are_rarely_said_to():
    quick = ip.GaussianPID(n_bootstrap=20, n_rotations=99)
    false = sum(
        not joint_news(profile_of(sticky_nothing(400, seed, numbers=True, length=3), quick)).empty
        for seed in range(20)
    )
    # of 20 profiles with a chance of 5 % each more than 4 have one with probability 0.003
    assert false <= 4


@pytest.mark.slow
def test_unrelated_slow_streams_have_no_news():
    false = 0
    for seed in range(20):
        windows = sticky_nothing(400, seed, numbers=True, length=3)
        temporal = ip.TemporalRUS(
            ip.GaussianPID(n_bootstrap=20, n_rotations=99), novel=True, progress=lambda done: None
        )
        false += false_sentences(temporal.fit(windows).profile_) > 0
    # of 20 profiles with a chance of 5 % each more than 4 have one with probability 0.003
    assert false <= 4


# ---- how -----------------------------------------------------------------------------------------------------


def test_the_step_at_the_lag_is_given_as_what_the_steps_since_do_not_foretell():
    windows = sticky_nothing(1000, 0, numbers=True)
    split = split_past(windows, {"a": ("a",), "a and b": ("a", "b")}, np.array([0, 1, 2]), as_news=True)
    at, since = (split.steps.values[f"{part}: a and b"][split.last, 0] for part in ("at the lag", "since"))
    assert at.shape[1] == 4
    assert since.shape[1] == 8
    cross = np.corrcoef(at.T, since.T)[:4, 4:]
    # uncorrelated by least squares, but for what scaling does to tails
    assert np.abs(cross).max() < 0.02
    plain = split_past(windows, {"a": ("a",)}, np.array([0, 2]), as_news=False)
    expected = windows.steps.values["a"][windows.last - 2, 0]
    assert np.array_equal(plain.steps.values["at the lag: a"][plain.last, 0], expected)


def test_news_are_of_the_lags_that_were_measured():
    windows = Linear().windows(1500, 5, 0)
    d = profile_of(windows, ip.GaussianPID(n_rotations=49), lags_s=[1, 3]).dataset
    assert d["novel"].dims == ("source", "lag")
    assert d["novel"].values[:, 0] == pytest.approx(d["mi"].values[:, 0])
    system = Linear()
    truth = system.information([("z", 3)], [("z", 1)])
    at = d.sel(source="z", lag=3)
    assert abs(at["novel"].item() - truth) <= 4 * at["novel_stderr"].item()


def test_pairs_are_looked_at_where_they_are_asked_for():
    windows = sticky_nothing(300, 0, numbers=True, length=2)
    d = (
        ip.TemporalRUS(ip.GaussianPID(n_rotations=9), novel=True, progress=lambda done: None)
        .fit(windows)
        .profile_
    )
    assert "novel" in d.dataset
    assert "novel_joint" not in d.dataset
    with pytest.raises(InvalidInput, match="novel must be False, True or 'pairs'; got 'all'"):
        ip.TemporalRUS(ip.GaussianPID(), novel="all").fit(windows)


def test_only_the_pairs_that_are_asked_for_are_estimated():
    windows = sticky_nothing(400, 0, numbers=True)
    estimator = ip.GaussianPID(n_rotations=19)
    estimator.pairs = [("a", "c")]
    d = estimator.estimate(windows, np.array([0]))
    known = np.isfinite(d["synergy"].values[..., 0])
    assert np.argwhere(known).tolist() == [[0, 2], [2, 0]]
    assert np.isfinite(d["mi"].values).all()
    # what one adds to the other is what is unique to it, and what only both tell
    assert d["adds"].values[0, 2] == pytest.approx((d["unique"] + d["synergy"]).values[0, 2])
    assert d["adds"].values[2, 0] == pytest.approx((d["unique"] + d["synergy"]).values[2, 0])


# ---- the profile -------------------------------------------------------------------------------------------


def test_news_are_said_drawn_and_saved(slow, tmp_path):
    assert news(slow)[["source", "lag_s"]].values.tolist() == [["held", 3.0]]
    (sentence,) = slow.novel_sentences()
    assert sentence.startswith("held tells 0.")
    assert "bits at a lag of 3 s that it does not tell more recently (q = " in sentence
    again = ip.InteractionProfile.load(slow.save(tmp_path / "slow.nc"))
    assert again.novel_sentences() == [sentence]
    ax = slow.plot_novel("held")
    heights = [bar.get_height() for bar in ax.patches[:7]]
    assert np.argmax(heights) == 3
    assert ax.get_title() == "held"


def test_news_that_were_not_measured_are_not_said():
    profile = ip.TemporalRUS(ip.GaussianPID(n_rotations=9), progress=lambda done: None).fit(
        sticky_nothing(300, 0, numbers=True)
    ).profile_  # fmt: skip
    assert profile.novel_sentences() == []
    with pytest.raises(InvalidInput, match=r"TemporalRUS\(novel=True\)"):
        profile.plot_novel("a")
