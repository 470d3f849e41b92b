"""The cross-fitted probes: chunks of pairs change nothing, and no window is read out by a probe that saw it."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.data import cross_folds
from interplay.estimators.posterior.crossfit import HELD_OUT, Folds, cross_fit
from interplay.estimators.posterior.fold_probe import FoldProbes, Screened, Training
from interplay.estimators.posterior.problem import Problem
from interplay.probe import network as probes

PAIRS = np.array([(0, 1), (0, 2), (1, 2)])


@pytest.fixture(scope="module")
def windows():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    arrays = {name: 2 * (y == k)[:, None] + rng.normal(size=(600, 2)) for k, name in enumerate("abc")}
    return ip.windows_from_arrays(arrays, y, steps=3)


def gradients(windows, chunk_bytes, monkeypatch, contexts=1):
    monkeypatch.setattr(probes, "CHUNK_BYTES", chunk_bytes)
    problem = Problem.of(windows, np.arange(len(windows)) % contexts, np.arange(3))
    parts = Folds.of(windows, 2, 0).parts
    folds = FoldProbes(problem, PAIRS, Screened.all(3, 3), Training(), 1, parts)
    for weight in (folds.probe.pair2, folds.probe.own2, folds.probe.head):
        torch.nn.init.normal_(weight, generator=torch.Generator().manual_seed(2))
    folds._backward(next(iter(folds.batches)), noise=0.5)
    return {name: value.grad for name, value in folds.probe.named_parameters()}


@pytest.mark.parametrize("contexts", [1, 2])
def test_chunks_of_pairs_have_the_gradient_of_all_pairs(windows, monkeypatch, contexts):
    one = gradients(windows, 1, monkeypatch, contexts)
    whole = gradients(windows, 10**9, monkeypatch, contexts)
    for name, gradient in whole.items():
        assert gradient.abs().max() > 0, name
        torch.testing.assert_close(one[name], gradient, rtol=1e-4, atol=1e-6)


def test_labels_of_a_window_do_not_reach_its_own_logits(windows):
    """Renaming the labels of one fold among themselves may change when heads stop, not what its probe has learned."""
    training = Training(epochs=1, patience=10)

    def logits(y):
        target = windows.steps.target.copy()
        target[windows.last] = y
        changed = ip.windows_from_arrays(
            {n: v[:, 0] for n, v in windows.steps.values.items()}, target, steps=3, classes="012"
        )
        problem = Problem.of(changed, np.zeros(len(changed), dtype=np.int64), np.arange(3))
        folds = Folds.of(changed, training.folds, 0)
        return cross_fit(problem, PAIRS, Screened.all(3, 3), training, folds, 0, lambda done: None)

    fold = cross_folds(windows, training.folds, seed=0)
    one = logits(windows.y)
    inside = np.flatnonzero(fold == 0)
    y = windows.y.copy()
    same = inside[:-1][(y[inside[:-1]] != y[inside[1:]]) & (np.diff(inside) == 1)][0]
    y[[same, same + 1]] = y[[same + 1, same]]
    other = logits(y)
    # a head is either read out in both runs, and then alike, or left at the prior in one of them
    for a, b in ((one.alone, other.alone), (one.together, other.together)):
        a, b = a[HELD_OUT][:, :, inside], b[HELD_OUT][:, :, inside]
        read = (a != 0).any(-1).any(-1) & (b != 0).any(-1).any(-1)
        assert read[:, 0].all()
        torch.testing.assert_close(a[read], b[read])
