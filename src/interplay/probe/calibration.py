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
        speaks = self.scale != 0
        heads = logits.ndim - 2 - speaks.ndim
        log_p = log_prior.to(logits.dtype).expand_as(logits).clone()
        # most heads of many lags tell nothing, and are left at the prior without work
        log_p[(slice(None),) * heads + (speaks,)] = self._of_speaking(
            logits[(slice(None),) * heads + (speaks,)], speaks, log_prior
        )
        return log_p

    def _of_speaking(
        self, logits: torch.Tensor, speaks: torch.Tensor, log_prior: torch.Tensor
    ) -> torch.Tensor:
        log_p = scaled(logits, self.scale[speaks], self.offset[speaks], log_prior)
        weight = self.weight[speaks][..., None, None]
        mixed = torch.logaddexp(torch.log(weight) + log_p, torch.log1p(-weight) + log_prior)
        return scaled(mixed - log_prior, self.last_scale[speaks], self.last_offset[speaks], log_prior)


def scaled(
    evidence: torch.Tensor, scale: torch.Tensor, offset: torch.Tensor, log_prior: torch.Tensor
) -> torch.Tensor:
    """log-softmax(scale * evidence + offset + log-prior); the log-prior itself where scale is 0."""
    log_p = posterior(evidence, scale, offset, log_prior)
    return torch.where((scale == 0)[..., None, None], log_prior, log_p)


def posterior(
    evidence: torch.Tensor, scale: torch.Tensor, offset: torch.Tensor, log_prior: torch.Tensor
) -> torch.Tensor:
    """log-softmax(scale * evidence + offset + log-prior), (..., N, C)."""
    log_p = scale[..., None, None] * evidence + (offset[..., None, :] + log_prior)
    # of few classes three times as quick as torch.log_softmax
    return log_p.sub_(torch.logsumexp(log_p, -1, keepdim=True))
