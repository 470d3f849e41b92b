"""Batched, certified solver of the BROJA minimisation.

Given the marginal tables P1(x1, y) and P2(x2, y), find the least I_Q(X1, X2; Y) over all joint tables Q
that keep both (Bertschinger, Rauh, Olbrich, Jost, Ay, Entropy 2014).

Its dual has one potential per marginal entry::

    maximise  <alpha, P1> + <beta, P2> + H(Y)
    subject   sum_y exp(alpha(x1, y) + beta(x2, y)) <= 1   for every (x1, x2)

We follow its central path, slack * r = mu * P(x1) P(x2), with a primal-dual interior-point method
(predictor-corrector after Mehrotra, SIAM J. Optim. 1992). The multiplier r(x1, x2) of a constraint is
Q(x1, x2), and q = r * exp(alpha + beta). Weighting the path by P(x1) P(x2) centres it on the start and
keeps cells of tiny mass from steering the rest. The Newton matrix has C x C blocks; those of x1 are
eliminated, so that one step costs one Cholesky factor of size n2 * C. About 15 to 25 steps reach
1e-6 bit.

Every answer is certified: the potentials are feasible by construction, q is rounded onto the marginals
(Altschuler, Weed, Rigollet, NeurIPS 2017, Algorithm 2, per y), and the gap between the two values bounds
the error of both.

Letters: B problems, I and J cells of the two sources, C classes. All values here are nats.
"""

import math
from dataclasses import dataclass, replace

import torch

from interplay.info.entropy import entropy_nats, mutual_information_nats

ZERO = 1e-12
"""Probabilities below this are structural zeros; together they move no result by 1e-10 nats."""

RIDGE = 1e-12
"""Added to the Schur complement, relative to the diagonal before elimination, against cancellation."""

KEEP = 0.01
"""A step leaves this share of every slack and multiplier."""

MOST = 8.0
"""A step moves no exponent alpha + beta further than this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coupling:
    """Solution of a batch of problems.

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


@dataclass(kw_only=True, slots=True)
class _Problems:
    """Marginals, where they are positive, and the current iterate."""

    p1: torch.Tensor
    p2: torch.Tensor
    alpha: torch.Tensor
    beta: torch.Tensor
    r: torch.Tensor
    slack: torch.Tensor

    def take(self, rows):
        return _Problems(**{name: getattr(self, name)[rows] for name in self.__slots__})


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
    p1, p2 = _without_dust(p1), _without_dust(p2)
    if p1.shape[1] < p2.shape[1]:
        other = solve(p2, p1, tol_nats=tol_nats, max_steps=max_steps)
        return replace(other, alpha=other.beta, beta=other.alpha)
    result = _one_source_suffices(p1, p2)
    open_rows = torch.nonzero(result.gap_nats > tol_nats)[:, 0]
    problems = _start(p1, p2).take(open_rows)
    for step in range(max_steps + 1):
        e = _ratio(problems)
        _keep_better(result, _certify(problems, e), open_rows)
        rows = torch.nonzero(result.gap_nats[open_rows] > tol_nats)[:, 0]
        if step == max_steps or len(rows) == 0:
            break
        open_rows, problems, e = open_rows[rows], problems.take(rows), e[rows]
        _advance(problems, e, tol_nats)
    return result


def _without_dust(p: torch.Tensor) -> torch.Tensor:
    return torch.where(p > ZERO, p, 0.0)


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
        alpha=torch.where(use1, _log_posterior(p1), torch.where(p1 > 0, 0.0, -torch.inf)),
        beta=torch.where(use1, torch.where(p2 > 0, 0.0, -torch.inf), _log_posterior(p2)),
    )


def same_source(p1: torch.Tensor, p2: torch.Tensor) -> torch.Tensor:
    """Whether two sources (B, I, C), (B, J, C) are copies: equal once cells of equal posterior are merged."""
    return _equal_tables(_merged(p1), _merged(p2))


def _equal_tables(p1: torch.Tensor, p2: torch.Tensor) -> torch.Tensor:
    pad = p1.shape[1] - p2.shape[1]
    p1 = torch.nn.functional.pad(p1, (0, 0, 0, max(-pad, 0)))
    p2 = torch.nn.functional.pad(p2, (0, 0, 0, max(pad, 0)))
    return (p1 - p2).abs().flatten(1).amax(1) <= ZERO


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


def _log_posterior(p: torch.Tensor) -> torch.Tensor:
    return torch.log(p) - torch.log(p.sum(-1, keepdim=True).clamp_min(1e-300))


