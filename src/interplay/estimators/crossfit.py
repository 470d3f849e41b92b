"""Out-of-fold logits: one probe per fold, trained without it and read out on it.

The probes of all folds advance together, epoch by epoch. When a head is read out for good is decided by
the held-out loss of the *other* folds' probes: no training window is spent on validation, and the labels
of a fold bear on its own logits only through that one choice of epoch, by probes that are not its own. A
head that never beats the class prior keeps logits of zero, which is the prior.

Letters: M modalities, P pairs, L lags, N windows, C classes, G contexts of the target's past.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from interplay.data import Scaler, Windows, apart, cross_folds
from interplay.errors import InvalidInput
from interplay.estimators.history import prior_in_context
from interplay.profile.probe import Probe, ProbeShape, padded_features

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


LATE = 0.9
"""Share of all information that was read out by the epoch at which the final probe stops."""


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


HELD_OUT, SEEN = 0, 1
"""Sides of logits: by a probe that was not trained on the window, and by one that was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BothSides:
    """What the probes said of windows they were not trained on, and of windows they were trained on.

    Attributes
    ----------
    alone : (2, M, L, N, C) float32, relative to the prior of each window's context; held out, then seen
    together : (2, P, L, N, C) float32, likewise, of promising pairs
    epochs : after which heads that tell much were read out, for a probe that is trained on all windows
    """

    alone: torch.Tensor
    together: torch.Tensor
    epochs: int


LOWEST_LOG_PRIOR = -16.0
"""Stands for the logarithm of a class that never occurs in a context."""


def log_prior_of_windows(y: np.ndarray, context: np.ndarray, n_classes: int) -> torch.Tensor:
    """Log-share of each class in each window's context, (N, C) float32."""
    share = torch.from_numpy(prior_in_context(y, context, n_classes))
    return torch.log(share).clamp_min(LOWEST_LOG_PRIOR).float()[torch.from_numpy(context)]


def cross_fitted_logits(
    windows: Windows,
    context: np.ndarray,
    lags: np.ndarray,
    pairs: np.ndarray,
    promising: Promising,
    training: Training,
    random_state: int,
    progress: Callable[[float], None],
) -> BothSides:
    """Logits of promising heads for every window, held out and seen.

    Parameters
    ----------
    windows : Windows
    context : (N,) int64, contexts of the target's past
    lags : (L,) int, steps
    pairs : (P, 2) int, modality numbers
    promising : Promising
        Heads of other modalities say nothing; there are none of other pairs.
    training : Training
    random_state : int
    progress : callable
        Told the share of the work that is done.

    Returns
    -------
    BothSides
    """
    n_m, n_l, n, n_c = len(windows.modalities), len(lags), len(windows), len(windows.classes)
    n_some, n_p = int(promising.modalities.sum()), int(promising.pairs.sum())
    alone, *best = (torch.zeros(2, heads, n_l, n, n_c) for heads in (n_m, n_some, n_p))
    if n_some == 0:
        return BothSides(alone=alone, together=best[1], epochs=0)
    probes = _fold_probes(windows, context, lags, pairs, promising, training, random_state)
    chosen = [torch.zeros(len(probes), kept.shape[1], n_l, dtype=torch.int64) for kept in best]
    of_prior = torch.stack([probe.prior_loss for probe in probes])
    lowest = [_of_others(of_prior[:, None, None].expand(-1, kept.shape[1], n_l), probes) for kept in best]
    idle = 0
    for epoch in range(training.epochs):
        sums = ([], [])
        read_outs = []
        for k, probe in enumerate(probes):
            probe.train_epoch()
            seen = probes[(k + 1) % len(probes)].out
            read_outs.append((probe.read_out(probe.out), probe.read_out(seen)))
            for kind, logits in enumerate(read_outs[-1][HELD_OUT]):
                sums[kind].append(probe.summed_loss(logits))
            progress((epoch + (k + 1) / len(probes)) / training.epochs)
        improved = False
        for kind, kept in enumerate(best):
            loss = _of_others(torch.stack(sums[kind]), probes)
            margin = 0.5 / torch.tensor([n - len(probe.out) for probe in probes])[:, None, None]
            better = loss < lowest[kind] - margin
            lowest[kind] = torch.where(better, loss, lowest[kind])
            improved |= bool(better.any())
            chosen[kind][better] = epoch + 1
            for k, probe in enumerate(probes):
                heads, at = torch.nonzero(better[k], as_tuple=True)
                for side, about in enumerate((probe, probes[(k + 1) % len(probes)])):
                    new = read_outs[k][side][kind][better[k]].cpu()
                    kept[side, heads[:, None], at[:, None], torch.from_numpy(about.out)] = new
        idle = 0 if improved else idle + 1
        if idle >= training.patience:
            break
    progress(1.0)
    alone[:, torch.from_numpy(promising.modalities)] = best[0]
    return BothSides(alone=alone, together=best[1], epochs=_typical_epoch(chosen, lowest, of_prior, n))


def _fold_probes(windows, context, lags, pairs, promising, training, random_state) -> list["_FoldProbe"]:
    fold = cross_folds(windows, training.folds, seed=random_state)
    seeds = np.random.SeedSequence(random_state).generate_state(training.folds)
    # one scaling for all folds: with a scaling of its own, an undertrained probe would be told on which side
    # of its training mean the held-out part lies
    x = _features(windows, Scaler.fit(windows), promising, training)
    pairs = promising.renumbered(pairs)
    return [
        _FoldProbe(windows, context, x, lags, pairs, training, int(seed), fold == k)
        for k, seed in enumerate(seeds)
        if (fold == k).any()
    ]


