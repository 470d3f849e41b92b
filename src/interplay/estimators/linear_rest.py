"""Columns of mean 0 and variance 1, and what a linear regression leaves of others."""

import torch


def standard(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Values brought to mean 0 and variance 1 along an axis; what does not vary is 0."""
    x = x - x.mean(dim, keepdim=True)
    return x / x.std(dim, keepdim=True).clamp_min(1e-6)


def with_ones(x: torch.Tensor) -> torch.Tensor:
    """Columns (N, K) after one of ones, (N, 1 + K)."""
    return torch.cat([torch.ones_like(x[:, :1]), x], 1)


def rest(y: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """What a linear regression on known columns (N, K) leaves of others (N, C)."""
    basis = torch.linalg.qr(known).Q
    return y - basis @ (basis.T @ y)
