"""The interaction profile and its figures."""

from interplay.profile.profile import PAIR_ATOMS, InteractionProfile
from interplay.profile.since_event import stretches

__all__ = ["PAIR_ATOMS", "InteractionProfile", "stretches"]
