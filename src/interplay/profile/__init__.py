"""The interaction profile and its figures."""

from interplay.profile.core import InteractionProfile

__all__ = ["InteractionProfile"]
