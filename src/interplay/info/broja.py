"""Batched, certified solver of the BROJA minimisation.

Given the marginal tables P1(x1, y) and P2(x2, y), find the least I_Q(X1, X2; Y) over all joint tables Q
that keep both (Bertschinger, Rauh, Olbrich, Jost, Ay, Entropy 2014).

Its dual has one potential per marginal entry::

    maximise  <alpha, P1> + <beta, P2> + H(Y)
    subject   sum_y exp(alpha(x1, y) + beta(x2, y)) <= 1   for every (x1, x2)

`interplay.info.interior_point` takes the steps, some 10 to 50 to 1e-6 bit, and every answer is certified
(`interplay.info.certificate`): a table that keeps the marginals and potentials that keep the constraints bound the
minimum from both sides, and the gap between their values bounds the error of either.

Letters: B problems, I and J cells of the two sources, C classes. All values here are nats.
"""

from dataclasses import dataclass, replace

import torch

from interplay.info.certificate import lower_bound, upper_bound
from interplay.info.entropy import mutual_information_nats
from interplay.info.interior_point import Problems, advance, log_posterior, start
from interplay.units import bits

ZERO = 1e-30
"""Probabilities below this are structural zeros; together they move no result by 1e-20 nats."""

SAME = 1e-12
"""Tables whose entries agree to this belong to copies; the rest moves no result by 1e-8 nats."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coupling:
    """Least informative couplings of a batch of problems: the `UnionInformation` of BROJA.

    Attributes
    ----------
    least_nats : (B,) value of the best table found, an upper bound of the minimum
    lower_nats : (B,) proven lower bound of the minimum
    alpha, beta : (B, I, C), (B, J, C) feasible dual potentials; -inf at structural zeros
    """

    least_nats: torch.Tensor
    lower_nats: torch.Tensor
    alpha: torch.Tensor
    beta: torch.Tensor

    @property
    def gap_nats(self) -> torch.Tensor:
        return (self.least_nats - self.lower_nats).clamp_min(0.0)

    @property
    def gap_bits(self) -> torch.Tensor:
        return bits(self.gap_nats)

    def log_score(self, cell1: torch.Tensor, cell2: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """alpha(cell1, y) + beta(cell2, y) of each event, nats; -inf where a cell rules its label out.

        Parameters
        ----------
        cell1, cell2, y : (B, N) int64, or (1, N) for events that all problems share

        Returns
        -------
        (B, N) float64
        """
        return entries_at(self.alpha, cell1, y) + entries_at(self.beta, cell2, y)


def entries_at(potential: torch.Tensor, cell: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Entries (..., N) of potentials (..., K, C)."""
    index = cell * potential.shape[-1] + y
    return potential.flatten(-2).gather(-1, index.expand(*potential.shape[:-2], index.shape[-1]))


def solve(p1: torch.Tensor, p2: torch.Tensor, *, tol_nats: float, max_steps: int = 80) -> Coupling:
    """Solve a batch of problems.

    Parameters
    ----------
    p1 : (B, I, C) float64
    p2 : (B, J, C) float64
        Tables with equal y-marginals.
    tol_nats : float
        Steps end for a problem when its gap is at most this.
    max_steps : int
        A problem that needs more is returned with the gap that it has.

    Returns
    -------
    Coupling
    """
    if p1.shape[1] < p2.shape[1]:
        other = solve(p2, p1, tol_nats=tol_nats, max_steps=max_steps)
        return replace(other, alpha=other.beta, beta=other.alpha)
    p1, p2 = _on_common_support(p1, p2)
    result = _one_source_suffices(p1, p2)
    open_rows = torch.nonzero(result.gap_nats > tol_nats)[:, 0]
    problems = start(p1[open_rows], p2[open_rows])
    for step in range(max_steps + 1):
        e = problems.ratio()
        _keep_better(result, _certified(problems, e), open_rows)
        rows = torch.nonzero(result.gap_nats[open_rows] > tol_nats)[:, 0]
        if step == max_steps or len(rows) == 0:
            break
        open_rows, problems, e = open_rows[rows], problems.take(rows), e[rows]
        advance(problems, e, tol_nats)
    return result


