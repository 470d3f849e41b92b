"""The interaction context: a profile laid on the steps of a window, as the model reads it.

Letters: M modalities, T steps, step t of a window has lag T - 1 - t (`interplay.data.windows`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from interplay.errors import InvalidInput
from interplay.profile import InteractionProfile
from interplay.profile.dataset import RATE

ATOMS = ("redundancy", "unique", "synergy")


@dataclass(frozen=True, kw_only=True, slots=True)
class InteractionContext:
    """Atoms of every pair at every step, in shares of the target's entropy.

    Attributes
    ----------
    redundancy, synergy : (B', M, M, T) float32, symmetric in the modalities, diagonal 0
    unique : (B', M, M, T) float32, in the first modality and not in the second, diagonal 0

    B' is 1 where the same is known of all windows, or B, one for each window of the batch.
    """

    redundancy: torch.Tensor
    unique: torch.Tensor
    synergy: torch.Tensor

    @property
    def pair_features(self) -> torch.Tensor:
        """(B', M, M, T, 4): R, U(i not j), U(j not i), S."""
        parts = [self.redundancy, self.unique, self.unique.transpose(1, 2), self.synergy]
        return torch.stack(parts, dim=-1)

    def relevance(self) -> torch.Tensor:
        """(B', M, T): the largest atom that a token takes part in."""
        atoms = torch.stack([self.redundancy, self.unique, self.synergy])
        return atoms.amax((0, 3))

    def unique_to_all(self) -> torch.Tensor:
        """(B', M, T): what a modality tells that no partner does, the least of its uniqueness over partners."""
        n_m = self.unique.shape[1]
        if n_m == 1:
            return torch.zeros_like(self.unique[:, 0])
        own = torch.eye(n_m, dtype=torch.bool, device=self.unique.device)[..., None]
        return self.unique.masked_fill(own, torch.inf).amin(2)

    def unique_to_any(self) -> torch.Tensor:
        """(B', M, T): what a modality tells that some partner does not, the largest of its uniqueness over partners."""
        return self.unique.amax(2)

    def last(self, steps: int) -> "InteractionContext":
        """Of the newest steps alone."""
        return InteractionContext(**{name: getattr(self, name)[..., -steps:] for name in ATOMS})

    def over_lags(self) -> "InteractionContext":
        """The same at every step, each atom at the lag where it is largest: for predictions at every step, of which
        each sees a token at another lag."""
        return InteractionContext(
            **{
                name: getattr(self, name).amax(-1, keepdim=True).expand_as(getattr(self, name))
                for name in ATOMS
            }
        )

    def to(self, device, **kwargs) -> "InteractionContext":
        return InteractionContext(**{name: getattr(self, name).to(device, **kwargs) for name in ATOMS})

    def is_empty(self) -> bool:
        return not bool(self.pair_features.any())


def empty_context(n_modalities: int, n_steps: int) -> InteractionContext:
    """The context of knowing nothing."""
    zeros = torch.zeros(1, n_modalities, n_modalities, n_steps)
    return InteractionContext(redundancy=zeros, unique=zeros, synergy=zeros)


def interaction_context(
    profile: InteractionProfile, modalities: Sequence[str], *, steps: int, step_s: float
) -> InteractionContext:
    """Lay a profile on the steps of a window.

    Step t looks (T - 1 - t) * step_s seconds back, and takes the atoms of the profile at that lag, read off
    linearly between measured lags. Outside the measured lags nothing is known, and the atoms are 0. So are those
    that are not significant: the guidance is free of scale and would otherwise make as much of the largest noise as
    of the largest interaction. A rate, over all lags together, is laid on every step.

    Parameters
    ----------
    profile : InteractionProfile
    modalities : sequence of str
        The model's modalities, in its order; the profile must have them all.
    steps : int
        T.
    step_s : float, s

    Returns
    -------
    InteractionContext
    """
    missing = [name for name in modalities if name not in profile.modalities]
    if missing:
        raise InvalidInput(
            f"the profile must have every modality of the windows; it lacks {missing} and has "
            f"{list(profile.modalities)}. Estimate it from windows of the same modalities."
        )
    names = list(modalities)
    order = [profile.modalities.index(name) for name in names]
    # of a rate nobody knows which of its lags it comes from
    on_steps = torch.ones(1, steps) if profile.kind == RATE else placement(profile.lag_s, steps, step_s)
    scale = max(profile.h_y_bits, 1e-12)
    values = (_significant_values(profile, name)[np.ix_(order, order)] / scale for name in ATOMS)
    atoms = (torch.from_numpy(each).float() @ on_steps for each in values)
    return InteractionContext(**{name: atom[None] for name, atom in zip(ATOMS, atoms, strict=True)})


def instance_context(atoms_BAMML: torch.Tensor, on_steps_LT: torch.Tensor) -> InteractionContext:
    """The context of single windows, from their label-free atoms.

    Parameters
    ----------
    atoms_BAMML : (B, 3, M, M, L), in the order of `ATOMS`, in shares of the target's entropy; NaN where i = j
    on_steps_LT : `placement` of the L lags on the steps of the windows

    Returns
    -------
    InteractionContext
        Negative atoms, which single windows may have, count as 0.
    """
    atoms = torch.nan_to_num(atoms_BAMML.float()).clamp_min(0.0) @ on_steps_LT
    return InteractionContext(**dict(zip(ATOMS, atoms.unbind(1), strict=True)))


def token_context(profile: InteractionContext, instance: InteractionContext) -> InteractionContext:
    """Both levels for each token and pair: their mean where the profile found an interaction, 0 elsewhere.

    What a single window seems to show where the profile found nothing is noise of the probe.
    """

    def both(name: str) -> torch.Tensor:
        known, shown = getattr(profile, name), getattr(instance, name)
        return torch.where(known > 0, 0.5 * (known + shown), 0.0)

    return InteractionContext(**{name: both(name) for name in ATOMS})


def placement(known_s: np.ndarray, steps: int, step_s: float) -> torch.Tensor:
    """Where lags lie on the steps of a window: values of L lags times this (L, T) are values of T steps.

    Step t looks (T - 1 - t) * step_s seconds back. Values are linear between known lags; a step that lies outside
    them is unknown and gets 0.
    """
    lag_s = np.arange(steps - 1, -1, -1) * step_s
    return torch.from_numpy(_at_lags(np.eye(len(known_s)), known_s, lag_s)).float()


def _significant_values(profile: InteractionProfile, atom: str) -> np.ndarray:
    """Values of an atom (M, M, L), 0 where it is not significant."""
    return np.where(profile.significant(atom), profile.dataset[atom].values, 0.0)


def _at_lags(values: np.ndarray, known_s: np.ndarray, wanted_s: np.ndarray) -> np.ndarray:
    """Values (..., L) at other lags (..., T): linear between known lags, 0 outside them."""
    tolerance = 1e-6 * float(known_s[-1])
    right = np.clip(np.searchsorted(known_s, wanted_s - tolerance), 0, len(known_s) - 1)
    left = np.maximum(right - 1, 0)
    span = known_s[right] - known_s[left]
    share = np.where(span > 0, (wanted_s - known_s[left]) / np.where(span > 0, span, 1.0), 1.0)
    between = values[..., left] * (1 - share) + values[..., right] * share
    inside = (wanted_s >= known_s[0] - tolerance) & (wanted_s <= known_s[-1] + tolerance)
    return np.where(inside, between, 0.0)


EPS = 0.01
TINY = 1e-12
"""Guidance is log(eps + a / a_max) - log(eps). The log form does not depend on the scale of the atoms, which matters:
estimated bits differ from true ones by constant factors. It is exactly 0 where the atom is 0, so an empty context
leaves the model as it would be without."""


def attention_guidance(context: InteractionContext) -> torch.Tensor:
    """(B', M, M, T) to add to cross-modal attention logits: large where two modalities are synergistic."""
    return _log_share(context.synergy)


def pooling_guidance(context: InteractionContext) -> torch.Tensor:
    """(B', M, T) to add to pooling logits: large where a token takes part in any strong interaction."""
    return _log_share(context.relevance())


def _log_share(atom: torch.Tensor) -> torch.Tensor:
    largest = atom.flatten(1).amax(1).view(-1, *[1] * (atom.ndim - 1))
    raised = torch.log(EPS + atom / largest.clamp_min(TINY)) - math.log(EPS)
    return torch.where(atom > 0, raised, 0.0)
