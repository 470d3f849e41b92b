"""Steps of the interior-point method that solves BROJA problems in `interplay.info.broja`.

We follow the central path of the dual, slack * r = mu * P(x1) P(x2), with a primal-dual interior-point method
(predictor-corrector after Mehrotra, SIAM J. Optim. 1992). The multiplier r(x1, x2) of a constraint is
Q(x1, x2), and q = r * exp(alpha + beta). Weighting the path by P(x1) P(x2) centres it on the start and
keeps cells of tiny mass from steering the rest. The Newton matrix has C x C blocks; those of x1 are
eliminated, so that one step costs one Cholesky factor of size J * C.

Graded tables, whose cells differ in mass by many orders, are why nothing here is bounded by the worst cell of a
problem: potentials move by at most `MOST` in each row, and pairs of cells that together weigh next to nothing
are cut short one by one while the others take their full step.

Letters: B problems, I and J cells of the two sources, C classes. All values here are nats.
"""

import math
from dataclasses import dataclass, fields

import torch

RIDGE = 1e-14
"""Added to the Schur complement, relative to the diagonal before elimination, against cancellation. A larger one
bends the steps of near-copies, whose potentials are linked by little."""

KEEP = 0.01
"""A step leaves this share of every slack and multiplier that shortens it."""

KEEP_LIGHT = 0.3
"""A step leaves this share of the slack and multiplier of a light pair, which do not shorten it."""

LIGHT = 0.01
"""The light pairs of a problem are those that weigh less than this share of the average pair."""

MOST = 2.0
"""A step moves no potential further than this: exp(alpha) is linear for no longer, and overshoots."""


@dataclass(kw_only=True, slots=True)
class Problems:
    """Marginals (B, I, C) and (B, J, C), and the current iterate of each problem.

    Attributes
    ----------
    alpha, beta : (B, I, C), (B, J, C) potentials; -inf where the marginals are 0
    r, slack : (B, I, J) multipliers and slacks of the constraints, positive
    """

    p1: torch.Tensor
    p2: torch.Tensor
    alpha: torch.Tensor
    beta: torch.Tensor
    r: torch.Tensor
    slack: torch.Tensor

    def take(self, rows: torch.Tensor) -> "Problems":
        return Problems(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def ratio(self) -> torch.Tensor:
        """exp(alpha + beta), (B, I, J, C); exactly 0 at structural zeros."""
        return torch.exp(self.alpha[:, :, None] + self.beta[:, None])

    def weight(self) -> torch.Tensor:
        """P(x1) P(x2), (B, I, J)."""
        return self.p1.sum(-1)[:, :, None] * self.p2.sum(-1)[:, None]


def start(p1: torch.Tensor, p2: torch.Tensor) -> Problems:
    """A strictly feasible start: by Cauchy-Schwarz, sum_y sqrt(p(y|x1) p(y|x2)) / 2 <= 1/2."""
    alpha = 0.5 * (log_posterior(p1) - math.log(2.0))
    beta = 0.5 * (log_posterior(p2) - math.log(2.0))
    problems = Problems(p1=p1, p2=p2, alpha=alpha, beta=beta, r=alpha, slack=alpha)
    problems.r = 2.0 * problems.weight()
    problems.slack = 1.0 - problems.ratio().sum(-1)
    return problems


def log_posterior(p: torch.Tensor) -> torch.Tensor:
    return torch.log(p) - torch.log(p.sum(-1, keepdim=True).clamp_min(1e-300))


def advance(problems: Problems, e: torch.Tensor, tol_nats: float) -> None:
    """One predictor-corrector step of every problem, in place; `e` is `problems.ratio()`."""
    weight = problems.weight()
    light = weight < LIGHT / weight[0].numel()
    keep = torch.where(light, KEEP_LIGHT, KEEP)
    mu = (problems.r * problems.slack).sum((1, 2))
    newton = _Newton(problems, e)

    move = newton.direction(torch.zeros_like(weight))
    t = _step_length(problems, move, light)
    r, slack = _moved(problems, move, t, keep)
    centring = (((r * slack).sum((1, 2)) / mu).clamp(0.0, 1.0) ** 3).maximum(0.1 * tol_nats / mu)
    bend = (move.slack * move.r).mul_(t * t).masked_fill_(light, 0.0)
    move = newton.direction(weight * (centring * mu)[:, None, None] - bend)
    t = _step_length(problems, move, light)
    problems.r, problems.slack = _moved(problems, move, t, keep)
    problems.alpha = problems.alpha + _row_by_row(move.alpha, t)
    problems.beta = problems.beta + _row_by_row(move.beta, t)


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
    beta changes nothing, so that direction is given a weight of its own. Each cell enters that weight with its
    own diagonal entry: anything heavier would drown the entries of cells of tiny mass in rounding.
    """

    def __init__(self, problems: Problems, e: torch.Tensor):
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
        own = d2.diagonal(dim1=-2, dim2=-1)
        live = torch.where(problems.p2 > 0, own, 0.0)
        gauge = live[:, :, None] * (live / live.sum(1, keepdim=True).clamp_min(1e-300))[:, None]
        blocks.diagonal(dim1=2, dim2=4).add_(gauge)
        schur.diagonal(dim1=1, dim2=2).add_(RIDGE * own.flatten(1))
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
        growth = (self.e * (alpha[:, :, None] + beta[:, None])).sum(-1)
        return _Move(alpha, beta, pull + self.r / self.slack * growth, self.excess - growth)


def _step_length(problems: Problems, move: _Move, light: torch.Tensor) -> torch.Tensor:
    """The longest step, (B, 1, 1), at most 1, that keeps multipliers and slacks of all but light pairs positive."""
    loss = -torch.minimum(move.r / problems.r, move.slack / problems.slack)
    return (1.0 - KEEP) / loss.masked_fill_(light, 0.0).amax((1, 2), keepdim=True).clamp_min(1.0 - KEEP)


def _moved(problems: Problems, move: _Move, t: torch.Tensor, keep: torch.Tensor) -> list[torch.Tensor]:
    """Multipliers and slacks after a step, cut short where less than the share `keep` would be left."""
    return [
        torch.maximum(torch.addcmul(value, t, change), keep * value)
        for value, change in ((problems.r, move.r), (problems.slack, move.slack))
    ]


def _row_by_row(change: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """The step of potentials (B, K, C), shortened in rows that would move further than `MOST`."""
    return change * torch.minimum(t, MOST / change.abs().amax(-1, keepdim=True).clamp_min(1e-300))