def _start(p1: torch.Tensor, p2: torch.Tensor) -> _Problems:
    """A strictly feasible start: by Cauchy-Schwarz, sum_y sqrt(p(y|x1) p(y|x2)) / 2 <= 1/2."""
    alpha = 0.5 * (_log_posterior(p1) - math.log(2.0))
    beta = 0.5 * (_log_posterior(p2) - math.log(2.0))
    r = 2.0 * p1.sum(-1)[:, :, None] * p2.sum(-1)[:, None, :]
    slack = 1.0 - torch.exp(alpha[:, :, None] + beta[:, None]).sum(-1)
    return _Problems(p1=p1, p2=p2, alpha=alpha, beta=beta, r=r, slack=slack)


def _ratio(problems: _Problems) -> torch.Tensor:
    """exp(alpha + beta), (B, I, J, C); exactly 0 at structural zeros."""
    return torch.exp(problems.alpha[:, :, None] + problems.beta[:, None])


def _certify(problems: _Problems, e: torch.Tensor) -> Coupling:
    p1, p2 = problems.p1, problems.p2
    h_y = entropy_nats(p1.sum(1))
    alpha, beta = _feasible(problems.alpha, problems.beta, e.sum(-1))
    dual = h_y + (_dot(p1, alpha) + _dot(p2, beta))
    q = _rounded(problems.r[..., None] * e, p1, p2)
    primal = h_y + (torch.xlogy(q, q).sum((1, 2, 3)) - torch.xlogy(q.sum(-1), q.sum(-1)).sum((1, 2)))
    return Coupling(least_nats=primal, lower_nats=dual, alpha=alpha, beta=beta)


def _feasible(alpha, beta, total):
    """Potentials shifted so that the largest constraint value of every row, then of every column, is 1.

    `total` (B, I, J) holds sum_y exp(alpha + beta); cells without mass, where it is 0, bind nothing.
    """
    row = total.amax(2, keepdim=True)
    row = torch.where(row > 0, row, 1.0)
    column = (total / row).amax(1)[..., None]
    column = torch.where(column > 0, column, 1.0)
    return alpha - torch.log(row), beta - torch.log(column)


def _dot(p: torch.Tensor, potential: torch.Tensor) -> torch.Tensor:
    return torch.where(p > 0, p * potential, 0.0).sum((1, 2))


def _rounded(q: torch.Tensor, p1: torch.Tensor, p2: torch.Tensor) -> torch.Tensor:
    """The nearest table with exactly the marginals: shrink what exceeds them, then fill what is missing."""
    q = q * (p1 / q.sum(2).clamp_min(1e-300)).clamp_max(1.0)[:, :, None]
    q = q * (p2 / q.sum(1).clamp_min(1e-300)).clamp_max(1.0)[:, None]
    missing1, missing2 = (p1 - q.sum(2)).clamp_min(0.0), (p2 - q.sum(1)).clamp_min(0.0)
    total = missing1.sum(1)[:, None, None].clamp_min(1e-300)
    return q + missing1[:, :, None] * (missing2[:, None] / total)


def _keep_better(result: Coupling, found: Coupling, rows: torch.Tensor) -> None:
    result.least_nats[rows] = torch.fmin(result.least_nats[rows], found.least_nats)
    better = found.lower_nats >= result.lower_nats[rows]
    rows = rows[better]
    result.lower_nats[rows] = found.lower_nats[better]
    result.alpha[rows] = found.alpha[better]
    result.beta[rows] = found.beta[better]


def _advance(problems: _Problems, e: torch.Tensor, tol_nats: float) -> None:
    """One predictor-corrector step of every problem, in place."""
    weight = problems.p1.sum(-1)[:, :, None] * problems.p2.sum(-1)[:, None, :]
    mu = (problems.r * problems.slack).sum((1, 2))
    newton = _Newton(problems, e)

    move = newton.direction(torch.zeros_like(weight))
    t = _step_length(problems, move)[:, None, None]
    mu_after = ((problems.r + t * move.r) * (problems.slack + t * move.slack)).sum((1, 2))
    centring = ((mu_after / mu).clamp(0.0, 1.0) ** 3).maximum(0.1 * tol_nats / mu)
    aim = (centring * mu)[:, None, None] * weight - t * t * move.slack * move.r
    move = newton.direction(aim)
    t = _step_length(problems, move)[:, None, None]
    problems.alpha = problems.alpha + t * move.alpha
    problems.beta = problems.beta + t * move.beta
    problems.r = problems.r + t * move.r
    problems.slack = problems.slack + t * move.slack


