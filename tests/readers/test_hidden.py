"""What readers say of training windows of which something is hidden."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.data import Scaler
from interplay.readers import READERS, Folds, Hidden, View, cross_fit, sight, targets


def made(n=60, modalities=3):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    arrays = {f"m{k}": y[:, None, None] + rng.normal(size=(n, 4, 2)) for k in range(modalities)}
    return ip.windows_from_arrays(arrays, y, entity=np.arange(n) % 10)


def test_any_number_of_modalities_is_hidden_but_never_all():
    drawn = Hidden.modalities(made(600, 4), seed=0).left
    assert torch.equal(drawn.any(-1), drawn.all(-1))
    left = drawn.any(-1).sum(1)
    # of 200 windows a third each has 1, 2 and 3 left, with a deviation of 7
    assert set(left.tolist()) == {1, 2, 3}
    assert (left.bincount()[1:] > 40).all()
    assert Hidden.modalities(made(60, 1), seed=0) is None


def test_a_stretch_is_hidden_of_all_modalities_anywhere():
    left = Hidden.stretch(made(600, 3), seed=0).left
    assert torch.equal(left.any(1), left.all(1))
    steps = left.all(1)
    assert set(steps.sum(1).tolist()) == {1, 2, 3}
    # what is hidden is in one piece: it begins once
    begins = (~steps).int().diff(dim=1, prepend=torch.zeros(len(steps), 1, dtype=torch.int)) == 1
    assert (begins.sum(1) == 1).all()
    # of 200 stretches some 72 begin at each of the first two steps, 39 and 17 at the next
    assert begins.sum(0).min() > 5


@pytest.mark.parametrize("draw", [Hidden.modalities, Hidden.stretch])
def test_it_is_said_by_readers_of_other_folds_of_what_is_left(draw):
    """A slow twin: one window after the other, each by trees that were grown without its fold."""
    windows = made()
    scaler, folds, hidden = Scaler.fit(windows), Folds.make(windows, 3), draw(windows, seed=1)
    choice, view = READERS.choose({"name": "extra_trees", "trees": 5}), View(modalities=windows.modalities)
    (one,) = cross_fit(choice, [view], windows, scaler, folds, hidden=[hidden])
    y, fold = targets(windows, scaler), torch.from_numpy(folds.fold)
    whole = one.reader.features(sight(windows, scaler))
    for k in range(0, len(windows), 7):
        row = int(hidden.rows[k])
        others = torch.from_numpy(folds.fitted[folds.fold[row]])
        one.reader.fit(whole[others], y[others], fold[others])
        seen = sight(windows, scaler, np.array([row])).with_only(hidden.left[k : k + 1])
        torch.testing.assert_close(one.of_hidden[0][k], one.reader(seen)[0])


def test_who_looks_at_one_modality_says_the_same_where_it_is_there():
    windows = made()
    hidden = Hidden.modalities(windows, seed=0)
    choice, view = READERS.choose({"name": "ridge"}), View(modalities=("m1",))
    (one,) = cross_fit(choice, [view], windows, Scaler.fit(windows), Folds.make(windows, 3), hidden=[hidden])
    assert torch.equal(one.of_hidden[0], one.out_of_fold[hidden.rows])
