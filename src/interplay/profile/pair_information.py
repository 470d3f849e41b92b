"""What a set of modalities tells of the target, as far as single modalities and pairs say it.

Of one modality and of two it is their information. Of more it is what they tell one by one, less what they tell twice
and more what pairs tell only together:

* twice: the largest spanning tree of what pairs share, as in Hunter's bound of a union (J. Appl. Prob. 13, 1976), so
  that a copy adds nothing to its original;
* only together: pairs of which no modality is in two, from the strongest, each with what it tells beyond the others. A
  copy of a partner brings no second pair; nor do copies of both, whose partners can be exchanged.

Letters: M modalities, L lags.
"""

from dataclasses import dataclass

import numpy as np

from interplay.profile.subset_search import Subset

DIGITS = 9
"""Decimals of bits; what differs by less is rounding, and a tie."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PairInformation:
    """Information of single modalities and of pairs, in bits.

    Attributes
    ----------
    single : (M,) float, none below 0
    shared : (M, M) float, what two tell twice
    together : (M, M) float, what two tell beyond the sum of what each tells alone
    """

    single: np.ndarray
    shared: np.ndarray
    together: np.ndarray

    @classmethod
    def make(cls, single: np.ndarray, joint: np.ndarray, synergistic: np.ndarray) -> "PairInformation":
        """From information of each modality (M,) and of each pair (M, M), NaN where unknown.

        Parameters
        ----------
        single, joint : float, bits
        synergistic : (M, M) bool
            Pairs that are believed to tell more than the sum of both.
        """
        single = np.maximum(np.nan_to_num(single), 0.0)
        both, larger = np.add.outer(single, single), np.maximum.outer(single, single)
        joint = np.maximum(np.where(np.isnan(joint), both, joint), larger)
        return cls(
            single=single,
            shared=np.maximum(both - joint, 0.0),
            together=np.where(synergistic, np.maximum(joint - both, 0.0), 0.0),
        )

    @classmethod
    def of_profile(cls, profile) -> "PairInformation":
        """Each modality and each pair of a profile at the lag where it tells most."""
        return cls.make(
            _largest(profile.dataset["mi"].values),
            _largest(profile.dataset["joint_mi"].values),
            profile.significant("synergy").any(-1),
        )

    def bits(self, subset: Subset) -> float:
        """What a set of modalities tells, by their numbers."""
        members = np.array(sorted(subset), dtype=int)
        one_by_one = self.single[members].sum() - _largest_tree(self.shared[np.ix_(members, members)])
        return round(float(one_by_one + self._only_together(members)), DIGITS)

    def synergistic_pairs(self) -> list[tuple[int, int]]:
        """Pairs that tell more than the sum of both, strongest first."""
        return self._strongest_pairs(np.arange(len(self.single)))

    def _only_together(self, members: np.ndarray) -> float:
        counted: list[tuple[int, int]] = []
        total = 0.0
        for i, j in self._strongest_pairs(members):
            if not any({i, j} & set(pair) for pair in counted):
                again = max((self._exchangeable(i, j, *pair) for pair in counted), default=0.0)
                total += max(self.together[i, j] - again, 0.0)
                counted.append((i, j))
        return total

    def _strongest_pairs(self, members: np.ndarray) -> list[tuple[int, int]]:
        pairs = [(int(i), int(j)) for i in members for j in members if i < j and self.together[i, j] > 0]
        return sorted(pairs, key=lambda pair: -self.together[pair])

    def _exchangeable(self, i: int, j: int, k: int, l: int) -> float:  # noqa: E741
        """How much of what i and j tell only together is left when their partners are exchanged with k and l."""
        g = self.together
        return float(max(min(g[i, l], g[k, j]), min(g[i, k], g[j, l])))


def _largest(bits: np.ndarray) -> np.ndarray:
    """Over the last axis, lags; NaN where none is known."""
    peak = np.where(np.isnan(bits), -np.inf, bits).max(-1)
    return np.where(np.isfinite(peak), peak, np.nan)


def _largest_tree(weight: np.ndarray) -> float:
    """Sum of the edges of the largest spanning tree of a symmetric matrix, none below 0 (Prim's algorithm)."""
    if len(weight) < 2:
        return 0.0
    outside, reach, total = np.arange(len(weight)) > 0, weight[0].copy(), 0.0
    while outside.any():
        nearest = int(np.where(outside, reach, -1.0).argmax())
        total += float(reach[nearest])
        outside[nearest] = False
        reach = np.maximum(reach, weight[nearest])
    return total
