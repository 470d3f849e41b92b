"""Contexts of single windows, at the level that a recipe asks for."""

import copy

import numpy as np
import torch

from interplay.data import Windows
from interplay.errors import InvalidInput
from interplay.nn import (
    ATOMS,
    InteractionContext,
    instance_context,
    interaction_context,
    placement,
    token_context,
)
from interplay.nn.config import OF_WINDOWS
from interplay.profile import InteractionProfile

EXPLAINED_AT_ONCE = 2048


class WindowContexts:
    """What the profile's probe says of each window, worked out once, without labels.

    Parameters
    ----------
    windows : Windows
    profile : InteractionProfile, with a probe
    level : "instance" or "token"
    """

    def __init__(self, windows: Windows, profile: InteractionProfile, level: str):
        if profile.probe is None:
            raise InvalidInput(
                f"context {level!r} must have a profile with a probe, which says what each window shows; this profile "
                "has none. Estimate it with PosteriorPID (DensityPID) and target_history=0, or use context 'profile'."
            )
        self.level = level
        names = list(windows.modalities)
        self.known = interaction_context(profile, names, steps=windows.length, step_s=windows.step_s)
        self.placement = placement(profile.lag_s, windows.length, windows.step_s)
        scale = max(profile.h_y_bits, 1e-12)
        parts = []
        for start in range(0, len(windows), EXPLAINED_AT_ONCE):
            some = windows.select(np.arange(start, min(start + EXPLAINED_AT_ONCE, len(windows))))
            explained = profile.explain(some).sel(source_i=names, source_j=names)
            atoms = np.stack(
                [explained[name].transpose("window", "source_i", "source_j", "lag") for name in ATOMS], 1
            )
            parts.append((atoms / scale).astype(np.float16))
        self.atoms = torch.from_numpy(np.concatenate(parts))

    def __getitem__(self, which: np.ndarray) -> InteractionContext:
        """Contexts of some windows, (B, M, M, T)."""
        shown = instance_context(self.atoms[torch.from_numpy(np.asarray(which))], self.placement)
        return shown if self.level == "instance" else token_context(self.known, shown)

    def select(self, which: np.ndarray) -> "WindowContexts":
        """Of some of the windows, by index."""
        some = copy.copy(self)
        some.atoms = self.atoms[torch.from_numpy(which)]
        return some


def window_contexts(
    windows: Windows, profile: InteractionProfile | None, level: str
) -> WindowContexts | None:
    """Contexts of single windows, or None where all windows share the profile's."""
    return None if profile is None or level not in OF_WINDOWS else WindowContexts(windows, profile, level)
