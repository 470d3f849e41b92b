"""Linear-Gaussian streams whose covariances, and so whose decomposition, are known.

Latents are white and standard normal. A modality shows linear combinations of them plus white noise; the
target adds delayed latents and noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from interplay.errors import InvalidInput

SEES = {"repeat1": (1, 0, 0, 0), "repeat2": (1, 0, 0, 0), "mixed": (0, 1, 1, 0), "cancels": (0, 0, 1, 0)}
TELLS = {(0, 1): 1.0, (1, 2): 0.8}
"""repeat1 and repeat2 are redundant at lag 1; `mixed` tells at lag 2, more once `cancels` removes its nuisance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearGaussian:
    """Streams with their exact covariances.

    Attributes
    ----------
    arrays : modality name -> (n_steps, channels) float
    y : (n_steps,) float; NaN in the first steps, whose latents lie before the start
    covariance : (M, M, L, 3, 3) float
        Of (signal of i at lag, signal of j at lag, y); a signal is what a modality's channels mean, noise
        included. For i = j both signals are the same.
    """

    arrays: dict[str, np.ndarray]
    y: np.ndarray
    covariance: np.ndarray


def linear_gaussian(
    n_steps: int = 5000,
    *,
    sees: Mapping[str, tuple[float, ...]] = SEES,
    tells: Mapping[tuple[int, int], float] = TELLS,
    lags: int = 4,
    noise: float = 0.5,
    target_noise: float = 0.5,
    channels: int = 1,
    random_state: int = 0,
) -> LinearGaussian:
    """Draw linear-Gaussian streams.

    Parameters
    ----------
    n_steps : int
    sees : modality name -> weight of each latent in its signal
    tells : (latent, lag in steps) -> weight in the target
    lags : int
        L, how many lags the truth covers; must exceed every lag of `tells`.
    noise : float
        Standard deviation of the noise of a signal.
    target_noise : float
        Standard deviation of the noise of the target.
    channels : int
        Each signal is shown in so many channels, by an orthonormal direction; the others hold noise alone.
    random_state : int

    Returns
    -------
    LinearGaussian
    """
    longest = max(lag for _, lag in tells)
    if not longest < lags <= n_steps:
        raise InvalidInput(
            f"lags must exceed the longest lag of tells ({longest}) and fit n_steps; got {lags}."
        )
    rng = np.random.default_rng(random_state)
    weights = np.array(list(sees.values()), dtype=np.float64)
    latent = rng.normal(size=(n_steps, weights.shape[1]))
    signal = latent @ weights.T + noise * rng.normal(size=(n_steps, len(weights)))
    y = target_noise * rng.normal(size=n_steps)
    coefficients = np.zeros((lags, weights.shape[1]))
    for (k, lag), weight in tells.items():
        y += weight * np.roll(latent[:, k], lag)
        coefficients[lag, k] += weight
    y[:longest] = np.nan
    arrays = {name: _spread(signal[:, m], channels, noise, rng) for m, name in enumerate(sees)}
    return LinearGaussian(
        arrays=arrays, y=y, covariance=_covariances(weights, coefficients, noise, target_noise)
    )


def _spread(signal: np.ndarray, channels: int, noise: float, rng: np.random.Generator) -> np.ndarray:
    """(n, channels): rotated from the signal and channels of pure noise, which loses nothing."""
    whole = np.column_stack([signal, noise * rng.normal(size=(len(signal), channels - 1))])
    return whole @ np.linalg.qr(rng.normal(size=(channels, channels)))[0]


def _covariances(weights, coefficients, noise: float, target_noise: float) -> np.ndarray:
    n_m, n_l = len(weights), len(coefficients)
    own = weights @ weights.T + noise**2 * np.eye(n_m)
    with_y = weights @ coefficients.T
    full = np.empty((n_m, n_m, n_l, 3, 3))
    full[..., 2, 2] = (coefficients**2).sum() + target_noise**2
    full[..., 0, 0], full[..., 1, 1] = np.diag(own)[:, None, None], np.diag(own)[None, :, None]
    full[..., 0, 1] = full[..., 1, 0] = own[..., None]
    full[..., 0, 2] = full[..., 2, 0] = with_y[:, None]
    full[..., 1, 2] = full[..., 2, 1] = with_y[None]
    return full
