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
    Screened,
    Training,
    check_fold,
    fold_parts,
    prior_losses,
)
from interplay.estimators.posterior.problem import Problem

LATE = 0.9
"""Share of all information that is read out by the epoch of the probes that read new windows."""

HELD_OUT, SEEN, HALVED = 0, 1, 2
"""Sides of logits: by a probe that was not trained on the window, by one that was, and by one that was not and
learned from half as much."""

EARLY = 2 / 3
"""Share of the training after which what heads still learn is counted as late."""

TO_COME = 0.75
"""Of what was learned late, what training on would still teach: sharp boundaries of one and of two numbers, the
slowest to learn, lacked a fifth and the whole of it."""

READ_OUT_ALL = 4
"""Epochs up to which heads are read out after each, and from which on after every second."""

PLAIN = ("alone", "together", "late_alone", "late_together", "read_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFit:
    """What the probes said of every window.

    Attributes
    ----------
    alone : (3, S, L, N, C) float32, relative to the prior of each window's context, by side, of modalities that are
        trained
    together : (3, P, L, N, C) float32, likewise, of screened pairs
    late_alone, late_together : (M, L) and (P, L) nats, what heads would still learn, judged by the end of the training
    read_at : (K, P, L) int64, epoch after which the head of each screened pair was read out; 0 is never
    epochs : after which heads that tell much were read out
    weights : epoch -> averaged weights of the probes at it, by name
    """

    alone: torch.Tensor
    together: torch.Tensor
    late_alone: torch.Tensor
    late_together: torch.Tensor
    read_at: torch.Tensor
    epochs: int
    weights: Mapping[int, Mapping[str, torch.Tensor]]

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `from_tensors` takes."""
        plain = {name: getattr(self, name) for name in PLAIN}
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
        plain = {name: tensors[name] for name in PLAIN}
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
    """Fold (N,) of each window, what each fold's probe learns from and is read out on, and the same of one more probe.

    The latter learns from half of what a fold's probe does, and is read out on all that is far enough from it.
    """

    fold: np.ndarray
    parts: tuple[Part, ...]
    half: Part

    @classmethod
    def of(cls, windows: Windows, folds: int, random_state: int, *, within_entities: bool = False) -> "Folds":
        """Of entities, or of blocks of time where there are few or what is told within entities is asked."""
        fold = cross_folds(windows, folds, seed=random_state, within_entities=within_entities)
        parts = fold_parts(windows, fold)
        for part in parts:
            if not windows.continuous:
                check_fold(windows, part.fit)
        numbers, fold = np.unique(fold, return_inverse=True)
        learned = fold < max(1, (len(numbers) - 1) // 2)
        return cls(
            fold, tuple(parts), Part(np.flatnonzero(learned), np.flatnonzero(purged(windows, learned)))
        )


class _Choice:
    """Read-outs of every head at the epoch that suits it."""

    def __init__(self, problem: Problem, screened: Screened, parts: Sequence[Part], half: Part):
        self.parts, self.half, self.modalities = parts, half, torch.from_numpy(screened.modalities)
        n, n_c = problem.log_prior.shape
        self.n, heads = n, (int(screened.modalities.sum()), int(screened.pairs.sum()))
        n_k, n_l = len(parts), len(problem.lags)
        self.logits = [torch.zeros(3, count, n_l, n, n_c) for count in heads]
        self.prior = prior_losses(problem, (*parts, half))
        of_half = self.prior[-1:, None, None] / max(1, len(half.out))
        of_folds = _of_others(self.prior[:n_k, None, None], parts)
        lowest = torch.cat([of_folds, of_half])
        self.lowest = [lowest.expand(-1, count, n_l).clone() for count in heads]
        self.chosen = [torch.zeros(n_k + 1, count, n_l, dtype=torch.int64) for count in heads]
        self.early, self.improved_at = self.lowest, 0

    def read_out(self, probes: FoldProbes, epoch: int) -> bool:
        """Read out what got better; whether anything did."""
        parts = [*self.parts, self.half]
        held_out = list(probes.read_out([part.out for part in parts]))
        better = [self._better(kind, [each[kind] for each in held_out], probes) for kind in (0, 1)]
        if epoch <= EARLY * probes.training.epochs:
            self.early = self.lowest
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
        lowest = torch.where(better, loss, self.lowest[kind])
        self.lowest = [lowest if k == kind else before for k, before in enumerate(self.lowest)]
        return better

    def _store(
        self, kind: int, side: int, which: torch.Tensor, windows: np.ndarray, logits: torch.Tensor
    ) -> None:
        heads, at = torch.nonzero(which, as_tuple=True)
        self.logits[kind][side, heads[:, None], at[:, None], torch.from_numpy(windows)] = logits[which]

    def result(self, weights: dict[int, dict[str, torch.Tensor]]) -> CrossFit:
        n_k = len(self.parts)
        some, together = self.logits
        late = [
            TO_COME * (early[:n_k] - lowest[:n_k]).mean(0)
            for early, lowest in zip(self.early, self.lowest, strict=True)
        ]
        late_alone = some.new_zeros(len(self.modalities), some.shape[2])
        late_alone[self.modalities] = late[0]
        return CrossFit(
            alone=some,
            together=together,
            late_alone=late_alone,
            late_together=late[1],
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
