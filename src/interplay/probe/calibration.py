"""Calibration: how a head's raw logits become a posterior that may be believed."""

from dataclasses import dataclass, fields

import torch


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """A scale and offsets, a mixture with the prior, and once more a scale and offsets, for each head (...).

    Attributes
    ----------
    scale, last_scale : (...)
    offset, last_offset : (..., C)
    weight : (...), of the posterior against the prior, in [0, 1)
    """

    scale: torch.Tensor
    offset: torch.Tensor
    weight: torch.Tensor
    last_scale: torch.Tensor
    last_offset: torch.Tensor

    def tensors(self) -> dict[str, torch.Tensor]:
        """All parts by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def apply(self, logits: torch.Tensor, log_prior: torch.Tensor) -> torch.Tensor:
        """Calibrated log-posteriors.

        Parameters
        ----------
        logits : (..., N, C), relative to the prior
        log_prior : (C,) or (N, C)

        Returns
        -------
        (..., N, C)
        """
        told = self.scale != 0
        heads = logits.ndim - 2 - told.ndim
        log_p = log_prior.to(logits.dtype).expand_as(logits).clone()
        # most heads of many lags tell nothing, and are left at the prior without work
        log_p[(slice(None),) * heads + (told,)] = self._of_told(
            logits[(slice(None),) * heads + (told,)], told, log_prior
        )
        return log_p

    def _of_told(self, logits: torch.Tensor, told: torch.Tensor, log_prior: torch.Tensor) -> torch.Tensor:
        log_p = scaled(logits, self.scale[told], self.offset[told], log_prior)
        weight = self.weight[told][..., None, None]
        mixed = torch.logaddexp(torch.log(weight) + log_p, torch.log1p(-weight) + log_prior)
        return scaled(mixed - log_prior, self.last_scale[told], self.last_offset[told], log_prior)


def scaled(
    evidence: torch.Tensor, scale: torch.Tensor, offset: torch.Tensor, log_prior: torch.Tensor
) -> torch.Tensor:
    """log-softmax(scale * centred evidence + offset + log-prior); the log-prior itself where scale is 0."""
    evidence = evidence - evidence.mean(-1, keepdim=True)
    log_p = torch.log_softmax(scale[..., None, None] * evidence + offset[..., None, :] + log_prior, -1)
    return torch.where((scale == 0)[..., None, None], log_prior, log_p)
