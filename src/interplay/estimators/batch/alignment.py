"""Discriminators and alignment of BATCH: Algorithms 1 and 2 of Han et al., arXiv 2509.25678.

Letters: N windows, A and B windows of a minibatch (rows, columns), M modalities, L lags, C classes, F input
features, Z embedding width. Every network is shared by all lags and told the lag by an embedding.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from interplay.data import Scaler, Windows
from interplay.estimators.batch.sinkhorn import sinkhorn
from interplay.estimators.posterior.calibrate import of_label, prior_mixing_weight
from interplay.probe.features import plain_features

WORK_NUMBERS = 2**25
"""Entries of coupling that are worked on at once at read-out; more lags than that allows go in parts."""

ALIGNMENT_COST = 10.0
"""Cost of an epoch of alignment, in epochs of a discriminator: about what was measured with four classes."""

ROUGH = {"tol": 1e-3, "max_sweeps": 60}
"""Sinkhorn in training, where the next step moves the logits further than that; read-out takes its defaults."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchTraining:
    """How discriminators and alignments are trained; a `lag_embedding` of 0 leaves the lag unsaid."""

    discriminator_epochs: int
    alignment_epochs: int
    batch_size: int
    learning_rate: float
    hidden: int
    layers: int
    embedding: int
    lag_embedding: int


class LagNetwork(nn.Module):
    """A perceptron on [x, embedding of the lag]."""

    def __init__(
        self, inputs: int, lags: int, outputs: int, training: BatchTraining, generator: torch.Generator
    ):
        super().__init__()
        widths = [inputs + training.lag_embedding, *[training.hidden] * training.layers, outputs]

        def weight(n_in: int, n_out: int):
            bound = 1.0 / math.sqrt(n_in)
            return nn.Parameter(bound * (2.0 * torch.rand(n_in, n_out, generator=generator) - 1.0))

        self.lag = nn.Parameter(torch.randn(lags, training.lag_embedding, generator=generator))
        self.weights = nn.ParameterList([weight(*ends) for ends in pairwise(widths)])
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(width)) for width in widths[1:]])

    def forward(self, x_BF: torch.Tensor, lag: int) -> torch.Tensor:
        h = torch.cat([x_BF, self.lag[lag].expand(len(x_BF), -1)], dim=1)
        last = len(self.weights) - 1
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = torch.addmm(bias, h, weight)
            h = h if k == last else torch.relu(h)
        return h


