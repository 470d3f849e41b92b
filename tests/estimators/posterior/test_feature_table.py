"""Features in a file are those in memory, to the bit, and batches look at no more samples than they may."""

import numpy as np
import pytest
import torch
import xarray as xr

import interplay as ip
from interplay.data.pieces import pieces, rows_at_once
from interplay.estimators.posterior.batches import CHUNK, Batches
from interplay.probe import feature_table
from interplay.probe.feature_table import FeatureTable
from interplay.probe.features import StepFeatures

QUICK = {"folds": 2, "epochs": 3, "n_bootstrap": 20, "n_rotations": 19}


@pytest.fixture(scope="module")
def windows():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (2, 600))
    shown = {f"m{k}": 2.0 * bit[:, None] + 0.1 * rng.normal(size=(600, 2)) for k, bit in enumerate(bits)}
    return ip.windows_from_arrays(shown | {"noise": rng.normal(size=(600, 1))}, bits[0] ^ bits[1], steps=3)


def test_a_table_is_what_the_features_of_its_steps_are(windows, monkeypatch):
    features = StepFeatures.fit(windows)
    whole = features.apply(windows.steps.values, windows.steps.observed).transpose(0, 1)
    rows = np.arange(5, len(windows.steps), 7)
    monkeypatch.setattr("interplay.data.pieces.PIECE_BYTES", 1000)
    table = FeatureTable.of(features, windows.steps, rows)
    np.testing.assert_array_equal(table.array, whole[rows])
    np.testing.assert_array_equal(table.place(rows[[3, 1]]), [3, 1])
    some = torch.tensor([True, False, True])
    places = torch.tensor([[0, 2], [5, 1]])
    expected = whole[torch.from_numpy(rows)][places][:, :, some]
    monkeypatch.setattr(feature_table, "IN_MEMORY_BYTES", 0)
    for each in (table, FeatureTable.of(features, windows.steps, rows)):
        assert torch.equal(each.reader(some, "cpu")(places), expected)
        np.testing.assert_array_equal(
            each.at(np.array([4, 2]), np.array([2, 0])), whole[rows[[4, 2]]][:, [2, 0]]
        )


def test_estimates_from_a_file_are_those_from_memory(windows, tmp_path, monkeypatch):
    estimator = ip.PosteriorPID(resume=str(tmp_path / "one"), **QUICK)
    in_memory = ip.TemporalRUS(estimator).fit(windows).profile_
    monkeypatch.setattr(feature_table, "IN_MEMORY_BYTES", 0)
    made = []
    empty = feature_table._empty
    monkeypatch.setattr(feature_table, "_empty", lambda *args: made.append(empty(*args)) or made[-1])
    from_file = ip.TemporalRUS(ip.PosteriorPID(resume=str(tmp_path / "two"), **QUICK)).fit(windows).profile_
    assert made[0][1].path.is_relative_to(tmp_path / "two")
    xr.testing.assert_identical(from_file.dataset, in_memory.dataset)
    made.clear()
    assert not list((tmp_path / "two").glob("interplay-*")), "the file went with the estimate"


def test_batches_look_at_no_more_steps_than_they_may():
    rows = torch.arange(640)[:, None]
    fits = [np.arange(640), np.arange(320)]

    def batches(most_steps: int) -> Batches:
        return Batches(rows, fits, 512, torch.Generator().manual_seed(0), most_steps=most_steps)

    assert batches(10**9).at_once == 4  # 64 windows, the least of small data sets
    assert batches(2 * 2 * CHUNK).at_once == 2
    assert all(batch.steps.numel() <= 4 * CHUNK for batch in batches(2 * 2 * CHUNK))
    assert batches(1).at_once == 1


def test_pieces_are_all_rows_in_order(monkeypatch):
    array = np.arange(60.0).reshape(20, 3)
    monkeypatch.setattr("interplay.data.pieces.PIECE_BYTES", 4 * 24 + 5)
    rows = np.array([1, 2, 3, 5, 8, 13, 19, 4, 4])
    each = list(pieces(array, rows))
    assert rows_at_once(array) == 4
    assert [len(piece) for piece in each] == [4, 4, 1]
    np.testing.assert_array_equal(np.concatenate(each), array[rows])