def _on_common_support(p1: torch.Tensor, p2: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Tables without entries below `ZERO` and without classes of which that leaves one source nothing."""
    p1, p2 = (torch.where(p > ZERO, p, 0.0) for p in (p1, p2))
    both = ((p1.sum(1) > 0) & (p2.sum(1) > 0))[:, None]
    return torch.where(both, p1, 0.0), torch.where(both, p2, 0.0)


def _certified(problems: Problems, e: torch.Tensor) -> Coupling:
    p1, p2 = problems.p1, problems.p2
    least = upper_bound(problems.r[..., None] * e, p1, p2)
    lower, alpha, beta = lower_bound(problems.alpha, problems.beta, e.sum(-1), p1, p2)
    return Coupling(least_nats=least, lower_nats=lower, alpha=alpha, beta=beta)


def _keep_better(result: Coupling, candidate: Coupling, rows: torch.Tensor) -> None:
    """Write the better value of each bound into `result`; NaN is never better."""
    result.least_nats[rows] = torch.fmin(result.least_nats[rows], candidate.least_nats)
    better = candidate.lower_nats >= result.lower_nats[rows]
    rows = rows[better]
    result.lower_nats[rows] = candidate.lower_nats[better]
    result.alpha[rows] = candidate.alpha[better]
    result.beta[rows] = candidate.beta[better]


def _one_source_suffices(p1: torch.Tensor, p2: torch.Tensor) -> Coupling:
    """Bounds that need no steps, exact where one source says all that both say.

    The potentials alpha = log p(y|x1), beta = 0 are feasible and prove I_Q >= I1, likewise for x2. They
    are optimal when the weaker source is a copy of the stronger or has a single posterior.
    """
    i1, i2 = mutual_information_nats(p1), mutual_information_nats(p2)
    merged1, merged2 = _merged(p1), _merged(p2)
    copies = _equal_tables(merged1, merged2)
    first = copies | (i1 >= i2)
    weaker = torch.where(first, (merged2.sum(-1) > 0).sum(1), (merged1.sum(-1) > 0).sum(1))
    lower = torch.where(first, i1, i2)
    use1 = first[:, None, None]
    return Coupling(
        least_nats=torch.where(copies | (weaker <= 1), lower, torch.inf),
        lower_nats=lower,
        alpha=torch.where(use1, log_posterior(p1), torch.where(p1 > 0, 0.0, -torch.inf)),
        beta=torch.where(use1, torch.where(p2 > 0, 0.0, -torch.inf), log_posterior(p2)),
    )


def _equal_tables(p1: torch.Tensor, p2: torch.Tensor) -> torch.Tensor:
    pad = p1.shape[1] - p2.shape[1]
    p1 = torch.nn.functional.pad(p1, (0, 0, 0, max(-pad, 0)))
    p2 = torch.nn.functional.pad(p2, (0, 0, 0, max(pad, 0)))
    return (p1 - p2).abs().flatten(1).amax(1) <= SAME


def _merged(p: torch.Tensor) -> torch.Tensor:
    """Cells whose posteriors agree to 1e-10 added up, in an order that depends on the posteriors alone."""
    mass = p.sum(-1, keepdim=True)
    posterior = torch.where(mass > 0, torch.round(p / mass.clamp_min(1e-300), decimals=10), 2.0)
    direction = torch.sqrt(torch.arange(2, 2 + p.shape[-1], dtype=p.dtype, device=p.device))
    order = torch.argsort((posterior * direction).sum(-1), dim=1)[..., None].expand_as(p)
    posterior, p = torch.gather(posterior, 1, order), torch.gather(p, 1, order)
    is_new = (posterior[:, 1:] != posterior[:, :-1]).any(-1)
    group = torch.nn.functional.pad(is_new.cumsum(1), (1, 0))
    return torch.zeros_like(p).scatter_add_(1, group[..., None].expand_as(p), p)
