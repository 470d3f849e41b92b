"""Decompositions of joint tables by any measure of redundancy, and I_sx, which has to know how sources go together."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import torch

from interplay.info.atoms import Decomposition
from interplay.info.entropy import mutual_information_nats
from interplay.info.measures import RedundancyMeasure
from interplay.info.tables import open_tables
from interplay.units import bits, nats


@runtime_checkable
class JointRedundancy(Protocol):
    """A measure of redundancy that needs P(x1, x2, y), and so serves tables, not estimators."""

    def redundancy_nats(self, joint: torch.Tensor) -> torch.Tensor:
        """Redundancy (B,) of tables (B, I, J, C) float64, which may be negative."""
        ...


@dataclass(frozen=True, slots=True)
class Isx:
    """I_sx: what is learned of the target from knowing that one source or the other shows what it shows.

    Pointwise log P(y | x1 or x2) / P(y), averaged over the table. It may be negative, and so may all atoms.

    References
    ----------
    Makkeh, Gutknecht, Wibral, Introducing a differentiable measure of pointwise shared information, Physical Review E
    2021.
    """

    name: ClassVar[str] = "I_sx"

    def redundancy_nats(self, joint: torch.Tensor) -> torch.Tensor:
        """See `JointRedundancy.redundancy_nats`."""
        first, second = joint.sum(2, keepdim=True), joint.sum(1, keepdim=True)
        either_and_y = first + second - joint
        either = either_and_y.sum(-1, keepdim=True)
        prior = joint.sum((1, 2), keepdim=True)
        pointwise = torch.log(either_and_y) - torch.log(either) - torch.log(prior)
        return torch.where(joint > 0, joint * pointwise, 0.0).flatten(1).sum(-1)


def decompose_by(table, measure: RedundancyMeasure | JointRedundancy) -> Decomposition:
    """Decompose joint tables P(x1, x2, y) by a measure of redundancy.

    Parameters
    ----------
    table : array_like (..., n1, n2, C)
        Probabilities; any leading axes are batch axes.
    measure : RedundancyMeasure or JointRedundancy
        `Broja`, `Imin`, `Immi`, `Isx`, or one of your own.

    Returns
    -------
    Decomposition
        NumPy in, NumPy out; tensors in, tensors out. Sum rules hold whatever the measure.

    Examples
    --------
    >>> import numpy as np
    >>> from interplay import info
    >>> two_bits = np.zeros((2, 2, 4))
    >>> two_bits[[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 2, 3]] = 0.25
    >>> [float(info.decompose_by(two_bits, m).redundancy) for m in (info.Broja(), info.Imin(), info.Immi())]
    [0.0, 1.0, 1.0]
    """
    (p,), give_back = open_tables(table, axes=3, name="table")
    batch, joint = p.shape[:-3], p.reshape(-1, *p.shape[-3:])
    i1, i2, i12 = (mutual_information_nats(q) for q in (joint.sum(2), joint.sum(1), joint.flatten(1, 2)))
    gap = torch.zeros_like(i1)
    if isinstance(measure, JointRedundancy):
        shared = measure.redundancy_nats(joint)
    else:
        union = measure.union_information(joint.sum(2), joint.sum(1))
        gap, shared = nats(union.gap_bits), i1 + i2 - _mean_score(union, joint)

    def out(value_nats: torch.Tensor):
        return give_back(bits(value_nats.reshape(batch)))

    return Decomposition(
        redundancy=out(shared),
        unique1=out(i1 - shared),
        unique2=out(i2 - shared),
        synergy=out(i12 - i1 - i2 + shared),
        mi1=out(i1),
        mi2=out(i2),
        joint_mi=out(i12),
        gap_bits=out(gap),
    )


def _mean_score(union, joint: torch.Tensor) -> torch.Tensor:
    """I_Q (B,), the mean over tables of the score of what both sources are credited with, relative to the prior."""
    axes = [torch.arange(size, device=joint.device) for size in joint.shape[1:]]
    cell1, cell2, y = (axis.reshape(1, -1) for axis in torch.meshgrid(*axes, indexing="ij"))
    prior = joint.sum((1, 2)).gather(1, y.expand(len(joint), -1))
    score = union.log_score(cell1, cell2, y) - torch.log(prior)
    return torch.where(joint.flatten(1) > 0, joint.flatten(1) * score, 0.0).sum(-1)
