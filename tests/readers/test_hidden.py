"""What readers say of training windows with modalities hidden."""

import numpy as np
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
    left = Hidden.draw(made(600, 4), seed=0).left.sum(1)
    # of 200 windows a third each has 1, 2 and 3 left, with a deviation of 7
    assert set(left.tolist()) == {1, 2, 3}
    assert (left.bincount()[1:] > 40).all()
    assert Hidden.draw(made(60, 1), seed=0) is None


def test_it_is_said_by_readers_of_other_folds_of_what_is_left():
    """A slow twin: one window after the other, each by trees that were grown without its fold."""
    windows = made()
    scaler, folds, hidden = Scaler.fit(windows), Folds.make(windows, 3), Hidden.draw(windows, seed=1)
    choice, view = READERS.choose({"name": "extra_trees", "trees": 5}), View(modalities=windows.modalities)
    (one,) = cross_fit(choice, [view], windows, scaler, folds, hidden=hidden)
    y, fold = targets(windows, scaler), torch.from_numpy(folds.fold)
    whole = one.reader.features(sight(windows, scaler))
    for k in range(0, len(windows), 7):
        row = int(hidden.rows[k])
        others = torch.from_numpy(folds.fitted[folds.fold[row]])
        one.reader.fit(whole[others], y[others], fold[others])
        seen = sight(windows, scaler, np.array([row])).with_only(hidden.left[k : k + 1])
        torch.testing.assert_close(one.of_hidden[k], one.reader(seen)[0])


def test_who_looks_at_one_modality_says_the_same_where_it_is_there():
    windows = made()
    hidden = Hidden.draw(windows, seed=0)
    choice, view = READERS.choose({"name": "ridge"}), View(modalities=("m1",))
    (one,) = cross_fit(choice, [view], windows, Scaler.fit(windows), Folds.make(windows, 3), hidden=hidden)
    assert torch.equal(one.of_hidden, one.out_of_fold[hidden.rows])
