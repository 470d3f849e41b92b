"""The probes of all folds, side by side: what each trains on, what it is read out on, and their averaged weights.

Letters: K folds, A chunks of a batch, S steps of a chunk, U = A S steps of a batch, M modalities, P pairs, L lags,
N windows, B windows at once, C classes.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from interplay.data import Windows, purged
from interplay.errors import InvalidInput
from interplay.estimators.posterior.batches import CHUNK, Batch, Batches
from interplay.estimators.posterior.calibrate import of_label
from interplay.estimators.posterior.problem import Problem
from interplay.probe.network import PAIR_WIDTH, WIDTH, Probe, ProbeShape

NOISY = 0.7
"""Share of the training in which there is input noise; sharp boundaries are learned in the rest."""

BATCH_BYTES, READ_BYTES = 2.5e8, 2.5e8
"""Of features that all probes learn from, and that one reads, at once: batches of windows with very many samples are
smaller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """How the probes are trained.

    Attributes
    ----------
    batch_size : of large data sets
    input_noise : standard deviation of the noise added to the features, falling linearly to 0 in the first part
        A head that is best served by strong regularisation is read out early, one that needs fine detail
        late: the noise makes early stopping a choice of regularisation.
    averaging : epochs over which weights are averaged (exponentially) for read-out
    patience : epochs without improvement of any head after which training ends
    width, pair_width : of the hidden states of steps, and of what a head adds to them
    """

    folds: int = 5
    epochs: int = 12
    batch_size: int = 512
    learning_rate: float = 1e-2
    weight_decay: float = 0.15
    input_noise: float = 0.2
    averaging: float = 2.0
    patience: int = 4
    width: int = WIDTH
    pair_width: int = PAIR_WIDTH
    device: str = "cpu"

    def __post_init__(self):
        for name, least in (("folds", 2), ("epochs", 1), ("batch_size", 1), ("patience", 1)):
            if getattr(self, name) < least:
                raise InvalidInput(f"{name} must be at least {least}; got {getattr(self, name)}.")


