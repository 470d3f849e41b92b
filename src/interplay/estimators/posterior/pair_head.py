"""A pair's head, asked about steps of its two modalities that never met.

Letters: K folds, D rearrangements, N windows, n of them, C classes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from interplay.estimators.posterior.crossfit import CrossFit
from interplay.estimators.posterior.fold_probe import Part, Screened
from interplay.estimators.posterior.problem import Problem
from interplay.probe.network import OF_PAIRS, Probe, pair_extra


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
        self.problem, self.outputs = problem, problem.outputs
        self.context = torch.from_numpy(problem.context)
        columns = np.flatnonzero(screened.modalities)[self.members]
        self.x = problem.features.at(problem.rows[:, lag], columns).transpose(0, 1)[None]

    @torch.no_grad()
    def logits(self, first: np.ndarray, second: np.ndarray) -> torch.Tensor:
        """Logits relative to the prior (D, N, C) of windows whose two sources show what they show in the windows
        `first` and `second` (D, N)."""
        drawn = torch.zeros(len(first), first.shape[1], self.problem.log_prior.shape[1])
        for k, part in enumerate(self.parts):
            epoch = int(self.fit.read_at[k, self.pair, self.lag])
            if epoch > 0:
                out = torch.from_numpy(part.out)
                outputs = self._of_fold(self.fit.weights[epoch], k, out, first, second)
                drawn[:, out] = self.problem.logits(outputs)
        return drawn

    def _of_fold(
        self, weights, k: int, out: torch.Tensor, first: np.ndarray, second: np.ndarray
    ) -> torch.Tensor:
        """Numbers (D, n, O) of the windows that fold k holds out."""
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
        return Probe.from_state(state | {"pairs": torch.tensor([[0, 1]])}, self.outputs)

    def _in_context(self, numbers: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """The shared part of numbers (D, n, O) plus that of each window's context, (D, n, O) of one part."""
        parts = numbers.unflatten(-1, (-1, self.outputs))
        if parts.shape[-2] == 1:
            return parts[..., 0, :]
        return parts[..., 0, :] + parts[:, torch.arange(len(context)), context + 1]
