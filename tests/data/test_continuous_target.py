"""Continuous targets: labels on the grid, windows, folds and bins."""

import numpy as np
import pytest

import interplay as ip
from interplay.data import TargetBins, cross_folds
from interplay.data.check import check_trainable
from interplay.errors import InvalidInput


def recording(target, classes=()):
    stream = ip.Stream(values=np.arange(10.0)[:, None], rate_hz=1.0)
    return ip.Recording(entity="a", streams={"x": stream}, target=target, classes=classes)


def test_a_series_of_numbers_is_the_target_of_its_steps():
    series = ip.label_series([0.5, np.nan, 2.5, 3.5, 4.5], rate_hz=0.5)
    windows = ip.make_windows(recording(series), step_s=1.0, steps=2)
    assert windows.continuous
    assert windows.classes == ()
    # each label holds for two steps; those of NaN are unlabelled
    np.testing.assert_array_equal(windows.y, [0.5, 2.5, 2.5, 3.5, 3.5, 4.5, 4.5])


def test_numbers_and_class_names_do_not_go_together():
    with pytest.raises(InvalidInput, match="classes=\\(\\)"):
        ip.make_windows(recording(ip.label_at(0.5, 3.0), classes=("a", "b")), step_s=1.0, steps=2)


def test_arrays_with_a_float_target():
    y = np.array([0.1, np.nan, 0.3, 0.4])
    windows = ip.windows_from_arrays({"x": np.zeros((4, 3, 1))}, y, classes=())
    np.testing.assert_array_equal(windows.y, [0.1, 0.3, 0.4])
    with pytest.raises(InvalidInput, match="finite"):
        ip.windows_from_arrays({"x": np.zeros((2, 1))}, [0.0, np.inf], steps=1, classes=())


def test_a_constant_target_cannot_be_learned():
    windows = ip.windows_from_arrays({"x": np.zeros((5, 1))}, np.full(5, 2.0), steps=1, classes=())
    with pytest.raises(InvalidInput, match="at least two values"):
        check_trainable(windows, what="training windows")


def test_folds_share_out_the_range_of_the_target():
    y = np.linspace(0, 1, 1000)
    windows = ip.windows_from_arrays({"x": np.zeros((1000, 1, 1))}, y, classes=())
    fold = cross_folds(windows, 5)
    means = [y[fold == k].mean() for k in range(5)]
    # strata of a fifth: means of folds differ by chance inside a stratum only, sd 0.004
    assert np.ptp(means) < 0.03


def test_bins_are_learned_from_training_windows_alone():
    train = ip.windows_from_arrays({"x": np.zeros((100, 1))}, np.arange(100.0), steps=1, classes=())
    test = ip.windows_from_arrays({"x": np.zeros((4, 1))}, [-5.0, 24.75, 80.0, np.nan], steps=1, classes=())
    bins = TargetBins.fit(train, n_bins=4)
    np.testing.assert_allclose(bins.edges, [24.75, 49.5, 74.25])
    assert bins.classes == ("below 24.75", "24.75 to 49.5", "49.5 to 74.25", "from 74.25")
    np.testing.assert_array_equal(bins.apply(test).y, [0, 1, 3])
    assert np.bincount(bins.apply(train).y).tolist() == [25, 25, 25, 25]


def test_bins_of_what_cannot_be_cut_are_refused():
    classes = ip.windows_from_arrays({"x": np.zeros((4, 1))}, [0, 1, 0, 1], steps=1)
    with pytest.raises(InvalidInput, match="continuous target"):
        TargetBins.fit(classes)
    constant = ip.windows_from_arrays({"x": np.zeros((4, 1))}, np.ones(4), steps=1, classes=())
    with pytest.raises(InvalidInput, match="almost constant"):
        TargetBins.fit(constant)
    with pytest.raises(InvalidInput, match="at least 2"):
        TargetBins.fit(constant, n_bins=1)
