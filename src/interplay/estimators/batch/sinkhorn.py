"""Sinkhorn: couplings of any number of problems at once, with their gradient.

Letters: A rows, B columns; all other leading axes (class, pair, lag) are batch axes.
"""

import torch

CHECK_EVERY = 10
"""Sweeps from one look at the marginals to the next."""


def sinkhorn(
    logits: torch.Tensor,
    log_rows: torch.Tensor,
    log_columns: torch.Tensor,
    *,
    tol: float = 1e-4,
    max_sweeps: int = 1000,
) -> torch.Tensor:
    """Log coupling logits + f + g whose rows and columns have the given masses.

    Parameters
    ----------
    logits : (..., A, B), finite
    log_rows : (..., A), log masses, nats
    log_columns : (..., B), likewise, of the same total; masses are constants of the gradient
    tol : float
        Share of the total mass by which columns may be off, in total variation; rows are exact.
    max_sweeps : int
        Sweeps after which a problem is left as it is.

    Returns
    -------
    (..., A, B), differentiable in `logits`

    Notes
    -----
    Potentials are kept in the log domain. Between two checks sweeps are matrix products with the current
    coupling, whose entries are at most 1: the stabilised scaling of Schmitzer, SIAM J. Sci. Comput. 2019.
    The gradient solves the linearised marginal equations instead of going back through the sweeps.
    """
    return _Coupling.apply(logits, log_rows, log_columns, tol, max_sweeps)


class _Coupling(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, log_rows, log_columns, tol: float, max_sweeps: int):
        a, b = logits.shape[-2:]
        s, log_r, log_c = logits.reshape(-1, a, b), log_rows.reshape(-1, a), log_columns.reshape(-1, b)
        # as shares of each problem's mass, so that one tolerance fits all
        log_total = torch.logsumexp(log_r, -1, keepdim=True)
        f, g, sweeps = _potentials(s, log_r - log_total, log_c - log_total, tol, max_sweeps)
        log_q = s + (f + log_r)[:, :, None] + (g + log_c - log_total)[:, None, :]
        ctx.sweeps = sweeps
        ctx.save_for_backward(log_q, log_r, log_c)
        return log_q.view(logits.shape)

    @staticmethod
    def backward(ctx, *gradients):
        log_q, log_r, log_c = ctx.saved_tensors
        gradient = gradients[0].reshape(log_q.shape)
        q = torch.exp(log_q)
        r, c = _mass(log_r), _mass(log_c)
        of_rows, of_columns = gradient.sum(2), gradient.sum(1)
        mu = torch.zeros_like(c)
        lam = of_rows / r
        # the same contraction as the sweeps forward, hence as many of them
        for _ in range(ctx.sweeps):
            mu = (of_columns - _times(q.mT, lam)) / c
            lam = (of_rows - _times(q, mu)) / r
        through = gradient - q * (lam[:, :, None] + mu[:, None, :])
        return through.view(gradients[0].shape), None, None, None, None


def _potentials(s, log_r, log_c, tol: float, max_sweeps: int):
    """Potentials f (P, A), g (P, B) relative to the masses, and the sweeps that were made."""
    f = -torch.logsumexp(s + log_c[:, None, :], 2)
    g = -torch.logsumexp(s + (f + log_r)[:, :, None], 1)
    r, c = _mass(log_r), _mass(log_c)
    open_ = torch.arange(len(s), device=s.device)
    sweeps = 0
    while len(open_) and sweeps < max_sweeps:
        every = len(open_) == len(s)
        part = s if every else s[open_]
        q = torch.exp(part + (f + log_r)[open_][:, :, None] + (g + log_c)[open_][:, None, :])
        r_open, c_open = r[open_], c[open_]
        v = torch.ones_like(c_open)
        u = _over(r_open, _times(q, v))
        for _ in range(CHECK_EVERY - 1):
            v = _over(c_open, _times(q.mT, u))
            u = _over(r_open, _times(q, v))
        sweeps += CHECK_EVERY
        f[open_] += torch.log(u)
        g[open_] += torch.log(v)
        off = 0.5 * (v * _times(q.mT, u) - c_open).abs().sum(1)
        open_ = open_[off > tol]
    return f, g, sweeps


def _mass(log_mass: torch.Tensor) -> torch.Tensor:
    return torch.exp(log_mass).clamp_min(torch.finfo(log_mass.dtype).tiny)


def _over(mass: torch.Tensor, total: torch.Tensor) -> torch.Tensor:
    # what underflows moves by the smallest number there is, and further after the next check
    return mass / total.clamp_min(torch.finfo(mass.dtype).tiny)


def _times(matrix: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    return torch.bmm(matrix, vector[:, :, None])[:, :, 0]
