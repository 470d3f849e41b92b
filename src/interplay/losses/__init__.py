"""Losses of a routing: what interactions ask of it, and what keeps it balanced."""

from interplay.losses.balance import load_balance_loss, router_z_loss
from interplay.losses.interaction import (
    PairWeights,
    jensen_shannon,
    pair_weights,
    redundancy_loss,
    synergy_loss,
    uniqueness_loss,
)

__all__ = [
    "PairWeights",
    "jensen_shannon",
    "load_balance_loss",
    "pair_weights",
    "redundancy_loss",
    "router_z_loss",
    "synergy_loss",
    "uniqueness_loss",
]
