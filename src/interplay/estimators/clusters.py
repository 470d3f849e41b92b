"""Cluster statistics over time: which stretches of neighbouring bins stand out more than chance lets any stretch.

Letters: A series (atoms of pairs), K draws of which the first was observed, B bins of time.
"""

from dataclasses import dataclass

import numpy as np

LEAST_SPREAD = 1e-4
"""Bits that count as a deviation where chance hardly varies: atoms are certified to this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterTest:
    """Of every bin the p-value of the cluster that it lies in; 1 where it lies in none.

    Attributes
    ----------
    p_bin : (A, B), how often chance does as well in this bin
    p_cluster : (A, B), how often chance has as heavy a cluster in any bin of this series
    p_any : (A, B), how often it has one in any bin of any series
    """

    p_bin: np.ndarray
    p_cluster: np.ndarray
    p_any: np.ndarray


def cluster_test(values: np.ndarray, *, level: float = 0.05) -> ClusterTest:
    """Compare clusters of neighbouring bins with the heaviest that chance has.

    Every bin is held against its own draws: those among the largest share `level` belong to a cluster, and a cluster
    weighs the sum of how many deviations its values lie above the mean of all draws. What was observed is one of
    the draws throughout, so that the test is exact wherever it could have been any of them.

    Parameters
    ----------
    values : (A, K, B) float
        What was observed, then what came out of K - 1 rearrangements, each the same in all series and bins.
    level : float
        Share of the draws in a bin that may be part of a cluster.

    Returns
    -------
    ClusterTest

    References
    ----------
    Maris E., Oostenveld R. (2007) Nonparametric statistical testing of EEG- and MEG-data. Journal of Neuroscience
    Methods 164. Combrisson E. et al. (2022) Group-level inference of information-based measures. NeuroImage 258.
    """
    p = ranked(values)
    spread = np.maximum(values.std(axis=1, keepdims=True), LEAST_SPREAD)
    weight = np.where(p <= level, (values - values.mean(axis=1, keepdims=True)) / spread, 0.0)
    mass = cluster_masses(weight)
    heaviest = mass.max(axis=-1)
    observed = mass[:, 0]

    def as_heavy(null: np.ndarray) -> np.ndarray:
        share = (null[..., None] >= observed[:, None, :] * (1 - 1e-12)).mean(axis=-2)
        return np.where(observed > 0, share, 1.0)

    everywhere = np.broadcast_to(heaviest.max(axis=0), heaviest.shape)
    return ClusterTest(p_bin=p[:, 0], p_cluster=as_heavy(heaviest), p_any=as_heavy(everywhere))


def ranked(values: np.ndarray) -> np.ndarray:
    """Share of the draws (..., K, B) that are at least as large as each, (..., K, B) in (0, 1]."""
    in_order = np.sort(values, axis=-2)
    n_k = values.shape[-2]
    below = np.empty(values.shape, dtype=np.int64)
    for place in np.ndindex(*values.shape[:-2], values.shape[-1]):
        column = (*place[:-1], slice(None), place[-1])
        below[column] = np.searchsorted(in_order[column], values[column] - 1e-12)
    return (n_k - below) / n_k


def cluster_masses(weight: np.ndarray) -> np.ndarray:
    """Sum of the run of positive weights that each bin lies in, (..., B); 0 where it lies in none.

    Parameters
    ----------
    weight : (..., B) float, at least 0
    """
    before, after = np.zeros_like(weight), np.zeros_like(weight)
    n_b = weight.shape[-1]
    for b in range(n_b):
        last = before[..., b - 1] if b else 0.0
        before[..., b] = np.where(weight[..., b] > 0, last + weight[..., b], 0.0)
    for b in reversed(range(n_b)):
        following = after[..., b + 1] if b < n_b - 1 else 0.0
        after[..., b] = np.where(weight[..., b] > 0, following + weight[..., b], 0.0)
    return np.where(weight > 0, before + after - weight, 0.0)
