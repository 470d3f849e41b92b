"""What is done to training windows so that they are not learned by heart.

Letters: B windows, M modalities, T steps, r samples per step, d channels.
"""

from collections.abc import Mapping

import torch


def add_noise(
    x: Mapping[str, torch.Tensor], observed_BMT: torch.Tensor, share: float
) -> dict[str, torch.Tensor]:
    """Add normal noise to x[name] (B, T, r, d), in shares of how far each channel varies within the window.

    A window in which a channel rests gets as little noise as it has variation, and none gets more than the channel
    varies over all windows.
    """
    noisy = {}
    for m, (name, values) in enumerate(x.items()):
        seen = observed_BMT[:, m, :, None, None].expand_as(values)
        n = seen.sum((1, 2), keepdim=True).clamp_min(1)
        mean = torch.where(seen, values, 0.0).sum((1, 2), keepdim=True) / n
        variance = torch.where(seen, (values - mean).square(), 0.0).sum((1, 2), keepdim=True) / n
        noisy[name] = values + share * variance.sqrt().clamp(max=1.0) * torch.randn_like(values)
    return noisy


def shift_levels(x: Mapping[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """Shift each channel of x[name] (B, T, r, d) by one normal draw per window, of standard deviation `share`."""
    shifted = {}
    for name, values in x.items():
        by = torch.randn(len(values), 1, 1, values.shape[-1], dtype=values.dtype, device=values.device)
        shifted[name] = values + share * by
    return shifted


def hide_modalities(observed_BMT: torch.Tensor, share: float) -> torch.Tensor:
    """Hide each modality of each window with probability `share`; never all that is observed of a window."""
    visible = torch.rand(observed_BMT.shape[:2], device=observed_BMT.device) >= share
    left = observed_BMT & visible[..., None]
    return torch.where(left.any((1, 2))[:, None, None], left, observed_BMT)
