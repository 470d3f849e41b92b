"""Windows to classify in which one modality tells one bit and a pair tells another, each at its own lag.

Signs z are fair and independent per modality and step; a modality shows x = z w + standard normal noise
with |w| = 2. The class is 2 [z of the single > 0] + [product of z of the pair > 0]; a share of labels is
redrawn uniformly.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from interplay.errors import InvalidInput

SINGLE, SINGLE_LAG = 3, 2
PAIR, PAIR_LAG = (5, 8), 4
STRENGTH = 2.0
N_CLASSES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class PlantedWindows:
    """Cut windows with their labels.

    Attributes
    ----------
    arrays : modality name -> (n, T, channels) float32
    y : (n,) int64, 4 classes
    """

    arrays: dict[str, np.ndarray]
    y: np.ndarray


def planted_windows(
    n: int,
    *,
    modalities: int = 12,
    steps: int = 10,
    channels: int = 4,
    redraw: float = 0.05,
    random_state: int = 0,
    world: int = 0,
) -> PlantedWindows:
    """Draw planted windows.

    Parameters
    ----------
    n : int
    modalities, steps, channels : int
        M (above 8), T (above 4) and channels of each modality.
    redraw : float
        Share of labels drawn anew.
    random_state : int
        Draw of the windows.
    world : int
        Draw of the directions w; training and test windows must share it.

    Returns
    -------
    PlantedWindows
    """
    if modalities <= max(SINGLE, *PAIR) or steps <= max(SINGLE_LAG, PAIR_LAG):
        raise InvalidInput(
            f"planted windows must have more than {max(PAIR)} modalities and {PAIR_LAG} steps; "
            f"got {modalities} and {steps}."
        )
    w = np.random.default_rng([world, 77]).normal(size=(modalities, channels))
    w *= STRENGTH / np.linalg.norm(w, axis=1, keepdims=True)
    rng = np.random.default_rng([random_state, world])
    z = 2.0 * rng.integers(0, 2, (n, modalities, steps)) - 1.0
    x = z[..., None] * w[:, None] + rng.normal(size=(n, modalities, steps, channels))
    alone = z[:, SINGLE, steps - 1 - SINGLE_LAG] > 0
    together = z[:, PAIR[0], steps - 1 - PAIR_LAG] * z[:, PAIR[1], steps - 1 - PAIR_LAG] > 0
    y = 2 * alone.astype(np.int64) + together
    again = rng.random(n) < redraw
    y[again] = rng.integers(0, N_CLASSES, again.sum())
    names = [f"m{m:02d}" for m in range(modalities)]
    return PlantedWindows(arrays={name: x[:, m].astype(np.float32) for m, name in enumerate(names)}, y=y)


def planted_truth(redraw: float = 0.05) -> tuple[float, float]:
    """Exact unique information of the single modality and synergy of the pair, in bits.

    The log-odds of a sign given its token is 2 l with ``l = |w|^2 z + |w| e``, e standard normal; that
    of the product has ``tanh(l5) tanh(l8)`` for its expected value. Expectations by Gauss-Hermite quadrature.
    """
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    weight = weight / weight.sum()
    mean = np.tanh(STRENGTH**2 + STRENGTH * node)
    unique = float(weight @ _information(mean, redraw))
    synergy = float(weight @ _information(np.outer(mean, mean), redraw) @ weight)
    return unique, synergy


def planted_ceiling(redraw: float = 0.05) -> float:
    """Accuracy of whoever knows the directions w: a sign is told by the side of its token, wrongly with chance
    Phi(-``|w|``); a redrawn label is right one time in four."""
    sign = float(ndtr(STRENGTH))
    product = sign**2 + (1.0 - sign) ** 2
    return (1.0 - redraw) * sign * product + redraw / N_CLASSES


def _information(mean: np.ndarray, redraw: float) -> np.ndarray:
    """Bits that a sign of expected value `mean` tells about its bit of the class, labels redrawn or not."""
    p = 0.5 * (1.0 + (1.0 - redraw) * np.abs(mean))
    q = 1.0 - p
    return 1.0 + p * np.log2(p) + q * np.log2(np.where(q > 0, q, 1.0))
