"""Whether an atom is really there: the one rule that sentences, report, `top`, model context and losses ask.

Few windows are why more than one thing is asked. Where predictors fall back on the prior, atoms are rounding noise
that hardly varies from one resampling to the next; an atom that happens to be large resamples as if it were there; and
of many pairs and lags the luckiest looks like a finding.
"""

import numpy as np
import xarray as xr
from scipy.stats import false_discovery_control, norm

RESOLUTION_BITS = 1e-4
"""Atoms are certified to this; below it nothing can be told from nothing."""

LEVEL = 0.05
"""Largest p-value, and largest share of false discoveries among what is called significant."""

Z_95 = 1.96
"""Standard errors from the middle of a 95 % interval to its ends."""


def significant(
    bits, stderr=np.nan, p_value=np.nan, q_value=np.nan, resolution_bits: float = RESOLUTION_BITS
):
    """Whether atoms are larger than the solver's resolution, than their error, and than chance.

    Parameters
    ----------
    bits : (...) float
        Signed estimates.
    stderr : (...) float, bits
        Standard errors; NaN where there is none, as of a profile written by hand.
    p_value, q_value : (...) float
        How often chance does as well, and the same adjusted for all that was tried; NaN where unknown.
    resolution_bits : float
        What the solver certifies.

    Returns
    -------
    (...) bool; False where `bits` is NaN
    """
    beyond_error = np.logical_not(bits <= Z_95 * np.asarray(stderr))
    beyond_chance = np.logical_not((np.asarray(p_value) > LEVEL) | (np.asarray(q_value) > LEVEL))
    return (np.asarray(bits) > resolution_bits) & beyond_error & beyond_chance


def significant_atoms(dataset: xr.Dataset, atom: str) -> np.ndarray:
    """The rule asked of one atom of a profile, for every pair and lag.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of an `InteractionProfile`. An atom's own ``<atom>_p_value`` and ``<atom>_q_value`` are asked; where a profile
        has none, those of the pair; where it has no p-values at all, a share of false discoveries over all pairs and
        lags as the errors alone would have it.
    atom : "redundancy", "unique", "synergy" or "joint_mi"

    Returns
    -------
    (M, M, L) bool, False on the diagonal
    """
    bits = dataset[atom].values

    def known(*names: str) -> np.ndarray | None:
        return next((dataset[name].values for name in names if name in dataset), None)

    stderr = known(f"{atom}_stderr")
    p_value, q_value = known(f"{atom}_p_value", "p_value"), known(f"{atom}_q_value", "q_value")
    if p_value is None and q_value is None and stderr is not None:
        q_value = _q_of_errors(bits, stderr, symmetric=atom != "unique")
    # what was written by hand came from no solver
    estimated = stderr is not None or "gap_bits" in dataset
    rule = significant(
        bits,
        np.nan if stderr is None else stderr,
        np.nan if p_value is None else p_value,
        np.nan if q_value is None else q_value,
        RESOLUTION_BITS if estimated else 0.0,
    )
    return rule & ~np.eye(len(rule), dtype=bool)[..., None]


def q_values(p_values: np.ndarray) -> np.ndarray:
    """p-values adjusted for all that was tried (Benjamini and Hochberg, 1995); NaN stays NaN."""
    adjusted = np.full(p_values.shape, np.nan)
    finite = np.isfinite(p_values)
    adjusted[finite] = false_discovery_control(p_values[finite])
    return adjusted


def larger_p_value(bits, stderr, p_value, of_draw=None):
    """The larger of two p-values: by chance, and by the error.

    What chance does to a source that tells nothing is not all: of sources that tell something an atom may be zero,
    and then its error alone speaks. `of_draw`, where it is known, is the part of `stderr` that the draw of the windows
    explains; see `tail_of_error`.
    """
    return np.maximum(p_value, tail_of_error(bits, stderr, stderr if of_draw is None else of_draw))


def tail_of_error(bits, stderr, of_draw):
    """How likely an error is that large: of a normal one of the draw, and an even one of what is doubted beyond it.

    A doubt is a judgement between two bounds, as of a regret that lies between none and twice what was measured. It has
    no tails: beyond its bounds, the square root of three standard deviations, the draw alone speaks. With half-width a
    and deviation s the mean of Phi over the even part is s / 2a (G((a - bits) / s) - G((-a - bits) / s)), where
    G(z) = z Phi(z) + phi(z) is the integral of Phi.

    Parameters
    ----------
    bits : (...), the value
    stderr : (...), of both together
    of_draw : (...), of the draw; no more than `stderr`

    Returns
    -------
    (...) probabilities
    """
    s = np.hypot(of_draw, RESOLUTION_BITS)
    a = np.sqrt(3.0 * np.maximum(np.square(stderr) - np.square(of_draw), 0.0))
    # between nearly equal bounds the difference is lost to rounding, and the doubt counts for nothing
    wide = a > 1e-3 * s
    a = np.where(wide, a, 1.0)
    even = s / (2.0 * a) * (_integral_of_phi((a - bits) / s) - _integral_of_phi((-a - bits) / s))
    return np.where(wide, np.clip(even, 0.0, 1.0), norm.sf(bits / s))


def _integral_of_phi(z):
    return z * norm.cdf(z) + norm.pdf(z)


def familywise(p_values: np.ndarray, n_asked: int | None = None) -> np.ndarray:
    """p-values adjusted so that of results without anything in them at most that share has any (Holm, 1979); NaN
    stays NaN. Where these are the promising ones of `n_asked` questions the others count as 1."""
    adjusted = np.full(p_values.shape, np.nan)
    finite = np.isfinite(p_values)
    p = p_values[finite]
    order = np.argsort(p)
    n_asked = len(p) if n_asked is None else n_asked
    steps = np.maximum.accumulate(p[order] * (n_asked - np.arange(len(p))))
    flat = np.empty_like(p)
    flat[order] = np.minimum(steps, 1.0)
    adjusted[finite] = flat
    return adjusted


def _q_of_errors(bits: np.ndarray, stderr: np.ndarray, *, symmetric: bool) -> np.ndarray:
    """Adjusted one-sided normal p-values of values over their errors, every pair counted once; (M, M, L)."""
    counted = np.isfinite(bits) & np.isfinite(stderr)
    if symmetric:
        counted &= np.triu(np.ones(bits.shape[:2], dtype=bool), 1)[..., None]
    z = bits / np.hypot(stderr, RESOLUTION_BITS)
    adjusted = q_values(np.where(counted, norm.sf(z), np.nan))
    return np.where(counted, adjusted, adjusted.swapaxes(0, 1)) if symmetric else adjusted
