"""The interaction profile, that of triples, what its time is called, and its figures."""

from interplay.profile.budget import Budget
from interplay.profile.dataset import PAIR_ATOMS
from interplay.profile.profile import InteractionProfile
from interplay.profile.since_event import stretches
from interplay.profile.time_axis import TimeAxis
from interplay.profile.triples import TripleProfile

__all__ = ["PAIR_ATOMS", "Budget", "InteractionProfile", "TimeAxis", "TripleProfile", "stretches"]
