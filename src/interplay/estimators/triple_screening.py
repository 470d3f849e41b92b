"""Which triples of modalities are worth measuring: all are looked at quickly, few are chosen.

Two rules share the places. *Product*: the product of one sign of each of three modalities goes along with the target
further than chance among all that were tried, given the signs and their products of two. That is how three show that
tell nothing in pairs, as in a parity. *Strength*: each of the three tells something, alone or with one other, by a
profile where there is one, and otherwise by the same quick look.

Of each modality two signs are looked at, of the leading principal components of its features. What three tell otherwise
than by a product of these is not seen, nor what they tell at lags that differ.

Letters: N windows, M modalities, L lags, F signs of a step, C columns of the target.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import torch
from scipy.stats import norm

from interplay.arrays import evenly
from interplay.data import Windows
from interplay.data.splits import consecutive_blocks
from interplay.estimators.lag_choice import MULTIPLIED, beyond_history, reduced, whitened
from interplay.estimators.linear_rest import rest, standard, with_ones
from interplay.estimators.resampling import BLOCKS
from interplay.probe.features import StepFeatures
from interplay.profile import InteractionProfile
from interplay.profile.significance import LEVEL, significant

MOST_WINDOWS = 4096
"""That are looked at, evenly spread: a product that goes along with the target by a correlation of 0.1 shows in so
many."""

LOOKED_AT_AGAIN = 8
"""Times as many triples as there are places, whose products are looked at again, given products of two."""

Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Triples to measure, the rule by which each was chosen, and how many there were to choose from."""

    triples: tuple[Triple, ...]
    by: tuple[str, ...]
    n_triples: int


def choose_triples(
    windows: Windows,
    names: Sequence[str],
    lags: np.ndarray,
    history: int,
    most: int,
    profile: InteractionProfile | None = None,
) -> Chosen:
    """At most `most` triples of modalities; half of the places, and those that are left over, are for products.

    Parameters
    ----------
    windows : Windows
        Of classes or of a continuous target.
    names : modalities to choose among
    lags : (L,) int, steps
    history : int
        How many of the target's own last labels are known already.
    most : int
    profile : InteractionProfile, optional
        Of these modalities; it says which of them tell something.

    Returns
    -------
    Chosen
    """
    look = _Look.of(windows, names, lags, history)
    strength = look.strength() if profile is None else strength_in(profile, names)
    products, strong = look.triples_by_product(most), _triples_by_strength(strength, most)
    half = most - most // 2
    ordered = dict.fromkeys([*products[:half], *strong, *products[half:]])
    triples = list(ordered)[:most]
    return Chosen(
        tuple((names[i], names[j], names[k]) for i, j, k in triples),
        tuple("product" if each in products else "strength" for each in triples),
        comb(len(names), 3),
    )


def strength_in(profile: InteractionProfile, names: Sequence[str]) -> np.ndarray:
    """Bits (M,) that each modality tells by a profile, alone or only with one other, whichever is more; 0 where that is
    not significant."""
    d, place = profile.dataset, [profile.modalities.index(name) for name in names]
    stderr, p_value = (d[name].values if name in d else np.nan for name in ("mi_stderr", "mi_p_value"))
    alone = np.where(significant(d["mi"].values, stderr, p_value), d["mi"].values, 0.0).max(-1)
    together = np.where(profile.significant("synergy"), d["synergy"].values, 0.0).max((1, 2))
    return np.maximum(alone, together)[place]


def _triples_by_strength(strength: np.ndarray, most: int) -> list[tuple[int, int, int]]:
    """Triples of modalities that all tell something, those first that tell most in sum."""
    telling = [
        (float(strength[list(each)].sum()), each)
        for each in combinations(np.flatnonzero(strength).tolist(), 3)
    ]
    return [each for _, each in sorted(telling, key=lambda pair: -pair[0])[:most]]