@dataclass(frozen=True, slots=True)
class _Move:
    alpha: torch.Tensor
    beta: torch.Tensor
    r: torch.Tensor
    slack: torch.Tensor


class _Newton:
    """The linearised optimality conditions at one iterate, factored once for two right-hand sides.

    Unknowns are the moves of alpha and beta. Slacks and multipliers are eliminated through
    dslack = excess - sum_y e * (dalpha + dbeta) and slack * dr + r * dslack = aim - r * slack, where excess,
    1 - sum_y e - slack, is by how much the slacks still miss their constraints: a constraint that curves
    does not shorten the step, as it would if slacks had to be exact. Blocks of alpha are eliminated next;
    what is left is the Schur complement of size J * C. Adding a function of y to alpha and taking it from
    beta changes nothing, so that direction is given a weight of its own.
    """

    def __init__(self, problems: _Problems, e: torch.Tensor):
        self.e, self.slack, self.r = e, problems.slack, problems.r
        self.excess = 1.0 - e.sum(-1) - problems.slack
        q = problems.r[..., None] * e
        self.missing1, self.missing2 = problems.p1 - q.sum(2), problems.p2 - q.sum(1)
        n_b, n_i, n_j, n_c = e.shape
        g = torch.sqrt(problems.r / problems.slack)[..., None] * e
        d1 = torch.einsum("bijc,bijd->bicd", g, g) + torch.diag_embed(q.sum(2) + (problems.p1 <= 0))
        d2 = torch.einsum("bijc,bijd->bjcd", g, g) + torch.diag_embed(q.sum(1) + (problems.p2 <= 0))
        cross = g[..., :, None] * g[..., None, :]
        cross.diagonal(dim1=-2, dim2=-1).add_(q)
        cross = cross.transpose(2, 3).reshape(n_b, n_i, n_c, n_j * n_c)
        self.factor1 = torch.linalg.cholesky_ex(d1).L
        half = torch.linalg.solve_triangular(self.factor1, cross, upper=False)
        self.half = half.reshape(n_b, n_i * n_c, n_j * n_c)
        schur = -(self.half.transpose(1, 2) @ self.half)
        blocks = schur.view(n_b, n_j, n_c, n_j, n_c)
        blocks.diagonal(dim1=1, dim2=3).add_(d2.permute(0, 2, 3, 1))
        live = (problems.p2 > 0).to(e.dtype)
        gauge = (
            live[:, :, None, :] * live[:, None, :, :] * d2.diagonal(dim1=-2, dim2=-1).mean(1)[:, None, None]
        )
        blocks.diagonal(dim1=2, dim2=4).add_(gauge)
        schur.diagonal(dim1=1, dim2=2).add_(RIDGE * d2.diagonal(dim1=-2, dim2=-1).flatten(1))
        self.factor2 = torch.linalg.cholesky_ex(schur).L

    def direction(self, aim: torch.Tensor) -> _Move:
        n_b, _, n_j, n_c = self.e.shape
        pull = (aim - self.r * (self.slack + self.excess)) / self.slack
        weighted = pull[..., None] * self.e
        f, g = self.missing1 - weighted.sum(2), self.missing2 - weighted.sum(1)
        half_f = torch.linalg.solve_triangular(self.factor1, f[..., None], upper=False)
        rest = g.reshape(n_b, -1, 1) - self.half.transpose(1, 2) @ half_f.reshape(n_b, -1, 1)
        beta = torch.cholesky_solve(rest, self.factor2)
        left = half_f - (self.half @ beta).reshape_as(half_f)
        alpha = torch.linalg.solve_triangular(self.factor1.mT, left, upper=True)[..., 0]
        beta = beta.reshape(n_b, n_j, n_c)
        told = (self.e * (alpha[:, :, None] + beta[:, None])).sum(-1)
        return _Move(alpha, beta, pull + self.r / self.slack * told, self.excess - told)


def _step_length(problems: _Problems, move: _Move) -> torch.Tensor:
    """The longest step, (B,), at most 1, that keeps multipliers and slacks positive and potentials near."""
    far = (move.alpha.abs().amax((1, 2)) + move.beta.abs().amax((1, 2))).clamp_min(1e-300)
    t = torch.clamp(MOST / far, max=1.0)
    for value, change in ((problems.r, move.r), (problems.slack, move.slack)):
        room = torch.where(change < 0, (KEEP - 1.0) * value / change.clamp_max(-1e-300), 1.0)
        t = torch.minimum(t, room.amin((1, 2)))
    return t
