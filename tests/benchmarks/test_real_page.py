"""The page of real sets compares what was measured on the same splits, and says when ranks are apart."""

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from benchmarks.early import early
from benchmarks.few_labels import FEWEST, few
from benchmarks.real import Trial, misguiding
from benchmarks.real_ranks import alike, critical_difference
from benchmarks.real_table import complete_scores, page
from benchmarks.worth import gain


def row(name, split, model, score):
    sizes = {"windows": 350, "classes": 3, "train windows": 10, "train entities": 5, "test windows": 4}
    took = {"train (s)": 1.0, "predict (s)": 0.01}
    return {"set": name, "split": split, "model": model, "score": score, **sizes, **took}


def test_critical_differences_are_those_of_demsar():
    """JMLR 7 (2006), section 3.2.2: four classifiers on fourteen data sets, q = 2.569, 1.25."""
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=5e-3)


def test_models_are_alike_that_lie_within_the_difference():
    ranks = pd.Series({"a": 1.0, "b": 2.0, "c": 3.5, "d": 6.0})
    assert alike(ranks, 1.5) == [(1.0, 2.0), (2.0, 3.5)]
    assert alike(ranks, 0.5) == []


def test_only_splits_that_all_models_have_count():
    rows = [row("s", 0, "default", 0.5), row("s", 0, "extra_trees", 0.6), row("s", 1, "default", 0.9)]
    scores = complete_scores(pd.DataFrame(rows))
    assert scores.loc["s"].to_dict() == {"default": 0.5, "extra_trees": 0.6}


def test_networks_with_fewer_splits_do_not_shorten_the_table_of_rivals():
    rows = [row("s", k, model, 0.5 + 0.1 * k) for k in (0, 1) for model in ("default", "extra_trees")]
    said = page([*rows, row("s", 0, "dense", 0.4)])
    rivals, networks = said.split("## Networks")
    assert "| s | 3 | 10 (5) | **0.550** | **0.550** |" in rivals
    assert "| predicting a window (ms), median | | | 2.5 | 2.5 |" in rivals
    assert "| s | 3 | 10 (5) | **0.500** | 0.400 |" in networks


def test_networks_are_paired_split_by_split():
    scores = {("dense", 0): 0.5, ("dense", 1): 0.6, ("vanilla_moe", 0): 0.7, ("vanilla_moe", 2): 0.1}
    said = page([row("s", k, model, score) for (model, k), score in scores.items()])
    assert "| vanilla_moe | dense | +0.200 | +0.200 to +0.200 | 1 of 1 | +0.200 |" in said


def made(entities=40):
    """Two windows of three steps of each entity, split."""
    n, rng = 2 * entities, np.random.default_rng(0)
    whole = ip.windows_from_arrays(
        {"a": rng.normal(size=(n, 3, 1)), "b": rng.normal(size=(n, 3, 1))},
        np.arange(n) % 2,
        entity=np.arange(n) // 2,
    )
    train, test = ip.data.split_by_entity(whole, test=0.3, seed=0)
    return Trial(name="made", split=0, train=train, test=test)


def test_few_labels_are_of_training_entities_alone():
    trial = made()
    for share, expected in ((0.05, FEWEST), (0.25, 7)):
        some = few(trial, share).train
        assert len(some.entities) == expected
        assert set(some.entities) <= set(trial.train.entities)


def test_early_windows_have_the_first_steps_and_the_label_of_the_end():
    trial = made()
    for whole, seen in ((trial.train, early(trial, 0.67).train), (trial.test, early(trial, 0.67).test)):
        everything = whole.batch(np.arange(len(whole)))
        some = seen.batch(np.arange(len(seen)))
        assert seen.length == 2
        np.testing.assert_array_equal(some.x["a"], everything.x["a"][:, :2])
        np.testing.assert_array_equal(some.y, everything.y)
        np.testing.assert_array_equal(seen.entity, whole.entity)


def test_a_misguiding_profile_claims_as_much_of_others():
    profile = ip.TemporalRUS(lags_s=[0.0, 1.0]).fit(made().train).profile_
    other = misguiding(profile)
    for ours, theirs in ((profile, other), (other, profile)):
        np.testing.assert_array_equal(
            ours.dataset["mi"].sel(source="a", lag=0), theirs.dataset["mi"].sel(source="b", lag=1)
        )
        np.testing.assert_array_equal(
            ours.dataset["unique"].sel(source_i="a", source_j="b", lag=1),
            theirs.dataset["unique"].sel(source_i="b", source_j="a", lag=0),
        )
    assert other.modalities == profile.modalities


def test_what_a_profile_is_worth_is_an_interval_over_sets():
    """Means of sets 0.1 and 0.3: t of one degree of freedom is 12.706, their standard error 0.1."""
    index = pd.MultiIndex.from_tuples([("s", 0), ("s", 1), ("t", 0)], names=["set", "split"])
    assert gain(pd.Series([0.0, 0.2, 0.3], index=index)) == "+0.200 (-1.071 to +1.471), up in 2"
