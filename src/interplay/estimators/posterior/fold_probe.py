"""The probe of one fold: what it trains on, what it is read out on, and its averaged weights.

Letters: M modalities, P pairs, L lags, N windows, C classes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from interplay.data import Windows, cross_folds, purged
from interplay.errors import InvalidInput
from interplay.estimators.target_history import prior_in_context
from interplay.probe.features import StepFeatures
from interplay.probe.network import Probe, ProbeShape

CHUNK = 16
"""Windows that are drawn together; neighbours share most of their steps, so each is encoded about once."""


STEPS_PER_EPOCH = 20
"""With fewer, a pair's head has not learned all by the last epoch: batches of small data sets are smaller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """How the probes are trained.

    Attributes
    ----------
    batch_size : of large data sets
    input_noise : standard deviation of the noise added to the scaled inputs, falling linearly to 0
        A head that is best served by strong regularisation is read out early, one that needs fine detail
        late: the noise makes early stopping a choice of regularisation.
    averaging : epochs over which weights are averaged (exponentially) for read-out
    patience : epochs without improvement of any head after which training ends
    """

    folds: int = 5
    epochs: int = 12
    batch_size: int = 512
    learning_rate: float = 2e-2
    weight_decay: float = 0.15
    input_noise: float = 0.5
    averaging: float = 2.0
    patience: int = 4
    device: str = "cpu"

    def __post_init__(self):
        for name, least in (("folds", 2), ("epochs", 1), ("batch_size", 1), ("patience", 1)):
            if getattr(self, name) < least:
                raise InvalidInput(f"{name} must be at least {least}; got {getattr(self, name)}.")


@dataclass(frozen=True, slots=True)
class Promising:
    """Which modalities (M,) and which pairs (P,) are worth a long training; those of such pairs are."""

    modalities: np.ndarray
    pairs: np.ndarray

    @classmethod
    def all(cls, n_modalities: int, n_pairs: int) -> "Promising":
        return cls(np.ones(n_modalities, dtype=bool), np.ones(n_pairs, dtype=bool))

    def renumbered(self, pairs: np.ndarray) -> np.ndarray:
        """Promising ones of pairs (P, 2), by place among promising modalities."""
        return (np.cumsum(self.modalities) - 1)[pairs[self.pairs]]


LOWEST_LOG_PRIOR = -16.0
"""Stands for the logarithm of a class that never occurs in a context."""


def log_prior_of_windows(y: np.ndarray, context: np.ndarray, n_classes: int) -> torch.Tensor:
    """Log-share of each class in each window's context, (N, C) float32."""
    share = torch.from_numpy(prior_in_context(y, context, n_classes))
    return torch.log(share).clamp_min(LOWEST_LOG_PRIOR).float()[torch.from_numpy(context)]


