"""Out-of-fold logits: one probe per fold, trained without it and read out on it.

The probes of all folds advance together, epoch by epoch. When a head is read out for good is decided by
the held-out loss of the *other* folds' probes: no training window is spent on validation, and the labels
of a fold bear on its own logits only through that one choice of epoch, by probes that are not its own. A
head that never beats the class prior keeps logits of zero, which is the prior. Beside the folds a probe learns from two
of them alone: by how much it falls short tells what more windows would still teach.

Letters: K folds, M modalities, P pairs, L lags, N windows, C classes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from interplay.data import Windows, cross_folds, purged
from interplay.estimators.posterior.fold_probe import (
    FoldProbes,
    Part,
    Problem,
    Screened,
    Training,
    check_fold,
    fold_parts,
)
from interplay.probe.network import OF_PAIRS, Probe, pair_extra

LATE = 0.9
"""Share of all information that was read out by the epoch at which the final probe stops."""

HELD_OUT, SEEN, HALVED = 0, 1, 2
"""Sides of logits: by a probe that was not trained on the window, by one that was, and by one that was not and
learned from half as much."""

READ_OUT_ALL = 4
"""Epochs up to which heads are read out after each, and from which on after every second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFit:
    """What the probes said of every window.

    Attributes
    ----------
    alone : (3, M, L, N, C) float32, relative to the prior of each window's context, by side
    together : (3, P, L, N, C) float32, likewise, of screened pairs
    trained : (N,) bool, of which windows the second side is by a probe that was trained on them: not of those that lay
        too near to what it was held out of
    halved : (N,) bool, of which windows the third side is
    read_at : (K, P, L) int64, epoch after which the head of each screened pair was read out; 0 is never
    epochs : after which heads that tell much were read out, for a probe that is trained on all windows
    weights : epoch -> averaged weights of the probes at it, by name
    """

    alone: torch.Tensor
    together: torch.Tensor
    trained: torch.Tensor
    halved: torch.Tensor
    read_at: torch.Tensor
    epochs: int
    weights: Mapping[int, Mapping[str, torch.Tensor]]

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `from_tensors` takes."""
        plain = {name: getattr(self, name) for name in ("alone", "together", "trained", "halved", "read_at")}
        weights = {f"weights.{e}.{n}": v for e, state in self.weights.items() for n, v in state.items()}
        return plain | weights | {"epochs": torch.tensor(self.epochs)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> "CrossFit":
        """From tensors by name."""
        weights: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("weights."):
                _, epoch, parameter = name.split(".", 2)
                weights.setdefault(int(epoch), {})[parameter] = value
        plain = {name: tensors[name] for name in ("alone", "together", "trained", "halved", "read_at")}
        return cls(**plain, epochs=int(tensors["epochs"]), weights=weights)


def cross_fit(
    problem: Problem,
    pairs: np.ndarray,
    screened: Screened,
    training: Training,
    folds: "Folds",
    random_state: int,
    progress: Callable[[float], None],
) -> CrossFit:
    """Logits of screened heads for every window.

    Parameters
    ----------
    problem : Problem
    pairs : (P, 2) int, modality numbers
    screened : Screened
        Heads of other modalities say nothing; there are none of other pairs.
    training : Training
    folds : Folds
    random_state : int
    progress : callable
        Told the share of the work that is done.

    Returns
    -------
    CrossFit
    """
    parts, half = folds.parts, folds.half
    choice = _Choice(problem, screened, parts, half)
    weights: dict[int, dict[str, torch.Tensor]] = {}
    if screened.modalities.any():
        probes = FoldProbes(problem, pairs, screened, training, random_state, [*parts, half])
        for epoch in range(1, training.epochs + 1):
            probes.train_epoch()
            if epoch <= READ_OUT_ALL or epoch % 2 == 0 or epoch == training.epochs:
                if choice.read_out(probes, epoch):
                    state = probes.averaged.named_parameters()
                    weights[epoch] = {name: value.detach().cpu().clone() for name, value in state}
                if epoch - choice.improved_at >= training.patience:
                    break
            progress(epoch / training.epochs)
    progress(1.0)
    return choice.result(weights)


@dataclass(frozen=True, slots=True)
class Folds:
    """What each fold's probe learns from and is read out on, and the same of the probe that learns from less.

    The latter learns from half of what a fold's probe does, and is read out on all that is far enough from it.
    """

    parts: tuple[Part, ...]
    half: Part

    @classmethod
    def of(cls, windows: Windows, folds: int, random_state: int) -> "Folds":
        """Of entities, or of blocks of time where there are few."""
        fold = cross_folds(windows, folds, seed=random_state)
        parts = fold_parts(windows, fold)
        for part in parts:
            check_fold(windows, part.fit)
        numbers = np.unique(fold)
        learned = np.isin(fold, numbers[: max(1, (len(numbers) - 1) // 2)])
        return cls(tuple(parts), Part(np.flatnonzero(learned), np.flatnonzero(purged(windows, learned))))


class _Choice:
    """Read-outs of every head at the epoch that suits it."""

    def __init__(self, problem: Problem, screened: Screened, parts: Sequence[Part], half: Part):
        self.parts, self.half, self.modalities = parts, half, torch.from_numpy(screened.modalities)
        n, n_c = problem.log_prior.shape
        self.n, heads = n, (int(screened.modalities.sum()), int(screened.pairs.sum()))
        n_k, n_l = len(parts), len(problem.lags)
        self.logits = [torch.zeros(3, count, n_l, n, n_c) for count in heads]
        of_label = problem.log_prior.gather(1, torch.from_numpy(problem.windows.y)[:, None])[:, 0]
        self.prior = torch.stack([-of_label[torch.from_numpy(part.out)].sum() for part in (*parts, half)])
        of_half = self.prior[-1:, None, None] / max(1, len(half.out))
        of_folds = _of_others(self.prior[:n_k, None, None], parts)
        lowest = torch.cat([of_folds, of_half])
        self.lowest = [lowest.expand(-1, count, n_l).clone() for count in heads]
        self.chosen = [torch.zeros(n_k + 1, count, n_l, dtype=torch.int64) for count in heads]
        self.improved_at = 0

    def read_out(self, probes: FoldProbes, epoch: int) -> bool:
        """Read out what got better; whether anything did."""
        parts = [*self.parts, self.half]
        held_out = list(probes.read_out([part.out for part in parts]))
        better = [self._better(kind, [each[kind] for each in held_out], probes) for kind in (0, 1)]
        if not any(bool(each.any()) for each in better):
            return False
        n_k = len(self.parts)
        seen = list(
            probes.read_out([self.parts[(k + 1) % n_k].out for k in range(n_k)] + [self.half.out[:0]])
        )
        for kind, which in enumerate(better):
            self.chosen[kind][which] = epoch
            for k in range(n_k):
                self._store(kind, HELD_OUT, which[k], self.parts[k].out, held_out[k][kind])
                self._store(kind, SEEN, which[k], self.parts[(k + 1) % n_k].out, seen[k][kind])
            self._store(kind, HALVED, which[n_k], self.half.out, held_out[n_k][kind])
        self.improved_at = epoch
        return True

    def _better(self, kind: int, logits: list[torch.Tensor], probes: FoldProbes) -> torch.Tensor:
        """Heads (K + 1, heads, L) whose loss, that of the other folds' probes, is lower than ever by half a nat in
        all."""
        sums = [
            probes.losses(each, part.out) for each, part in zip(logits, (*self.parts, self.half), strict=True)
        ]
        of_half = sums[-1][None] / max(1, len(self.half.out))
        loss = torch.cat([_of_others(torch.stack(sums[:-1]), self.parts), of_half])
        sizes = [self.n - len(part.out) for part in self.parts] + [max(1, len(self.half.out))]
        better = loss < self.lowest[kind] - 0.5 / torch.tensor(sizes)[:, None, None]
        self.lowest[kind] = torch.where(better, loss, self.lowest[kind])
        return better

    def _store(
        self, kind: int, side: int, which: torch.Tensor, windows: np.ndarray, logits: torch.Tensor
    ) -> None:
        heads, at = torch.nonzero(which, as_tuple=True)
        self.logits[kind][side, heads[:, None], at[:, None], torch.from_numpy(windows)] = logits[which]

    def result(self, weights: dict[int, dict[str, torch.Tensor]]) -> CrossFit:
        n_k = len(self.parts)
        some, together = self.logits
        alone = some.new_zeros(3, len(self.modalities), *some.shape[2:])
        alone[:, self.modalities] = some
        trained, halved = torch.zeros(2, self.n, dtype=torch.bool)
        for k, part in enumerate(self.parts):
            trained[np.intersect1d(part.fit, self.parts[(k + 1) % n_k].out)] = True
        halved[self.half.out] = True
        return CrossFit(
            alone=alone,
            together=together,
            trained=trained,
            halved=halved,
            read_at=self.chosen[1][:n_k],
            epochs=self._typical_epoch(),
            weights=weights,
        )

    def _typical_epoch(self) -> int:
        """Epochs that heads were trained for, by what they tell: one that tells much and learns late decides."""
        n_k = len(self.parts)
        prior = self.prior[:n_k].sum() / self.n
        gain = torch.cat([(prior - loss[:n_k]).clamp_min(0.0).flatten() for loss in self.lowest])
        epochs = torch.cat([chosen[:n_k].flatten() for chosen in self.chosen]).float()
        weight = torch.where(epochs > 0, gain, 0.0)
        if not weight.any():
            return 0
        order = epochs.argsort()
        share = weight[order].cumsum(0) / weight.sum()
        return int(
            epochs[order][torch.searchsorted(share, torch.tensor([LATE]))[0].clamp_max(len(order) - 1)]
        )


def _of_others(sums: torch.Tensor, parts: Sequence[Part]) -> torch.Tensor:
    """Mean held-out loss of the other folds, (K, heads, L), from sums per fold."""
    sizes = torch.tensor([float(len(part.out)) for part in parts])[:, None, None]
    return (sums.sum(0) - sums) / (sizes.sum() - sizes)


def final_probe(
    problem: Problem,
    pairs: np.ndarray,
    screened: Screened,
    training: Training,
    random_state: int,
    epochs: int,
) -> Probe:
    """A probe of all pairs (P, 2) trained on all windows, as long as the held-out ones needed.

    Modalities and pairs that were not screened keep heads that say nothing.
    """
    everything = Part(np.arange(len(problem.windows)), np.zeros(0, dtype=np.int64))
    probes = FoldProbes(problem, pairs, screened, training, random_state, [everything])
    for _ in range(epochs):
        probes.train_epoch()
    return probes.averaged.cpu().spread(pairs, screened.modalities, screened.pairs).eval()


class PairHead:
    """The head of one screened pair at one lag, as it was read out, to be asked about steps that never met.

    Parameters
    ----------
    problem : Problem
    fit : CrossFit
    parts : sequence of K Part, of the same folds
    members : (2,) int, the pair's modalities among the screened ones
    screened : Screened
    pair, lag : int
        Number of the pair among the screened ones, and of the lag.
    """

    def __init__(
        self,
        problem: Problem,
        fit: CrossFit,
        parts: Sequence[Part],
        members: np.ndarray,
        screened: Screened,
        pair: int,
        lag: int,
    ):
        self.fit, self.parts, self.pair, self.lag = fit, parts, pair, lag
        self.members = torch.from_numpy(np.asarray(members))
        self.classes = problem.log_prior.shape[1]
        self.context = torch.from_numpy(problem.context)
        rows = torch.from_numpy(problem.windows.last - problem.lags[lag])
        columns = torch.from_numpy(np.flatnonzero(screened.modalities))[self.members]
        self.x = problem.features[rows][:, columns].transpose(0, 1)[None]

    @torch.no_grad()
    def logits(self, first: np.ndarray, second: np.ndarray) -> torch.Tensor:
        """Logits relative to the prior (D, N, C) of windows whose two sources show what they show in the windows
        `first` and `second` (D, N)."""
        drawn = torch.zeros(len(first), first.shape[1], self.classes)
        for k, part in enumerate(self.parts):
            epoch = int(self.fit.read_at[k, self.pair, self.lag])
            if epoch > 0:
                out = torch.from_numpy(part.out)
                drawn[:, out] = self._of_fold(self.fit.weights[epoch], k, out, first, second)
        return drawn

    def _of_fold(
        self, weights, k: int, out: torch.Tensor, first: np.ndarray, second: np.ndarray
    ) -> torch.Tensor:
        """Logits (D, n, C) of the windows that fold k holds out."""
        probe = self._probe(weights, k)
        at_steps, z = probe.of_steps(self.x)
        shown = [torch.from_numpy(each[:, out.numpy()]).flatten() for each in (first, second)]
        n_o = probe.pair2.shape[-1]
        alone = at_steps[0, :, :, self.lag * n_o : (self.lag + 1) * n_o]
        pair = [z[:, m].index_select(1, rows)[:, None] for m, rows in enumerate(shown)]
        first_layer, bias, last = probe.pair_weights(slice(None))
        weights_at_lag = first_layer, bias, last[..., self.lag : self.lag + 1, :]
        extra = pair_extra(pair[0], pair[1], weights_at_lag)[0, 0, :, 0]
        numbers = alone[0].index_select(0, shown[0]) + alone[1].index_select(0, shown[1]) + extra
        return self._in_context(numbers.unflatten(0, (len(first), -1)), self.context[out])

    def _probe(self, weights: Mapping[str, torch.Tensor], k: int) -> Probe:
        state = {
            name: value[k : k + 1, self.pair : self.pair + 1]
            if name in OF_PAIRS
            else value[k : k + 1, self.members]
            for name, value in weights.items()
        }
        return Probe.from_state(state | {"pairs": torch.tensor([[0, 1]])}, self.classes)

    def _in_context(self, numbers: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """The shared part of numbers (D, n, O) plus that of each window's context, (D, n, C)."""
        parts = numbers.unflatten(-1, (-1, self.classes))
        if parts.shape[-2] == 1:
            return parts[..., 0, :]
        return parts[..., 0, :] + parts[:, torch.arange(len(context)), context + 1]