@dataclass(frozen=True, slots=True)
class Screened:
    """Which modalities (M,) and which pairs (P,) are worth a long training; those of such pairs are."""

    modalities: np.ndarray
    pairs: np.ndarray

    @classmethod
    def all(cls, n_modalities: int, n_pairs: int) -> "Screened":
        return cls(np.ones(n_modalities, dtype=bool), np.ones(n_pairs, dtype=bool))

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `from_tensors` takes."""
        return {name: torch.from_numpy(getattr(self, name)) for name in ("modalities", "pairs")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> "Screened":
        """From tensors by name."""
        return cls(tensors["modalities"].numpy(), tensors["pairs"].numpy())

    def renumbered(self, pairs: np.ndarray) -> np.ndarray:
        """Those of pairs (P, 2) that are worth it, by place among the modalities that are."""
        return (np.cumsum(self.modalities) - 1)[pairs[self.pairs]]


@dataclass(frozen=True, slots=True)
class Part:
    """What a probe is trained on, and what it is read out on: numbers of windows."""

    fit: np.ndarray
    out: np.ndarray


def fold_parts(windows: Windows, fold: np.ndarray) -> list[Part]:
    """Each fold held out in turn; what is trained on lies far enough from it (`interplay.data.purged`)."""
    numbers = np.unique(fold)
    return [Part(np.flatnonzero(purged(windows, fold == k)), np.flatnonzero(fold == k)) for k in numbers]


def prior_losses(problem: Problem, parts: Sequence[Part]) -> torch.Tensor:
    """Log-loss of the class prior on what each part holds out, summed, (K,) nats."""
    loss = -of_label(problem.log_prior, torch.from_numpy(problem.windows.y))
    return torch.stack([loss[torch.from_numpy(part.out)].sum() for part in parts])


class FoldProbes:
    """Probes that are trained side by side, each on its own windows.

    Parameters
    ----------
    problem : Problem
    pairs : (P, 2) int64, modality numbers
    screened : Screened
        Other modalities and pairs have no head.
    training : Training
    random_state : int
    parts : sequence of K Part
    """

    def __init__(
        self,
        problem: Problem,
        pairs: np.ndarray,
        screened: Screened,
        training: Training,
        random_state: int,
        parts: Sequence[Part],
    ):
        self.problem, self.training, self.parts = problem, training, parts
        device = training.device
        self.features_at = problem.features.reader(torch.from_numpy(screened.modalities), device)
        self.rows = torch.from_numpy(problem.rows)
        self.y = torch.from_numpy(problem.windows.y).to(device)
        self.context = torch.from_numpy(problem.context).to(device)
        self.log_prior = problem.log_prior.to(device)
        self.generator = torch.Generator().manual_seed(random_state)
        seeds = np.random.SeedSequence(random_state).generate_state(len(parts))
        shape = ProbeShape(
            modalities=int(screened.modalities.sum()),
            features=problem.features.shape[2],
            lags=len(problem.lags),
            classes=problem.outputs,
            pairs=torch.from_numpy(screened.renumbered(pairs)),
            contexts=int(problem.context.max()) + 1,
            width=training.width,
            pair_width=training.pair_width,
        )
        self.probe = Probe(shape, [torch.Generator().manual_seed(int(seed)) for seed in seeds]).to(device)
        self.averaged = copy.deepcopy(self.probe)
        self.optimizer = torch.optim.AdamW(
            self.probe.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
        )
        self.batches = Batches(
            self.rows,
            [part.fit for part in parts],
            training.batch_size,
            self.generator,
            most_steps=int(BATCH_BYTES // problem.features.bytes_per_step),
        )
        self.steps = 0

    def train_epoch(self) -> None:
        """One pass over the training windows, of the probe that has most of them."""
        total = self.batches.per_epoch * self.training.epochs
        for batch in self.batches:
            done = self.steps / total
            rate = 0.5 * self.training.learning_rate * (1.0 + math.cos(math.pi * done))
            self.optimizer.param_groups[0]["lr"] = rate
            self.optimizer.zero_grad(set_to_none=True)
            self._backward(batch, noise=self.training.input_noise * max(0.0, 1.0 - done / NOISY))
            self.optimizer.step()
            self._average()

    def _backward(self, batch: Batch, noise: float) -> None:
        """Gradients of the log-loss of all heads; pairs go in chunks, and through the encoders all at once."""
        x = self.features_at(batch.steps)
        if noise > 0:
            x.add_(torch.randn(x.shape, generator=self.generator).to(x.device), alpha=noise)
        place, windows = batch.place.to(x.device), batch.windows
        y, context, log_prior = self.y[windows], self.context[windows], self.log_prior[windows][:, None, None]
        weight = batch.weight.to(x.device)
        alone, z = self.probe.encode(x.transpose(1, 2), place, context)
        z_leaf, fixed = z.detach().requires_grad_(), alone.detach()
        heads = (self.probe.pair1, self.probe.pair_bias, self.probe.pair2)
        slopes = [torch.empty_like(value) for value in heads]
        for some in self.probe.chunks(x.shape[1], place[0].numel()):
            # leaves of their own: the gradient of a slice would be as large as the whole, for every chunk
            first, bias, last = (value.detach()[:, some].requires_grad_() for value in heads)
            together = self.probe.together(z_leaf, fixed, place, some, (first, bias, last), context)
            together.backward(self._slope(together.detach(), log_prior, y, weight))
            for slope, leaf in zip(slopes, (first, bias, last), strict=True):
                slope[:, some] = leaf.grad  # pyrefly: ignore[unsupported-operation]
        for value, slope in zip(heads, slopes, strict=True):
            value.grad = slope
        slope = self._slope(fixed, log_prior, y, weight)
        if z_leaf.grad is None:
            alone.backward(slope)
        else:
            torch.autograd.backward([alone, z], [slope, z_leaf.grad])

    @torch.no_grad()
    def _average(self) -> None:
        self.steps += 1
        span = min(self.steps, 1.0 + self.training.averaging * self.batches.per_epoch)
        for mean, newest in zip(self.averaged.parameters(), self.probe.parameters(), strict=True):
            mean.lerp_(newest, 1.0 / span)

    @torch.no_grad()
    def read_out(self, which: Sequence[np.ndarray]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """For each probe logits relative to the prior of some windows, (M, L, n, C) and (P, L, n, C)."""
        for k, some in enumerate(which):
            probe, parts = self.averaged.only(k), []
            for rows in self._pieces(some, 4 * self.training.batch_size):
                alone, together = probe(*self.inputs(rows))
                parts.append(tuple(self.problem.logits(each[0]).cpu() for each in (alone, together)))
            alone, together = zip(*parts, strict=True)
            yield torch.cat(alone, dim=2), torch.cat(together, dim=2)

    @torch.no_grad()
    def held_out_losses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Held-out loss of each head, summed over windows and probes, (M, L) and (P, L); pairs go in chunks."""
        n_m, n_l = self.probe.w1.shape[1], self.rows.shape[1]
        losses = torch.zeros(n_m + len(self.probe.pairs), n_l)
        for k, part in enumerate(self.parts):
            probe = self.averaged.only(k)
            for rows in self._pieces(part.out, self.training.batch_size):
                chunks = probe.in_chunks(*self.inputs(rows))
                losses += torch.cat([self.losses(self.problem.logits(chunk[0]), rows) for chunk in chunks])
        return losses[:n_m], losses[n_m:]

    def _pieces(self, which: np.ndarray, most: int) -> list[np.ndarray]:
        """Windows at most so many at a time, and fewer where they look at very many samples."""
        of_window = self.problem.features.bytes_per_step * len(self.problem.features.rows) / len(self.rows)
        at_once = max(CHUNK, min(most, int(READ_BYTES // of_window)))
        return np.array_split(which, max(1, -(-len(which) // at_once)))

    def losses(self, logits: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        """Log-loss of each head summed over windows, nats; logits (heads, L, n, C) of these windows."""
        device = logits.device
        logits = logits + self.log_prior[rows].to(device)
        return (torch.logsumexp(logits, -1) - of_label(logits, self.y[rows].to(device))).sum(-1).cpu()

    def _slope(self, outputs: torch.Tensor, log_prior, y, weight) -> torch.Tensor:
        """Gradient of the weighted log-loss of each head by its numbers (K, heads, L, B, O)."""
        return self.problem.slopes(_slope(self.problem.logits(outputs) + log_prior, y, weight))

    def inputs(self, which: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Distinct steps of some windows (1, M, U, F), which of them each looks at (1, L, n), and their contexts."""
        steps, place = torch.unique(self.rows[which].T, return_inverse=True)
        x = self.features_at(steps).transpose(0, 1)
        return x[None], place[None].to(x.device), self.context[which][None]


def _slope(logits: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Gradient of the weighted log-loss of each head by its logits (K, heads, L, B, C); spoils the logits."""
    p = logits.sub_(logits.amax(-1, keepdim=True)).exp_()
    # a product sums few classes faster than a reduction does
    weight = weight[:, None, None]
    p *= (weight / (p @ p.new_ones(p.shape[-1])))[..., None]
    p -= torch.nn.functional.one_hot(y, logits.shape[-1])[:, None, None] * weight[..., None]
    return p


def check_fold(windows: Windows, fit: np.ndarray) -> None:
    """Refuse a training part, by index, in which a class is missing."""
    count = np.bincount(windows.y[fit], minlength=len(windows.classes))
    if (count == 0).any():
        absent = windows.classes[int(np.argmin(count))]
        raise InvalidInput(
            f"every class must occur in at least two entities or blocks, so that each fold can learn it; {absent!r} "
            "is missing from the training part of one fold. Use more entities, fewer folds, or merge the class."
        )