class FoldProbe:
    """The probe of one fold: what it trains on, what it is read out on, and its averaged weights."""

    def __init__(self, windows, context, x, lags, pairs, training: Training, seed: int, held_out: np.ndarray):
        self.training = training
        self.generator = torch.Generator().manual_seed(seed)
        self.out = np.flatnonzero(held_out)
        self.fit = np.flatnonzero(purged(windows, held_out))
        check_fold(windows, self.fit)
        self.rows = windows.last[:, None] - lags
        self.y = torch.from_numpy(windows.y).to(training.device)
        self.x = x
        self.context = torch.from_numpy(context).to(training.device)
        self.log_prior = log_prior_of_windows(windows.y, context, len(windows.classes)).to(training.device)
        self.prior_loss = -self.log_prior[self.out].gather(1, self.y[self.out][:, None]).sum().cpu()
        self.shape = ProbeShape(
            modalities=len(x),
            features=self.x.shape[2],
            lags=len(lags),
            classes=len(windows.classes),
            pairs=torch.from_numpy(pairs),
            contexts=int(context.max()) + 1,
        )
        self.probe = Probe(self.shape, self.generator).to(training.device)
        self.averaged = Probe(self.shape, self.generator).to(training.device)
        self.averaged.load_state_dict(self.probe.state_dict())
        self.optimizer = torch.optim.AdamW(
            self.probe.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
        )
        self.batch_size = min(training.batch_size, max(64, len(self.fit) // STEPS_PER_EPOCH))
        self.per_epoch = -(-len(self.fit) // self.batch_size)
        self.steps = 0

    def _done(self) -> float:
        return self.steps / (self.per_epoch * self.training.epochs)

    def train_epoch(self) -> None:
        for batch in self._batches():
            rate = 0.5 * self.training.learning_rate * (1.0 + math.cos(math.pi * self._done()))
            self.optimizer.param_groups[0]["lr"] = rate
            self.optimizer.zero_grad(set_to_none=True)
            self._backward(batch)
            self.optimizer.step()
            self._average()

    def _backward(self, batch: np.ndarray) -> None:
        """Gradients of the log-loss of all heads; pairs go in chunks, and through the encoders all at once."""
        x, place = self._inputs(batch, self.training.input_noise * (1.0 - self._done()))
        y, context, log_prior = self.y[batch], self.context[batch], self.log_prior[batch]
        alone, z = self.probe.encode(x, place, context)
        z_leaf, told = z.detach().requires_grad_(), alone.detach()
        heads = (self.probe.pair1, self.probe.pair_bias, self.probe.pair2)
        slopes = [torch.empty_like(weight) for weight in heads]
        for some in self.probe.chunks(x.shape[1], place.numel()):
            # leaves of their own: the gradient of a slice would be as large as the whole, for every chunk
            first, bias, last = (weight.detach()[some].requires_grad_() for weight in heads)
            together = self.probe.together(
                z_leaf, told, place, self.probe.pairs[some], (first, bias, last), context
            )
            together.backward(_slope(together.detach() + log_prior, y))
            for slope, leaf in zip(slopes, (first, bias, last), strict=True):
                slope[some] = leaf.grad  # pyrefly: ignore[unsupported-operation]
        for weight, slope in zip(heads, slopes, strict=True):
            weight.grad = slope
        slope = _slope(told + log_prior, y)
        if z_leaf.grad is None:
            alone.backward(slope)
        else:
            torch.autograd.backward([alone, z], [slope, z_leaf.grad])

    @torch.no_grad()
    def read_out(self, which: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of some windows relative to the prior, (M, L, n, C) and (P, L, n, C)."""
        size = 4 * self.training.batch_size
        parts = []
        for k in range(0, len(which), size):
            some = which[k : k + size]
            parts.append(self.averaged(*self._inputs(some), self.context[some]))
        alone, together = zip(*parts, strict=True)
        return torch.cat(alone, dim=2), torch.cat(together, dim=2)

    @torch.no_grad()
    def held_out_losses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Held-out loss of each head, summed over windows, (M, L) and (P, L); pairs go in chunks."""
        n_m, n_l = len(self.x), self.rows.shape[1]
        losses = torch.zeros(n_m + len(self.probe.pairs), n_l)
        for k in range(0, len(self.out), self.training.batch_size):
            some = self.out[k : k + self.training.batch_size]
            parts = self.averaged.in_chunks(*self._inputs(some), self.context[some])
            losses += torch.cat([_losses(part + self.log_prior[some], self.y[some]) for part in parts]).cpu()
        return losses[:n_m], losses[n_m:]

    def summed_loss(self, logits: torch.Tensor) -> torch.Tensor:
        """Held-out loss of each head, summed over windows, from what `read_out` gave."""
        return _losses(logits + self.log_prior[self.out], self.y[self.out]).cpu()

    @torch.no_grad()
    def _average(self) -> None:
        self.steps += 1
        span = min(self.steps, 1.0 + self.training.averaging * self.per_epoch)
        for mean, newest in zip(self.averaged.parameters(), self.probe.parameters(), strict=True):
            mean.lerp_(newest, 1.0 / span)

    def _batches(self) -> Iterator[np.ndarray]:
        n_chunks = -(-len(self.fit) // CHUNK)
        order = torch.randperm(n_chunks, generator=self.generator).numpy()
        shuffled = (order[:, None] * CHUNK + np.arange(CHUNK)).ravel()
        shuffled = self.fit[shuffled[shuffled < len(self.fit)]]
        for start in range(0, len(shuffled), self.batch_size):
            yield shuffled[start : start + self.batch_size]

    def _inputs(self, which: np.ndarray, noise: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
        """Distinct steps of some windows (M, U, F), and which of them each looks at (L, B)."""
        distinct, place = np.unique(self.rows[which].T, return_inverse=True)
        place = torch.from_numpy(place.reshape(self.rows.shape[1], len(which))).to(self.x.device)
        x = self.x[:, torch.from_numpy(distinct)]
        if noise:
            x = x + noise * torch.randn(x.shape, generator=self.generator).to(x.device)
        return x, place


def _losses(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Log-loss of each head summed over windows, nats; logits (heads, L, B, C), y (B,)."""
    chosen = logits.gather(-1, y.expand(logits.shape[:-1])[..., None])[..., 0]
    return (torch.logsumexp(logits, -1) - chosen).sum(-1)


def _slope(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Gradient of the mean log-loss of each head by its logits (heads, L, B, C); spoils the logits."""
    p = logits.sub_(logits.amax(-1, keepdim=True)).exp_()
    p /= p.sum(-1, keepdim=True)
    p -= torch.nn.functional.one_hot(y, logits.shape[-1])
    return p.div_(len(y))


def fold_probes(windows, context, lags, pairs, promising, training, random_state) -> list["FoldProbe"]:
    fold = cross_folds(windows, training.folds, seed=random_state)
    seeds = np.random.SeedSequence(random_state).generate_state(training.folds)
    # one scaling for all folds: with a scaling of its own, an undertrained probe would be told on which side
    # of its training mean the held-out part lies
    x = features_of(windows, StepFeatures.fit(windows), promising, training)
    pairs = promising.renumbered(pairs)
    return [
        FoldProbe(windows, context, x, lags, pairs, training, int(seed), fold == k)
        for k, seed in enumerate(seeds)
        if (fold == k).any()
    ]


def features_of(
    windows: Windows, features: StepFeatures, promising: Promising, training: Training
) -> torch.Tensor:
    x = features.apply(windows.steps.values, windows.steps.observed)
    return x[torch.from_numpy(promising.modalities)].to(training.device)


def check_fold(windows: Windows, fit: np.ndarray) -> None:
    """Refuse a training part, by index, in which a class is missing."""
    count = np.bincount(windows.y[fit], minlength=len(windows.classes))
    if (count == 0).any():
        absent = windows.classes[int(np.argmin(count))]
        raise InvalidInput(
            f"every class must occur in at least two entities or blocks, so that each fold can learn it; {absent!r} "
            "is missing from the training part of one fold. Use more entities, fewer folds, or merge the class."
        )
