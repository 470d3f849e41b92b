"""What an object must have to serve as a measure of redundancy, and BROJA as the first.

A measure splits what two sources tell about a target into what either tells alone and what takes both. It
answers for their union information I_Q = I1 + I2 - R, which is what it credits to the sources without synergy,
event by event: the mean of `UnionInformation.log_score` over draws of P(x1, x2, y), less the mean of log p(y), is
I_Q. The other atoms follow from the sum rules (`interplay.info.atoms`).
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import torch

from interplay.errors import InvalidInput
from interplay.info.atoms import couple


@runtime_checkable
class UnionInformation(Protocol):
    """What a measure credits to two sources, for B pairs of tables.

    Attributes
    ----------
    gap_bits : (B,) float64
        How far I_Q may lie from its true value, proven; 0 where it is known in closed form.
    """

    @property
    def gap_bits(self) -> torch.Tensor: ...

    def log_score(self, cell1: torch.Tensor, cell2: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Pointwise log-score of labels that two cells foretell together, nats.

        Parameters
        ----------
        cell1, cell2 : (B, N) int64, or (1, N) for events that all pairs share
            Cells of the two sources in N events.
        y : (B, N) or (1, N) int64
            Labels of the events.

        Returns
        -------
        (B, N) float64
        """
        ...


@runtime_checkable
class RedundancyMeasure(Protocol):
    """A measure of redundancy, with its settings: what an estimator is given."""

    def union_information(self, p1: torch.Tensor, p2: torch.Tensor) -> UnionInformation:
        """Solve pairs of tables.

        Parameters
        ----------
        p1, p2 : (B, I, C), (B, J, C) float64
            P(x1, y) and P(x2, y), each of sum 1, of one y-marginal; checked by the caller.
        """
        ...


def measure_name(measure: RedundancyMeasure) -> str:
    """What profiles and reports call a measure: its `name`, or that of its class."""
    return str(getattr(measure, "name", type(measure).__name__))


@dataclass(frozen=True, kw_only=True, slots=True)
class Broja:
    """Union information is the least that the tables P(x1, y) and P(x2, y) allow both sources to tell.

    Parameters
    ----------
    tol_bits : float
        Certified accuracy asked for.
    max_steps : int
        Interior-point steps after which a `ConvergenceWarning` names the gap that is left.

    References
    ----------
    Bertschinger, Rauh, Olbrich, Jost, Ay, Quantifying unique information, Entropy 2014.
    """

    name: ClassVar[str] = "BROJA"

    tol_bits: float = 1e-6
    max_steps: int = 80

    def union_information(self, p1: torch.Tensor, p2: torch.Tensor) -> UnionInformation:
        """The least informative couplings, see `RedundancyMeasure.union_information`."""
        return couple(p1, p2, tol_bits=self.tol_bits, max_steps=self.max_steps)


def chosen_measure(measure: RedundancyMeasure | None, *, tol_bits: float) -> RedundancyMeasure:
    """The measure that an estimator was given, or BROJA.

    Raises
    ------
    InvalidInput
        If it asks for more than the tables of each source with the target.
    """
    if measure is None:
        return Broja(tol_bits=tol_bits)
    if not isinstance(measure, RedundancyMeasure):
        raise InvalidInput(
            "the measure of an estimator must do with P(x1, y) and P(x2, y), as those of interplay.info but Isx do; "
            f"got {measure!r}. Ask info.decompose_by for others, with a table."
        )
    return measure
