"""Whether a router does what a profile suggests.

Letters: M modalities, T steps, P pairs i < j, N places (a pair at a step), R resamples, A and K levels of the profile
and of the router.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from scipy.sparse import csr_array

from interplay.errors import InvalidInput
from interplay.metrics.resampling import draws, interval

N_BOOTSTRAP = 1000
FEWEST_PAIRS = 5
"""Pairs that must hold another value than the commonest one for an interval. Of routings drawn at random, intervals
that rest on one pair hold 0 in 11 to 38 % of the cases, on three in about 79 %, on five and more in about 90 %."""

ATOM_LEVELS = 100
"""Values of a profile differ where they do in hundredths of the largest."""

ROUTER_LEVELS = 1000
ALIKE = 10
"""What a router does counts as the same up to a hundredth, told in thousandths."""

AT_ONCE = 1 << 15
"""Numbers that are counted at a time: they stay in the cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How far a router follows a profile; see `routing_agreement`.

    Attributes
    ----------
    gamma : float from -1 to 1, or None where no two places differ in both
    low, high : float or None, a 95 % interval of it; None where too few pairs stand out for one
    n : int, places that were compared: pairs at steps
    """

    gamma: float | None
    low: float | None
    high: float | None
    n: int

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, float]) -> "Agreement":
        """From what `to_numbers` gave."""
        bounds = {
            name: None if math.isnan(numbers[name]) else numbers[name] for name in ("gamma", "low", "high")
        }
        return cls(**bounds, n=int(numbers["n"]))

    def to_numbers(self) -> dict[str, float]:
        """The same as floats, NaN for what is not defined."""
        return {name: math.nan if value is None else float(value) for name, value in asdict(self).items()}


def routing_agreement(of_router, of_profile, *, random_state: int = 0) -> Agreement:
    """Goodman and Kruskal's gamma, over pairs and steps, of what a router does with what a profile holds.

    Of all couples of places that differ in the profile, and in what the router does there by more than a hundredth: the
    share that is ordered alike, less the share that is ordered the other way round (Goodman and Kruskal, J. Am. Stat.
    Assoc. 1954). Places that the profile does not tell apart, most of which are 0, are asked nothing of; nor does a
    router lose by treating several places alike. A router that gives synergistic pairs wholly to synergy experts, and
    every other pair less, reaches 1; one that routes redundant pairs alike and others apart has a gamma of -1 between
    divergence and redundancy; one that knows nothing of the profile has 0 on average.

    Parameters
    ----------
    of_router : (M, M, T) float in [0, 1]
        For instance the divergence in bits between the routings of a pair; NaN where unknown.
    of_profile : (M, M, T) float
        For instance redundancy.
    random_state : int

    Returns
    -------
    Agreement
        Over pairs i < j and steps. The interval is a percentile interval from resampling pairs.
    """
    router, profile = _checked(of_router, of_profile)
    i, j = np.triu_indices(len(router), 1)
    router, profile = router[i, j], profile[i, j]
    known = np.isfinite(router) & np.isfinite(profile)
    pair = np.nonzero(known)[0]
    if not len(pair):
        return Agreement(gamma=None, low=None, high=None, n=0)
    counts = _Counts(router[known], profile[known], pair, len(i))
    (gamma,) = counts.gamma(np.ones((1, len(i))))
    low = high = math.nan
    if counts.pairs_that_stand_out() >= FEWEST_PAIRS:
        low, high = interval(counts.gamma(draws(len(i), N_BOOTSTRAP, random_state)), len(i))
    numbers = {"gamma": float(gamma), "low": low, "high": high, "n": len(pair)}
    return Agreement.from_numbers(numbers)


class _Counts:
    """Places of each pair by level of profile and router, from which the places of any resample of pairs are sums.

    Parameters
    ----------
    router, profile : (N,) float
    pair : (N,) int, number of the pair that each place belongs to
    n_pairs : int, P
    """

    def __init__(self, router: np.ndarray, profile: np.ndarray, pair: np.ndarray, n_pairs: int):
        largest = np.abs(profile).max()
        atom = np.rint(profile / largest * ATOM_LEVELS) if largest > 0 else np.zeros_like(profile)
        self.level = np.unique(atom, return_inverse=True)[1]
        self.pair, self.shape = pair, (int(self.level.max()) + 1, ROUTER_LEVELS + 1)
        cell = self.level * self.shape[1] + np.rint(router * ROUTER_LEVELS).astype(int)
        ones = np.ones(len(pair))
        self.places = csr_array((ones, (pair, cell)), shape=(n_pairs, math.prod(self.shape)))

    def pairs_that_stand_out(self) -> int:
        """Pairs that somewhere hold another value than the commonest one."""
        return len(np.unique(self.pair[self.level != np.bincount(self.level).argmax()]))

    def gamma(self, times: np.ndarray) -> np.ndarray:
        """(R,) gamma where each pair is there so many times (R, P); NaN where no two places differ in both."""
        at_once = max(1, AT_ONCE // math.prod(self.shape))
        return np.concatenate(
            [self._gamma(times[start : start + at_once]) for start in range(0, len(times), at_once)]
        )

    def _gamma(self, times: np.ndarray) -> np.ndarray:
        places = (times @ self.places).reshape(len(times), *self.shape)
        higher = places[:, 1:]
        # of the places with less in the profile than `higher`: those with no more of the router than each level
        lower = places.cumsum(2).cumsum(1)[:, :-1]
        alike = np.einsum("rak,rak->r", higher[..., ALIKE + 1 :], lower[..., : -ALIKE - 1])
        above = lower[..., -1:] - lower[..., ALIKE:]
        reversed_ = np.einsum("rak,rak->r", higher[..., :-ALIKE], above)
        both = alike + reversed_
        return np.divide(alike - reversed_, both, out=np.full(len(times), np.nan), where=both > 0)


def _checked(of_router, of_profile) -> tuple[np.ndarray, np.ndarray]:
    router, profile = np.asarray(of_router, dtype=np.float64), np.asarray(of_profile, dtype=np.float64)
    if router.shape != profile.shape or router.ndim != 3 or router.shape[0] != router.shape[1]:
        raise InvalidInput(
            f"both sides must be of one shape (M, M, T); got {router.shape} and {profile.shape}."
        )
    # sums of float32 probabilities and divergences leave the unit interval by rounding
    low, high = np.nanmin(router, initial=0.0), np.nanmax(router, initial=1.0)
    if low < -1e-5 or high > 1 + 1e-5:
        raise InvalidInput(
            f"what a router does must be told in shares or bits from 0 to 1; it goes from {low:g} to {high:g}. Divide "
            "it by the most that it can be."
        )
    return router.clip(0.0, 1.0), profile
