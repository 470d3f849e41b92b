"""Losses of a routing: what interactions ask of it, and what keeps it balanced."""

from interplay.losses.balance import load_balance_loss, router_z_loss
from interplay.losses.checks import check_loss
from interplay.losses.interaction import (
    jensen_shannon,
    redundancy_loss,
    synergy_loss,
    uniqueness_loss,
)
from interplay.losses.pairs import PairWeights, pair_weights

__all__ = [
    "PairWeights",
    "check_loss",
    "jensen_shannon",
    "load_balance_loss",
    "pair_weights",
    "redundancy_loss",
    "router_z_loss",
    "synergy_loss",
    "uniqueness_loss",
]
