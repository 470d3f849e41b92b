"""BROJA-type decomposition of jointly Gaussian sources and target, from covariances.

Given the target, whitened sources are X1 = H1 Y + N1 and X2 = H2 Y + N2 with noise of unit covariance. The two
source-target marginals fix H1 and H2 and leave the cross-covariance C of the noises free, up to |C| <= 1
(spectral norm). I_Q is the least joint information over Gaussian couplings::

    I_Q = min over C of 1/2 log det(K + H H') - 1/2 log det K,    K = [[1, C], [C', 1]],    H = [H1; H2]

which is convex. For a scalar target it is max(I1, I2) (Barrett, Phys. Rev. E 2015); for vectors see
Venkatesh and Schamberg, ISIT 2022. Letters: any leading batch axes; d1, d2, k dimensions of X1, X2, Y.
"""

import warnings

import numpy as np
import torch

from interplay.errors import ConvergenceWarning, InvalidInput
from interplay.info.atoms import Decomposition
from interplay.units import bits

MAX_STEPS = 100


def decompose_gaussian(covariance, d1: int, d2: int, *, tol_bits: float = 1e-4) -> Decomposition:
    """Redundancy, uniqueness and synergy of Gaussian variables.

    Parameters
    ----------
    covariance : array_like (..., d1 + d2 + k, d1 + d2 + k)
        Positive definite, of X1, X2 and Y in this order.
    d1, d2 : int
        Dimensions of the sources; the rest is the target.
    tol_bits : float
        Certified accuracy asked for.

    Returns
    -------
    Decomposition
        Of (...) arrays, in bits. `gap_bits` bounds how far I_Q lies above the least value, by convexity.

    Raises
    ------
    InvalidInput
        If the matrix is not symmetric and positive definite, or leaves no dimension for the target.
    """
    whole = _checked(covariance, d1, d2)
    lead = whole.shape[:-2]
    sigma = whole.reshape(-1, *whole.shape[-2:])
    one, two = torch.arange(d1), torch.arange(d1, d1 + d2)
    target = torch.arange(d1 + d2, sigma.shape[-1])
    i1, i2 = (_information(sigma, source, target) for source in (one, two))
    i12 = _information(sigma, torch.cat([one, two]), target)
    least, gap = _least(_gain(sigma, one, target), _gain(sigma, two, target), tol_bits)

    def shaped(nats: torch.Tensor) -> np.ndarray:
        return bits(nats).reshape(lead).numpy()

    return Decomposition(
        redundancy=shaped(i1 + i2 - least),
        unique1=shaped(least - i2),
        unique2=shaped(least - i1),
        synergy=shaped(i12 - least),
        mi1=shaped(i1),
        mi2=shaped(i2),
        joint_mi=shaped(i12),
        gap_bits=shaped(gap),
    )


def _checked(covariance, d1: int, d2: int) -> torch.Tensor:
    sigma = torch.as_tensor(np.array(covariance, dtype=np.float64))
    if sigma.ndim < 2 or sigma.shape[-1] != sigma.shape[-2] or sigma.shape[-1] <= d1 + d2 or d1 < 1:
        raise InvalidInput(
            f"covariance must be (..., d, d) with d above d1 + d2 = {d1 + d2}; got shape {tuple(sigma.shape)}."
        )
    if not torch.allclose(sigma, sigma.mT, rtol=1e-8, atol=1e-12) or bool(
        (torch.linalg.eigvalsh(sigma) <= 0).any()
    ):
        raise InvalidInput(
            "covariance must be symmetric and positive definite; it is not. Add a small ridge to its diagonal, "
            "or drop channels that are sums of others."
        )
    return sigma


