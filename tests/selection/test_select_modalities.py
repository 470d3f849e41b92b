"""Sets of modalities chosen by what they tell in entities that were held out."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput
from interplay.profile import InteractionProfile
from interplay.progress import silent
from interplay.selection import search

QUICK = {"name": "extra_trees", "trees": 12}


def planted(n=270, entities=15, *, seed=0) -> ip.Windows:
    """Signs of x1 and x2 decide by exclusive or for nine windows in ten; weak tells a little of the label, and x1_copy
    is x1 again."""
    rng = np.random.default_rng(seed)
    x1, x2 = rng.choice([-1.0, 1.0], (2, n))
    y = np.where(rng.random(n) < 0.9, x1 * x2 > 0, rng.random(n) < 0.5).astype(int)
    streams = {
        "noise": rng.normal(size=n),
        "weak": 1.3 * y + rng.normal(size=n),
        "x1": x1,
        "x2": x2,
        "x1_copy": x1,
    }
    arrays = {name: values[:, None, None] for name, values in streams.items()}
    return ip.windows_from_arrays(arrays, y, entity=np.arange(n) % entities)


@pytest.fixture(scope="module")
def selection():
    return ip.select_modalities(planted(), k=3, reader=QUICK, folds=2, n_bootstrap=50, progress=silent)


def test_one_is_the_weak_one_and_two_are_the_pair(selection):
    assert selection.sets[0] == ("weak",)
    # the copy is as good as its original, and comes later
    assert selection.sets[1] == ("x1", "x2")
    assert selection.keep() == ("x1", "x2")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_adds_a_little_comes_before_a_copy_and_before_noise(seed):
    # beside the pair weak tells 0.02 to 0.06 bit more, as much as 600 windows tell apart
    windows = planted(600, 30, seed=seed)
    three = ip.select_modalities(windows, k=3, reader=QUICK, folds=3, n_bootstrap=20, progress=silent)
    assert three.sets[:2] == (("weak",), ("x1", "x2"))
    assert set(three.sets[2]) in ({"weak", "x1", "x2"}, {"weak", "x1_copy", "x2"})


def test_bits_are_those_of_the_truth(selection):
    # labels agree with the rule in 0.95 of the windows: 1 - H(0.05) = 0.714 bit, of which 135 windows to learn from and
    # temperatures cost little; the standard error of a mean over 270 windows is 0.05
    pair = selection.curve.set_index("k").loc[2]
    assert pair["bits"] == pytest.approx(0.714, abs=0.12)
    assert pair["bits_low"] < pair["bits"] < pair["bits_high"]
    assert pair["score"] == pytest.approx(0.95, abs=0.04)


def test_the_curve_ends_with_all_and_is_told_in_a_sentence(selection):
    assert selection.curve["k"].tolist() == [1, 2, 3, 5]
    assert selection.curve["share"].iloc[-1] == 1.0
    assert selection.score == "auroc"
    sentence = selection.sentence()
    assert sentence.startswith("2 of 5 modalities keep ")
    assert sentence.endswith("(x1 and x2).")
    assert repr(selection) == f"Selection: {sentence}"
    assert selection.sentence(1).startswith("1 of 5 modalities keeps ")
    with pytest.raises(InvalidInput, match=r"one of \[1, 2, 3, 5\]; got 4"):
        selection.keep(4)
    plain = selection.to_dict()
    assert plain["curve"][1]["modalities"] == plain["keep"] == ["x1", "x2"]


def test_the_curve_is_drawn_on_axes_given_or_its_own(selection):
    ax = selection.plot()
    assert ax.get_ylabel() == "held-out information (bits)"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "3", "all 5"]
    line = ax.get_lines()[0].get_ydata()
    np.testing.assert_allclose(line, selection.curve["bits"])
    assert selection.plot("score", ax) is ax
    assert ax.get_ylabel() == "AUROC"
    with pytest.raises(InvalidInput, match="'bits' or 'score'; got 'auc'"):
        selection.plot("auc")


def test_a_profile_says_which_pair_is_tried_and_progress_is_told(monkeypatch):
    # as of so many modalities that not all pairs can be measured
    monkeypatch.setattr(search, "MOST_MEASURED", 0)
    windows, shares = planted(), []
    zeros = np.zeros((5, 5, 1))
    synergy = zeros.copy()
    synergy[2, 3] = synergy[3, 2] = 0.7
    profile = InteractionProfile.from_arrays(
        windows.modalities, redundancy=zeros, unique=zeros, synergy=synergy, step_s=1.0, h_y_bits=1.0
    )
    with_profile = ip.select_modalities(
        windows, k=2, profile=profile, reader=QUICK, folds=3, n_bootstrap=20, progress=shares.append
    )
    assert with_profile.sets[1] == ("x1", "x2")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.slow
def test_the_same_seed_gives_the_same_selection():
    ridge = {"reader": "ridge", "k": 1, "folds": 2, "n_bootstrap": 20, "progress": silent}
    first, again = (ip.select_modalities(planted(100), **ridge) for _ in range(2))
    assert first.curve.equals(again.curve)


def test_noise_tells_nothing():
    rng = np.random.default_rng(1)
    arrays = {name: rng.normal(size=(120, 1, 1)) for name in "ab"}
    windows = ip.windows_from_arrays(arrays, rng.integers(0, 2, 120), entity=np.arange(120) % 6)
    noise = ip.select_modalities(windows, reader=QUICK, folds=2, n_bootstrap=20, progress=silent)
    # temperature lets a reader of noise fall back on the prior; two bits a hundred windows are left to chance
    assert noise.curve["bits"].abs().max() < 0.03


@pytest.mark.parametrize("kind", ["number", "labels"])
def test_numbers_and_labels(kind):
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 200))
    y = 2 * a + rng.normal(size=200) if kind == "number" else np.stack([a > 0, a > 1], 1).astype(int)
    arrays = {"noise": b[:, None, None], "a": a[:, None, None]}
    classes = {"classes": ()} if kind == "number" else {}
    windows = ip.windows_from_arrays(arrays, y, entity=np.arange(200) % 10, **classes)
    chosen = ip.select_modalities(windows, reader="ridge", folds=2, n_bootstrap=50, progress=silent)
    assert chosen.sets[0] == ("a",)
    assert chosen.score == ("r2" if kind == "number" else "auroc")
    if kind == "number":
        # half the logarithm of 1 + signal over noise, 4 to 1; the estimate of a variance ratio of 200 errs by 0.1 bit
        assert chosen.curve["bits"].iloc[0] == pytest.approx(0.5 * np.log2(5), abs=0.2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"k": 0}, "from 1 to 5; got 0"),
        ({"k": 6}, "from 1 to 5; got 6"),
        ({"folds": 1}, "at least 2 folds; got 1"),
        ({"reader": "extra_tree"}, "reader must be one of"),
    ],
)
def test_what_cannot_be_asked_is_told(wrong, message):
    with pytest.raises(InvalidInput, match=message):
        ip.select_modalities(planted(60), progress=silent, **wrong)


def test_a_profile_must_know_the_modalities():
    zeros = np.zeros((2, 2, 1))
    other = InteractionProfile.from_arrays(
        ("x1", "x2"), redundancy=zeros, unique=zeros, synergy=zeros, step_s=1.0, h_y_bits=1.0
    )
    with pytest.raises(InvalidInput, match="'noise'"):
        ip.select_modalities(planted(60), profile=other, progress=silent)