class Alignment:
    """The networks of BATCH for some lags, trained on one part of the windows and read out on another.

    Parameters
    ----------
    windows : Windows
    lags : (L,) int, steps
    fit, out : (n_fit,), (n_out,) int
        Windows to train on and to read out.
    training : BatchTraining
    generator : torch Generator
    tick : callable
        Called after every epoch with its cost; an epoch of a discriminator costs 1.
    """

    def __init__(
        self,
        windows: Windows,
        lags: np.ndarray,
        fit: np.ndarray,
        out: np.ndarray,
        training: BatchTraining,
        generator: torch.Generator,
        tick: Callable[[float], None],
    ):
        self.training, self.generator, self.tick = training, generator, tick
        scaler = Scaler.fit(windows.select(fit))
        x = plain_features(scaler, windows.steps.values, windows.steps.observed)
        used = x[:, torch.from_numpy(windows.select(fit).used_rows())]
        # as published, features of mean 0 and variance 1; one that does not vary stays as it is
        spread = used.std(1, keepdim=True)
        self.x = (x - used.mean(1, keepdim=True)) / torch.where(spread > 1e-6, spread, 1.0)
        self.rows = torch.from_numpy(windows.last[:, None] - np.asarray(lags))
        self.y = torch.from_numpy(windows.y)
        self.fit, self.out = torch.from_numpy(fit), torch.from_numpy(out)
        count = torch.bincount(self.y, minlength=len(windows.classes)).float()
        self.log_prior = torch.log(count / count.sum())
        self.n_lags = len(lags)

    def log_posterior(self, *modalities: int) -> torch.Tensor:
        """Train p(y | these modalities, lag); its log for every window, (L, N, C)."""
        network = self._network(len(modalities) * self.x.shape[2], len(self.log_prior))

        def logits(which: torch.Tensor, lag: int) -> torch.Tensor:
            return network(self._inputs(modalities, which, lag), lag) + self.log_prior

        def loss(which: torch.Tensor, lag: int) -> torch.Tensor:
            return nn.functional.cross_entropy(logits(which, lag), self.y[which])

        self._train([network], loss, self.training.discriminator_epochs, cost=1.0)
        everything = torch.arange(len(self.y))
        with torch.no_grad():
            return torch.stack([torch.log_softmax(logits(everything, lag), -1) for lag in range(self.n_lags)])

    def mixed(self, log_p: torch.Tensor) -> torch.Tensor:
        """Log-posteriors (L, N, C) mixed with the prior by the weight of least loss on the windows read out.

        A discriminator that has learned nothing but its training windows becomes the prior. Its loud posteriors
        would otherwise ask for an alignment in which each source tells what the other does not.
        """
        y = self.y[self.out]
        weight = prior_mixing_weight(of_label(log_p[:, self.out], y), self.log_prior[y])[:, None, None]
        return torch.logaddexp(torch.log(weight) + log_p, torch.log1p(-weight) + self.log_prior)

    def surplus(self, i: int, j: int, log_p1: torch.Tensor, log_p2: torch.Tensor) -> torch.Tensor:
        """Train the alignment of modalities i and j; what one tells beyond the other at each window read out.

        Parameters
        ----------
        i, j : int
        log_p1, log_p2 : (L, N, C)
            What `mixed` gave for each; frozen.

        Returns
        -------
        (L, n_out) nats
            Mean of I_Q(X_j; Y | x_i) and I_Q(X_i; Y | x_j). The published form reads the first only; both
            together do not depend on which source is named first.
        """
        outputs = len(self.log_prior) * self.training.embedding
        networks = [self._network(self.x.shape[2], outputs) for _ in range(2)]

        def log_coupling(which: torch.Tensor, lags: list[int], **accuracy) -> torch.Tensor:
            e1, e2 = (
                torch.stack([self._embed(network, m, which, lag) for lag in lags])
                for network, m in zip(networks, (i, j), strict=True)
            )
            logits = e1 @ e2.mT / math.sqrt(self.training.embedding)
            return aligned(logits, log_p1[lags][:, which], log_p2[lags][:, which], **accuracy)

        def loss(which: torch.Tensor, lag: int) -> torch.Tensor:
            return gain_over_rows(log_coupling(which, [lag], **ROUGH), log_p1[[lag]][:, which].mT).mean()

        self._train(networks, loss, self.training.alignment_epochs, cost=ALIGNMENT_COST)
        gain = torch.empty(self.n_lags, len(self.out))
        with torch.no_grad():
            for place in self._batches(len(self.out)):
                which = self.out[place]
                most = max(1, WORK_NUMBERS // (len(self.log_prior) * len(which) ** 2))
                for lags in torch.arange(self.n_lags).split(most):
                    log_q = log_coupling(which, lags.tolist())
                    by_rows = gain_over_rows(log_q, log_p1[lags][:, which].mT)
                    by_columns = gain_over_rows(log_q.mT, torch.logsumexp(log_q, 2))
                    gain[lags[:, None], place] = 0.5 * (by_rows + by_columns)
        return gain

    def _network(self, inputs: int, outputs: int) -> LagNetwork:
        return LagNetwork(inputs, self.n_lags, outputs, self.training, self.generator)

    def _inputs(self, modalities: tuple[int, ...], which: torch.Tensor, lag: int) -> torch.Tensor:
        rows = self.rows[which, lag]
        return torch.cat([self.x[m, rows] for m in modalities], dim=1)

    def _embed(self, network: LagNetwork, modality: int, which: torch.Tensor, lag: int) -> torch.Tensor:
        """Embeddings of each class, (C, B, Z), of mean 0 and variance 1 over Z."""
        flat = network(self._inputs((modality,), which, lag), lag)
        e_CBZ = flat.unflatten(1, (len(self.log_prior), -1)).transpose(0, 1)
        return nn.functional.layer_norm(e_CBZ, e_CBZ.shape[2:])

    def _train(self, networks: list[LagNetwork], loss, epochs: int, cost: float) -> None:
        """Minimise `loss` of a minibatch and a lag, drawn anew at every step."""
        parameters = [parameter for network in networks for parameter in network.parameters()]
        optimizer = torch.optim.Adam(parameters, lr=self.training.learning_rate, fused=True)
        for _ in range(epochs):
            for place in self._batches(len(self.fit)):
                lag = int(torch.randint(self.n_lags, (), generator=self.generator))
                optimizer.zero_grad(set_to_none=True)
                loss(self.fit[place], lag).backward()
                optimizer.step()
            self.tick(cost)

    def _batches(self, n: int) -> Iterator[torch.Tensor]:
        """Random batches of nearly equal size: a small last one would be aligned within itself."""
        order = torch.randperm(n, generator=self.generator)
        yield from torch.tensor_split(order, -(-n // self.training.batch_size))


def aligned(logits: torch.Tensor, log_p1: torch.Tensor, log_p2: torch.Tensor, **accuracy) -> torch.Tensor:
    """Log coupling q(a, b, y) of a minibatch.

    Parameters
    ----------
    logits : (L, C, A, B), log of the alignment tensor
    log_p1 : (L, A, C), log p(y | x1)
    log_p2 : (L, B, C), log p(y | x2)
    **accuracy
        Of `sinkhorn`.

    Returns
    -------
    (L, C, A, B)
        For each class rows weigh p(y | x1_a) and columns p(y | x2_b), rescaled to the mass of the rows.
    """
    rows, columns = log_p1.mT, log_p2.mT
    rescaled = torch.logsumexp(rows, -1, keepdim=True) - torch.logsumexp(columns, -1, keepdim=True)
    return sinkhorn(logits, rows, columns + rescaled, **accuracy)


def gain_over_rows(log_q: torch.Tensor, log_rows: torch.Tensor) -> torch.Tensor:
    """What columns tell about y beyond the row: sum_y q(y|a) sum_b q(b|a,y) log q(b|a,y) / q(b|a), nats (L, A).

    Parameters
    ----------
    log_q : (L, C, A, B), from `aligned`, or its transpose
    log_rows : (L, C, A), log masses of its rows
    """
    given_y = log_q - log_rows[..., None]
    mixed = torch.logsumexp(log_q, 1, keepdim=True) - torch.logsumexp(log_rows, 1)[:, None, :, None]
    return (torch.exp(log_q) * (given_y - mixed)).sum((1, 3))