def _features(windows: Windows, scaler: Scaler, promising: Promising, training: Training) -> torch.Tensor:
    x = padded_features(scaler.apply(windows.steps.values), windows.steps.observed)
    return x[torch.from_numpy(promising.modalities)].to(training.device)


SCREENING_EPOCHS, SCREENING_FOLDS = 4, 2
LEAST_GAIN_NATS, LEAST_GAIN_SHARE = 2.0, 0.01
"""Of a head over what is known without it, summed over held-out windows: what one weight gains by chance; and for a
pair a share of what its better modality tells, which further training of that modality's head gains as well."""


def screen(
    windows: Windows,
    context: np.ndarray,
    lags: np.ndarray,
    pairs: np.ndarray,
    training: Training,
    random_state: int,
    progress: Callable[[float], None],
) -> Promising:
    """What is worth a long training, from a short one of two folds with all heads at once and no logits kept.

    Pairs (P, 2) that say more together than either modality alone at some lag, and modalities that say more than the
    class prior or are in such a pair. Of the other pairs the joint posterior is made of what each modality says.
    """
    short = replace(training, epochs=min(SCREENING_EPOCHS, training.epochs))
    everything = Promising.all(len(windows.modalities), len(pairs))
    probes = _fold_probes(windows, context, lags, pairs, everything, short, random_state)[:SCREENING_FOLDS]
    prior = torch.stack([probe.prior_loss for probe in probes]).sum()
    i, j = torch.from_numpy(pairs).unbind(1)
    modalities = torch.zeros(len(windows.modalities), dtype=torch.bool)
    found = torch.zeros(len(pairs), dtype=torch.bool)
    for epoch in range(short.epochs):
        for k, probe in enumerate(probes):
            probe.train_epoch()
            progress((epoch + (k + 1) / len(probes)) / short.epochs)
        losses = zip(*(probe.held_out_losses() for probe in probes), strict=True)
        alone, together = (torch.stack(kind).sum(0) for kind in losses)
        modalities |= (prior - alone > LEAST_GAIN_NATS).any(1)
        least = torch.minimum(alone[i], alone[j]).clamp_max(prior)
        demanded = LEAST_GAIN_NATS + LEAST_GAIN_SHARE * (prior - least)
        found |= (least - together > demanded).any(1)
    modalities[torch.cat([i[found], j[found]])] = True
    return Promising(modalities.numpy(), found.numpy())


def _typical_epoch(chosen, lowest, of_prior, n: int) -> int:
    """Epochs that heads were trained for, by what they tell: one that tells much and learns late decides."""
    prior = of_prior.sum() / n
    gain = torch.cat([(prior - loss).clamp_min(0.0).flatten() for loss in lowest])
    epochs = torch.cat([kind.flatten() for kind in chosen]).float()
    weight = torch.where(epochs > 0, gain, 0.0)
    if not weight.any():
        return 0
    order = epochs.argsort()
    share = weight[order].cumsum(0) / weight.sum()
    return int(epochs[order][torch.searchsorted(share, torch.tensor([LATE]))[0].clamp_max(len(order) - 1)])


def final_probe(
    windows: Windows,
    scaler: Scaler,
    lags: np.ndarray,
    pairs: np.ndarray,
    promising: Promising,
    training: Training,
    random_state: int,
    epochs: int,
) -> Probe:
    """A probe of all pairs (P, 2) trained on all windows, as long as the held-out ones needed.

    Modalities and pairs that are not promising keep heads that say nothing.
    """
    nothing = np.zeros(len(windows), dtype=bool)
    x, some = _features(windows, scaler, promising, training), promising.renumbered(pairs)
    fold = _FoldProbe(windows, nothing.astype(np.int64), x, lags, some, training, random_state, nothing)
    for _ in range(epochs):
        fold.train_epoch()
    masks = (torch.from_numpy(mask) for mask in (promising.modalities, promising.pairs))
    return fold.averaged.cpu().spread(torch.from_numpy(pairs), *masks).eval()


def _of_others(sums: torch.Tensor, probes: list["_FoldProbe"]) -> torch.Tensor:
    """Mean held-out loss of the other folds, (folds, heads, L), from sums per fold."""
    sizes = torch.tensor([float(len(probe.out)) for probe in probes])[:, None, None]
    return (sums.sum(0) - sums) / (sizes.sum() - sizes)


class _FoldProbe:
    """The probe of one fold: what it trains on, what it is read out on, and its averaged weights."""

    def __init__(self, windows, context, x, lags, pairs, training: Training, seed: int, held_out: np.ndarray):
        self.training = training
        self.generator = torch.Generator().manual_seed(seed)
        self.out = np.flatnonzero(held_out)
        self.fit = np.flatnonzero(apart(windows, held_out))
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


def check_fold(windows: Windows, fit: np.ndarray) -> None:
    """Refuse a training part, by index, in which a class is missing."""
    count = np.bincount(windows.y[fit], minlength=len(windows.classes))
    if (count == 0).any():
        absent = windows.classes[int(np.argmin(count))]
        raise InvalidInput(
            f"every class must occur in at least two entities or blocks, so that each fold can learn it; {absent!r} "
            "is missing from the training part of one fold. Use more entities, fewer folds, or merge the class."
        )
