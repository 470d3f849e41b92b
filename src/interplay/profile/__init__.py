"""The interaction profile, what its time is called, and its figures."""

from interplay.profile.dataset import PAIR_ATOMS
from interplay.profile.profile import InteractionProfile
from interplay.profile.since_event import stretches
from interplay.profile.time_axis import TimeAxis

__all__ = ["PAIR_ATOMS", "InteractionProfile", "TimeAxis", "stretches"]
