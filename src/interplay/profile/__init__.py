"""The interaction profile and its figures."""

from interplay.profile.profile import PAIR_ATOMS, InteractionProfile

__all__ = ["PAIR_ATOMS", "InteractionProfile"]
