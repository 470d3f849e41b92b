"""What an object must have to serve as a measure of redundancy.

A measure splits what two sources tell about a target into what either tells alone and what takes both. It
answers for I_Q = I1 + I2 - R, the information it credits to the sources without synergy, event by event: the mean
of `log_score` over draws of P(x1, x2, y), less the mean of log p(y), is I_Q. The other atoms follow from the sum
rules (`interplay.info.atoms`). BROJA is one such measure: `interplay.info.broja.Coupling`.
"""

from typing import Protocol, runtime_checkable

import torch


@runtime_checkable
class RedundancyMeasure(Protocol):
    """A redundancy of two sources about a target, solved for any number of problems.

    Attributes
    ----------
    gap_bits : (...) float64
        How far I_Q may lie from its true value, proven; 0 where it is known in closed form.
    """

    @property
    def gap_bits(self) -> torch.Tensor: ...

    def log_score(self, cell1: torch.Tensor, cell2: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Pointwise log-score of labels that two cells foretell together, nats.

        Parameters
        ----------
        cell1, cell2 : (..., N) int64
            Cells of the two sources in N events of each problem; the leading axes are those of the problems.
        y : (..., N) int64
            Labels of the events.

        Returns
        -------
        (..., N) float64
        """
        ...
