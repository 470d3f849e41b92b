"""Entropies and mutual information of probability tables, in bits.

Every function takes any number of leading batch axes and reduces the trailing axes of the table.
"""

import torch

from interplay.info.tables import open_tables
from interplay.units import bits


def entropy(p):
    """Shannon entropy of distributions.

    Parameters
    ----------
    p : array_like (..., k)

    Returns
    -------
    (...) float64, bits
    """
    (p,), give_back = open_tables(p, axes=1, name="p")
    return give_back(bits(entropy_nats(p)))


def mutual_information(table):
    """Mutual information I(X;Y) of joint distributions.

    Parameters
    ----------
    table : array_like (..., n_x, n_y)

    Returns
    -------
    (...) float64, bits
    """
    (p,), give_back = open_tables(table, axes=2, name="table")
    return give_back(bits(mutual_information_nats(p)))


def conditional_entropy(table):
    """Conditional entropy H(Y|X) of joint distributions.

    Parameters
    ----------
    table : array_like (..., n_x, n_y)

    Returns
    -------
    (...) float64, bits
    """
    (p,), give_back = open_tables(table, axes=2, name="table")
    return give_back(bits(_entropy_of_all(p) - entropy_nats(p.sum(-1))))


def entropy_nats(p: torch.Tensor) -> torch.Tensor:
    """Entropy in nats over the last axis of a tensor that is known to be a distribution."""
    return -torch.xlogy(p, p).sum(-1)


def mutual_information_nats(p: torch.Tensor) -> torch.Tensor:
    """I(X;Y) in nats over the last two axes of a tensor that is known to be a joint distribution."""
    return entropy_nats(p.sum(-1)) + entropy_nats(p.sum(-2)) - _entropy_of_all(p)


def _entropy_of_all(p: torch.Tensor) -> torch.Tensor:
    return -torch.xlogy(p, p).sum((-1, -2))
