"""The magnitude of a modality: how far a sample is from its middle, whichever way the sensor is turned."""

import torch

FEW_CHANNELS = 6
"""Modalities of at most so many channels, as the axes of a sensor are, have a magnitude."""


def has_magnitude(channels: int) -> bool:
    """Whether a modality of so many channels has one."""
    return 1 < channels <= FEW_CHANNELS


def with_magnitude(scaled: torch.Tensor) -> torch.Tensor:
    """Scaled samples (..., d), and as a further channel the root of their sum of squares where there are a few.

    Parameters
    ----------
    scaled : (..., d)

    Returns
    -------
    (..., d + 1), or what came where d is 1 or above `FEW_CHANNELS`
    """
    if not has_magnitude(scaled.shape[-1]):
        return scaled
    return torch.cat([scaled, scaled.square().sum(-1, keepdim=True).sqrt()], dim=-1)