@dataclass(frozen=True, slots=True)
class _Look:
    """Signs z (L, N, M, F), brought to mean 0 and variance 1; the target (N, C) beyond its own past; what is left of it
    (L, N, C) that the signs do not foretell linearly; and the block of time (N,) of each window."""

    z: torch.Tensor
    target: torch.Tensor
    left: torch.Tensor
    block: torch.Tensor

    @classmethod
    def of(cls, windows: Windows, names: Sequence[str], lags: np.ndarray, history: int) -> "_Look":
        windows, beyond = beyond_history(windows, history)
        some = evenly(len(windows), MOST_WINDOWS)
        shown = windows.y[:, None] if windows.continuous else np.eye(len(windows.classes))[windows.y]
        target = whitened(beyond(torch.from_numpy(shown)))[some]
        features = StepFeatures.fit(windows).apply(windows.steps.values, windows.steps.observed)
        rows = torch.from_numpy(windows.last[:, None] - np.asarray(lags))
        places = [windows.modalities.index(name) for name in names]
        z = torch.stack([beyond(reduced(features[m], MULTIPLIED).sign()[rows])[some] for m in places])
        z = standard(z.permute(2, 1, 0, 3), 1)
        left = torch.stack([rest(target, with_ones(each.flatten(1))) for each in z])
        block = consecutive_blocks(windows, max(2 * windows.length, -(-len(windows) // BLOCKS)))[some]
        return cls(z, target, left, torch.from_numpy(block))

    def strength(self) -> np.ndarray:
        """Share of the target's variance (M,) that one number of each modality goes along with, or a product with that
        of one other, whichever is more; 0 where that may be chance."""
        n_l, n, n_m, n_f = self.z.shape
        tries = n_l * self.left.shape[-1] * n_f * n_m
        strength = np.zeros(n_m)
        for z, left in zip(self.z, self.left, strict=True):
            flat = z.flatten(1)
            alone = _beyond_chance(_z_scores(flat, self.target, self.block), tries).view(n_m, n_f).amax(1)
            strength = np.maximum(strength, alone.numpy() / n)
            for m in range(n_m - 1):
                products = (z[:, m, :, None] * flat[:, None, (m + 1) * n_f :]).flatten(1)
                score = _beyond_chance(
                    _z_scores(standard(products, 0), left, self.block), tries * n_f * n_m // 2
                )
                each = score.view(n_f, -1, n_f).amax((0, 2)).numpy() / n
                strength[m] = max(strength[m], each.max())
                strength[m + 1 :] = np.maximum(strength[m + 1 :], each)
        return strength

    def triples_by_product(self, most: int) -> list[tuple[int, int, int]]:
        """Triples whose products go along with the target beyond chance, strongest first."""
        n_l, _, n_m, n_f = self.z.shape
        tries = comb(n_m, 3) * n_f**3 * n_l * self.left.shape[-1]
        promising = self._scan(LOOKED_AT_AGAIN * most)
        again = [(self._given_pairs(each, tries), each) for each in promising]
        return [each for score, each in sorted(again, key=lambda pair: -pair[0])[:most] if score > 0]

    def _scan(self, n: int) -> list[tuple[int, int, int]]:
        """The n triples whose products go furthest along with the target, of all."""
        *_, n_m, n_f = self.z.shape
        best = torch.zeros(n_m, n_m, n_m)
        for z, left in zip(self.z.float(), self.left.float(), strict=True):
            flat = z.flatten(1)
            for i in range(n_m - 2):
                # each triple once: i before j before k
                later = flat[:, (i + 1) * n_f :]
                products = (z[:, i, :, None] * later[:, None]).flatten(1)
                spread = products.square()
                for column in left.unbind(1):
                    met = later * column[:, None]
                    score = (products.T @ met).square() / (spread.T @ met.square()).clamp_min(1e-9)
                    by_pair = score.view(n_f, n_m - i - 1, n_f, n_m - i - 1, n_f).amax((0, 2, 4))
                    best[i, i + 1 :, i + 1 :] = torch.maximum(best[i, i + 1 :, i + 1 :], by_pair)
        i, j, k = np.array(list(combinations(range(n_m), 3))).T
        order = best[i, j, k].numpy().argsort(kind="stable")[::-1][:n]
        return list(zip(i[order].tolist(), j[order].tolist(), k[order].tolist(), strict=True))

    def _given_pairs(self, triple: tuple[int, int, int], tries: int) -> float:
        """How far products of three go along with the target, given products of two; 0 where that may be chance."""
        best = 0.0
        for z in self.z[:, :, list(triple)]:
            i, j, k = z.unbind(1)
            pairs = [(a[:, :, None] * b[:, None]).flatten(1) for a, b in combinations((i, j, k), 2)]
            known = with_ones(torch.cat([z.flatten(1), *pairs], 1))
            three = (pairs[0][:, :, None] * k[:, None]).flatten(1)
            score = _z_scores(rest(three, known), rest(self.target, known), self.block)
            best = max(best, float(_beyond_chance(score, tries).max()))
        return best


def _z_scores(x: torch.Tensor, y: torch.Tensor, block: torch.Tensor) -> torch.Tensor:
    """Largest squared score over columns of y, of each column of x: 1 in the mean where they have nothing to do with
    one another. Of slow signals blocks of time vary by more than their windows do, and then theirs is the variance."""
    best = torch.zeros(x.shape[1], dtype=x.dtype)
    size = torch.bincount(block).to(x)[:, None]
    for column in y.unbind(1):
        met = x * column[:, None]
        by_block = torch.zeros(len(size), x.shape[1], dtype=x.dtype).index_add_(0, block, met)
        spread = (by_block - size * met.mean(0)).square().sum(0)
        score = met.sum(0).square() / torch.maximum(met.square().sum(0), spread).clamp_min(1e-9)
        best = torch.maximum(best, score)
    return best


def _beyond_chance(score: torch.Tensor, tries: int) -> torch.Tensor:
    """Squared scores, 0 where one of so many independent ones would be as large more often than at `LEVEL`."""
    return torch.where(score > float(norm.isf(0.5 * LEVEL / tries)) ** 2, score, 0.0)
