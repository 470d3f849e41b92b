"""Sinkhorn meets its marginals, agrees with a plain loop, and has the gradient of finite differences."""

import numpy as np
import pytest
import torch

from interplay.estimators.batch.sinkhorn import sinkhorn


def problems(*batch: int, a: int = 7, b: int = 5, spread: float = 2.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=(*batch, a, b))
    rows, columns = rng.dirichlet(np.ones(a), size=batch), rng.dirichlet(np.ones(b), size=batch)
    total = rng.uniform(0.5, 20.0, size=(*batch, 1))
    return torch.from_numpy(logits), torch.from_numpy(rows * total), torch.from_numpy(columns * total)


def plain(logits, rows, columns, sweeps: int = 5000) -> np.ndarray:
    """The slow twin: one problem, probability domain."""
    kernel, u, v = np.exp(logits.numpy()), np.ones(len(rows)), np.ones(len(columns))
    for _ in range(sweeps):
        v = columns.numpy() / (kernel.T @ u)
        u = rows.numpy() / (kernel @ v)
    return u[:, None] * kernel * v


@pytest.mark.parametrize(("dtype", "tol"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
def test_marginals_are_met(dtype, tol):
    logits, rows, columns = (part.to(dtype) for part in problems(2, 3))
    q = torch.exp(sinkhorn(logits, rows.log(), columns.log(), tol=tol))
    torch.testing.assert_close(q.sum(-1), rows, rtol=1e-5, atol=1e-6)
    off = 0.5 * (q.sum(-2) - columns).abs().sum(-1) / columns.sum(-1)
    # the tolerance asked for, and rounding in float32
    assert off.max() <= tol + 1e-6


@pytest.mark.parametrize("spread", [0.0, 2.0, 5.0])
def test_agrees_with_a_plain_loop(spread):
    logits, rows, columns = problems(2, 3, spread=spread)
    q = torch.exp(sinkhorn(logits, rows.log(), columns.log(), tol=1e-12, max_sweeps=5000))
    for k in np.ndindex(2, 3):
        np.testing.assert_allclose(q[k].numpy(), plain(logits[k], rows[k], columns[k]), rtol=1e-6, atol=1e-9)


def test_a_batch_is_its_problems_one_by_one():
    logits, rows, columns = problems(4, spread=3.0)
    together = sinkhorn(logits, rows.log(), columns.log())
    for k in range(4):
        alone = sinkhorn(logits[k], rows[k].log(), columns[k].log())
        # a problem stops at its own check, whatever the others need; only the order of sums may differ
        torch.testing.assert_close(together[k], alone, rtol=0, atol=1e-12)


def test_gradient_is_that_of_finite_differences():
    logits, rows, columns = problems(2, a=4, b=3, spread=1.0)

    def coupling(logits):
        return torch.exp(sinkhorn(logits, rows.log(), columns.log(), tol=1e-14, max_sweeps=200))

    assert torch.autograd.gradcheck(coupling, logits.requires_grad_(), atol=1e-6)


def test_extreme_logits_and_masses_stay_finite():
    logits, rows, columns = (part.float() for part in problems(3, spread=100.0))
    log_rows, log_columns = rows.log(), columns.log()
    log_rows[0, 1], log_columns[1, 2] = -200.0, -200.0
    # equal totals again
    log_columns += (torch.logsumexp(log_rows, -1) - torch.logsumexp(log_columns, -1))[:, None]
    logits.requires_grad_()
    log_q = sinkhorn(logits, log_rows, log_columns, max_sweeps=200)
    assert torch.isfinite(log_q).all()
    torch.testing.assert_close(torch.exp(log_q).sum(-1), torch.exp(log_rows), rtol=1e-3, atol=1e-6)
    (torch.exp(log_q) * log_q.detach().clamp_min(-50.0)).sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_inputs_are_untouched():
    logits, rows, columns = problems(2)
    log_rows, log_columns = rows.log(), columns.log()
    before = [part.clone() for part in (logits, log_rows, log_columns)]
    sinkhorn(logits, log_rows, log_columns)
    for part, copy in zip((logits, log_rows, log_columns), before, strict=True):
        assert torch.equal(part, copy)
