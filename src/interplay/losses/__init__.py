"""Losses of a routing: what interactions ask of it, and what keeps it balanced."""

from interplay.losses.balance import LoadBalance, RouterZ, load_balance_loss, router_z_loss
from interplay.losses.base import RoutingLoss
from interplay.losses.checks import check_loss
from interplay.losses.interaction import (
    LinearSynergy,
    Redundancy,
    Synergy,
    Uniqueness,
    jensen_shannon,
    linear_synergy_loss,
    redundancy_loss,
    synergy_loss,
    uniqueness_loss,
)
from interplay.losses.pairs import PairThresholds, PairWeights, pair_weights
from interplay.registry import Registry

__all__ = [
    "LOSSES",
    "LinearSynergy",
    "LoadBalance",
    "PairThresholds",
    "PairWeights",
    "Redundancy",
    "RouterZ",
    "RoutingLoss",
    "Synergy",
    "Uniqueness",
    "check_loss",
    "jensen_shannon",
    "linear_synergy_loss",
    "load_balance_loss",
    "pair_weights",
    "redundancy_loss",
    "router_z_loss",
    "synergy_loss",
    "uniqueness_loss",
]

LOSSES = Registry(
    "loss",
    {
        "uniqueness": Uniqueness,
        "redundancy": Redundancy,
        "synergy": Synergy,
        "linear_synergy": LinearSynergy,
        "load_balance": LoadBalance,
        "router_z": RouterZ,
    },
    RoutingLoss,
)
