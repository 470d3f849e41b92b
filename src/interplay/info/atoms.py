"""Redundancy, uniqueness and synergy of probability tables.

With I1 = I(X1;Y), I2 = I(X2;Y), I12 = I(X1,X2;Y) and I_Q the least joint information that the two
source-target marginals allow (`interplay.info.broja`)::

    R = I1 + I2 - I_Q    U1 = I_Q - I2    U2 = I_Q - I1    S = I12 - I_Q
"""

import warnings
from dataclasses import dataclass
from typing import Any

import torch

from interplay.errors import ConvergenceWarning, InvalidInput
from interplay.info import broja
from interplay.info.entropy import mutual_information_nats
from interplay.info.tables import SUM_TOLERANCE, open_tables
from interplay.units import bits, nats

WORK_BYTES = 256 * 2**20
"""Memory that the solver may take for the problems it works on at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decomposition:
    """Parts of the information that two sources give about a target; every field is (...) in bits.

    `synergy` and `joint_mi` are None where only the two marginal tables were given and no `joint_mi`.
    `gap_bits` bounds the error of `redundancy`, `unique1`, `unique2` and `synergy`.
    """

    redundancy: Any
    unique1: Any
    unique2: Any
    synergy: Any
    mi1: Any
    mi2: Any
    joint_mi: Any
    gap_bits: Any

    @property
    def coinformation(self):
        """I1 + I2 - I12 = R - S; positive where redundancy outweighs synergy."""
        return self.redundancy - self.synergy


def decompose(table, *, tol_bits: float = 1e-6, max_steps: int = 80) -> Decomposition:
    """Decompose joint tables P(x1, x2, y).

    Parameters
    ----------
    table : array_like (..., n1, n2, C)
        Probabilities; any leading axes are batch axes.
    tol_bits : float
        Certified accuracy asked for.
    max_steps : int
        Interior-point steps after which a `ConvergenceWarning` names the gap that is left.

    Returns
    -------
    Decomposition
        NumPy in, NumPy out; tensors in, tensors out.

    Examples
    --------
    >>> import numpy as np
    >>> from interplay import info
    >>> xor = np.zeros((2, 2, 2))
    >>> xor[[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]] = 0.25
    >>> float(info.decompose(xor).synergy)
    1.0
    """
    (p,), give_back = open_tables(table, axes=3, name="table")
    joint_nats = mutual_information_nats(p.flatten(-3, -2))
    return _decompose(p.sum(-2), p.sum(-3), joint_nats, give_back, tol_bits, max_steps)


def decompose_marginals(
    table1, table2, *, joint_mi=None, tol_bits: float = 1e-6, max_steps: int = 80
) -> Decomposition:
    """Decompose from the two marginal tables P(x1, y) and P(x2, y) alone.

    Parameters
    ----------
    table1 : array_like (..., n1, C)
    table2 : array_like (..., n2, C)
        Both must give y the same distribution; what rounding makes them differ by is averaged out.
    joint_mi : array_like (...), bits, optional
        I(X1,X2;Y) where it is known; without it `synergy` is None.
    tol_bits, max_steps
        As in `decompose`.

    Returns
    -------
    Decomposition
    """
    (p1, p2), give_back = open_tables(table1, table2, axes=2, name="table1 and table2")
    if p1.shape[:-2] != p2.shape[:-2] or p1.shape[-1] != p2.shape[-1]:
        raise InvalidInput(
            "table1 and table2 must agree in their batch axes and in the number of classes; "
            f"got shapes {tuple(p1.shape)} and {tuple(p2.shape)}."
        )
    apart = (p1.sum(-2) - p2.sum(-2)).abs().max().item()
    if apart > SUM_TOLERANCE:
        raise InvalidInput(
            f"table1 and table2 must give the target the same distribution; theirs differ by {apart:.2g}."
        )
    p1, p2 = _of_one_target(p1, p2)
    joint_nats = None
    if joint_mi is not None:
        joint_nats = nats(torch.as_tensor(joint_mi, dtype=torch.float64, device=p1.device))
    return _decompose(p1, p2, joint_nats, give_back, tol_bits, max_steps)


def couple(p1: torch.Tensor, p2: torch.Tensor, *, tol_bits: float, max_steps: int = 80) -> broja.Coupling:
    """Solve any number of problems in bounded memory; p1 (B, n1, C), p2 (B, n2, C) checked by the caller."""
    per_problem = 8 * p1[0].numel() * p2[0].numel() * 4
    size = max(1, min(256, WORK_BYTES // per_problem))
    parts = [
        broja.solve(a, b, tol_nats=nats(tol_bits), max_steps=max_steps)
        for a, b in zip(p1.split(size), p2.split(size), strict=True)
    ]
    coupling = broja.Coupling(
        **{name: torch.cat([getattr(part, name) for part in parts]) for name in broja.Coupling.__slots__}
    )
    missed = coupling.gap_bits > tol_bits
    if missed.any():
        worst = int(coupling.gap_bits.argmax())
        warnings.warn(
            f"{int(missed.sum())} of {len(p1)} decompositions did not reach tol_bits={tol_bits:g} in {max_steps} "
            f"steps; the largest gap, which is proven, is {coupling.gap_bits[worst].item():.2g} bit, of "
            f"{_kind(p1[worst], p2[worst])}. Raise max_steps or tol_bits, or merge cells of little mass.",
            ConvergenceWarning,
        )
    return coupling


def _kind(p1: torch.Tensor, p2: torch.Tensor) -> str:
    entries = torch.cat([p1, p2]).flatten()
    positive = entries[entries > 0]
    return (
        f"a table of {len(p1)} x {len(p2)} cells and {p1.shape[-1]} classes whose marginals hold probabilities from "
        f"{positive.min().item():.1g} to {positive.max().item():.1g}, and {len(entries) - len(positive)} zeros"
    )


def _of_one_target(p1: torch.Tensor, p2: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both tables scaled to the mean of their y-marginals, without classes that one of them lacks."""
    y1, y2 = p1.sum(-2, keepdim=True), p2.sum(-2, keepdim=True)
    common = torch.where((y1 > 0) & (y2 > 0), (y1 + y2) / 2, 0.0)
    common = common / common.sum(-1, keepdim=True)
    return p1 * (common / y1.clamp_min(1e-300)), p2 * (common / y2.clamp_min(1e-300))


def _decompose(p1, p2, joint_nats, give_back, tol_bits, max_steps) -> Decomposition:
    batch = p1.shape[:-2]
    i1, i2 = mutual_information_nats(p1), mutual_information_nats(p2)
    coupling = couple(p1.flatten(0, -3) if batch else p1[None], p2.flatten(0, -3) if batch else p2[None],
                      tol_bits=tol_bits, max_steps=max_steps)  # fmt: skip
    least, gap = coupling.least_nats.reshape(batch), coupling.gap_nats.reshape(batch)

    def out(value_nats):
        return None if value_nats is None else give_back(bits(value_nats))

    return Decomposition(
        redundancy=out(i1 + i2 - least),
        unique1=out(least - i2),
        unique2=out(least - i1),
        synergy=out(None if joint_nats is None else joint_nats - least),
        mi1=out(i1),
        mi2=out(i2),
        joint_mi=out(joint_nats),
        gap_bits=out(gap),
    )