def _block(sigma: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    return sigma[..., rows[:, None], columns]


def _information(sigma: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    both = torch.cat([source, target])
    parts = [torch.logdet(_block(sigma, index, index)) for index in (source, target, both)]
    return 0.5 * (parts[0] + parts[1] - parts[2])


def _gain(sigma: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """H (B, min(d, k), k): what a source with unit noise shows of a target of unit covariance.

    Of d > k channels k combinations suffice for the target: H = Q R with orthonormal columns in Q, and Q'
    leaves the noise white.
    """
    root_y = torch.linalg.cholesky(_block(sigma, target, target))
    cross = torch.linalg.solve_triangular(root_y, _block(sigma, target, source), upper=False).mT
    noise = torch.linalg.cholesky(_block(sigma, source, source) - cross @ cross.mT)
    gain = torch.linalg.solve_triangular(noise, cross, upper=False)
    return torch.linalg.qr(gain).R if gain.shape[-2] > gain.shape[-1] else gain


def _least(h1: torch.Tensor, h2: torch.Tensor, tol_bits: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Least joint information and a bound on its distance from the optimum, nats (B,).

    Newton steps along the central path of the barrier - weight log det K, which keeps |C| below 1; the weight of
    a problem falls whenever its step has hardly bent the path.
    """
    rows = torch.arange(len(h1))
    c = torch.zeros(len(h1), h1.shape[1], h2.shape[1], dtype=h1.dtype)
    weight = torch.ones(len(h1), dtype=h1.dtype)
    least = torch.full((len(h1),), torch.inf, dtype=h1.dtype)
    bound = least.clone()
    for _ in range(MAX_STEPS):
        value, slope, _ = _joint(c, h1, h2, torch.zeros_like(weight))
        gap = _gap(c, slope)
        better = gap < bound[rows]
        least[rows[better]], bound[rows[better]] = value[better], gap[better]
        far = bits(bound[rows]) > tol_bits
        if not far.any():
            break
        rows, c, weight, h1, h2 = (part[far] for part in (rows, c, weight, h1, h2))
        c, decrement = _newton(c, h1, h2, weight)
        weight = torch.where(decrement < 0.1 * weight, 0.2 * weight, weight)
    missed = int((bits(bound) > tol_bits).sum())
    if missed:
        warnings.warn(
            f"{missed} of {len(bound)} Gaussian decompositions did not reach tol_bits={tol_bits:g} in {MAX_STEPS} "
            f"steps; the largest gap is {bits(bound.max().item()):.2g} bit.",
            ConvergenceWarning,
        )
    return least, bound


def _noise(c: torch.Tensor) -> torch.Tensor:
    """K (B, d1 + d2, d1 + d2)."""
    d1, d2 = c.shape[-2:]
    k = torch.eye(d1 + d2, dtype=c.dtype).repeat(len(c), 1, 1)
    k[:, :d1, d1:], k[:, d1:, :d1] = c, c.mT
    return k


def _joint(c, h1, h2, weight) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Joint information with its barrier, nats (B,), slope (B, d1, d2) and curvature (B, d1, d2, d1, d2)."""
    d1 = c.shape[1]
    h = torch.cat([h1, h2], dim=1)
    k = _noise(c)
    shown = k + h @ h.mT
    value = 0.5 * torch.logdet(shown) - (0.5 + weight) * torch.logdet(k)
    slope = torch.zeros_like(c)
    curve = torch.zeros(*c.shape, *c.shape[1:], dtype=c.dtype)
    for sign, inverse in (
        (torch.ones_like(weight), torch.linalg.inv(shown)),
        (-1 - 2 * weight, torch.linalg.inv(k)),
    ):
        own1, own2, cross = inverse[:, :d1, :d1], inverse[:, d1:, d1:], inverse[:, :d1, d1:]
        bent = torch.einsum("nac,nbd->nabcd", own1, own2) + torch.einsum("nad,ncb->nabcd", cross, cross)
        slope = slope + sign[:, None, None] * cross
        curve = curve - sign[:, None, None, None, None] * bent
    return value, slope, curve


def _gap(c: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    """How far the value can lie above the least one: a convex function lies above its tangents."""
    return (slope * c).sum((-2, -1)) + torch.linalg.svdvals(slope).sum(-1)


def _newton(c, h1, h2, weight) -> tuple[torch.Tensor, torch.Tensor]:
    """A Newton step, halved until it stays inside and descends, and how much it promised."""
    value, slope, curve = _joint(c, h1, h2, weight)
    size = c[0].numel()
    step = -torch.linalg.solve(curve.reshape(-1, size, size), slope.reshape(-1, size)).reshape(c.shape)
    promised = -(slope * step).sum((1, 2))
    length = torch.ones_like(weight)
    waiting = torch.ones_like(weight, dtype=torch.bool)
    for _ in range(60):
        trial = c + length[:, None, None] * step
        fits = torch.linalg.matrix_norm(trial, 2) < 1
        reached = _joint(torch.where(fits[:, None, None], trial, 0.0), h1, h2, weight)[0]
        waiting = waiting & ~(fits & (reached <= value - 1e-4 * length * promised + 1e-14))
        if not waiting.any():
            break
        length = torch.where(waiting, 0.5 * length, length)
    return torch.where(waiting[:, None, None], c, c + length[:, None, None] * step), promised
