"""The comparison with a forest: what is tested on what, by hand what the forest sees, and how a row is told."""

import numpy as np
import pytest

import interplay as ip
from benchmarks import datasets
from benchmarks.datasets import FOLDS, REPEATS, Trial, forest, main_score, one_row, report, splits, summaries


def test_few_windows_are_tested_in_folds_and_entities_are_apart(monkeypatch):
    (once,) = splits("hapt_sample", None)
    monkeypatch.setattr(datasets, "FEW", 10**9)
    parts = splits("hapt_sample", None)
    assert len(parts) == FOLDS * REPEATS
    for train, test in [once, *parts]:
        assert not set(train.entities) & set(test.entities)
    tested = np.sort(np.concatenate([test.last for _, test in parts]))
    every = np.sort(np.concatenate([windows.last for windows in once]))
    np.testing.assert_array_equal(tested, np.repeat(every, REPEATS))


def test_the_forest_sees_means_and_deviations_of_what_is_observed():
    arrays = {
        "a": np.array([[[1.0], [3.0]], [[2.0], [np.nan]]]),
        "b": np.array([[[0.0], [4.0]], [[5.0], [5.0]]]),
    }
    windows = ip.windows_from_arrays(
        arrays, [0, 1], classes=("no", "yes"), static={"age": [30.0, 40.0]}, fill="mark"
    )
    np.testing.assert_array_equal(summaries(windows), [[30, 2, 1, 2, 2], [40, 2, 0, 5, 0]])


def test_a_class_that_the_forest_never_saw_has_no_probability():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 60)
    windows = ip.windows_from_arrays(
        {"a": rng.normal(size=(60, 1, 2)) + 3 * y[:, None, None]}, y, classes=("a", "b", "c")
    )
    probs = forest(windows, windows)
    assert probs.shape == (60, 3)
    assert not probs[:, 2].any()
    assert (probs.argmax(1) == y).mean() > 0.95


@pytest.mark.parametrize(("classes", "score"), [(("no", "yes"), "auroc"), (("a", "b", "c"), "macro_f1")])
def test_a_row_joins_its_trials_and_tells_what_lies_below(monkeypatch, classes, score):
    rng = np.random.default_rng(0)
    y = np.arange(90) % len(classes)
    windows = ip.windows_from_arrays(
        {"a": rng.normal(size=(90, 1, 2))}, y, classes=classes, entity=np.arange(90) // 9
    )
    parts = [
        (windows.select(np.arange(90) % 5 != k), windows.select(np.arange(90) % 5 == k)) for k in range(5)
    ]

    def drawn(name, train, test):
        told = 0.9 * np.eye(len(classes))[test.y] + 0.1 / len(classes)
        return Trial(
            y=test.y, entity=test.entity.astype(str), probs=told, called=test.y, forest_probs=told[:, ::-1],
            forest_called=told[:, ::-1].argmax(1), seconds=(1.0, 2.0), megabytes=0.5, without_context=None,
        )  # fmt: skip

    monkeypatch.setattr(datasets, "splits", lambda name, root: parts)
    monkeypatch.setattr(datasets, "trial", drawn)
    row = one_row("drawn", None)
    assert (row["test windows"], row["test entities"], row["trainings"]) == (90, 10, 5)
    assert main_score(row) == score
    assert row["macro_f1"] == row["auroc"] == 1.0
    assert row[f"forest {score}"] < 0.6
    assert "score that counts: none." in report([row])
    worse = row | {score: 0.1, f"forest {score}": 0.2}
    assert "score that counts: drawn." in report([worse])
    assert "**0.100**" in report([worse])
