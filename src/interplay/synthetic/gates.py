"""Two-source gates whose decomposition is known: the truth table of every exact test.

Inputs are uniform. Atoms are bits under the BROJA definition; the values of AND and SUM are derived
where they stand.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """A joint table with its known atoms.

    Attributes
    ----------
    table : (n1, n2, C) float, probabilities
    redundancy, unique1, unique2, synergy : float, bits
    """

    name: str
    table: np.ndarray
    redundancy: float
    unique1: float
    unique2: float
    synergy: float

    @property
    def joint_mi(self) -> float:
        return self.redundancy + self.unique1 + self.unique2 + self.synergy

    def sample(self, n: int, random_state: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw n independent triples (x1, x2, y) of cell numbers."""
        rng = np.random.default_rng(random_state)
        cells = rng.choice(self.table.size, size=n, p=self.table.ravel())
        x1, x2, y = np.unravel_index(cells, self.table.shape)
        return x1, x2, y


def gate_table(function: Callable[[int, int], int], n: int = 2) -> np.ndarray:
    """Joint table of y = function(x1, x2) for independent uniform inputs out of 0 .. n-1."""
    y = np.array([[function(a, b) for b in range(n)] for a in range(n)])
    table = np.zeros((n, n, y.max() + 1))
    np.put_along_axis(table, y[..., None], 1.0 / n**2, axis=-1)
    return table


def _copy_table() -> np.ndarray:
    table = np.zeros((2, 2, 2))
    table[0, 0, 0] = table[1, 1, 1] = 0.5
    return table


# One input 0 decides y = 0; one input 1 leaves y fair. I1 = h(1/4) - h(1/2)/2. The coupling that sends
# (0,0) wherever it can makes both sources tell the same, so R = I1 and U = 0.
_AND_MI = (2.0 - 0.75 * math.log2(3.0)) - 0.5

GATES = {
    gate.name: gate
    for gate in (
        Gate(name="XOR", table=gate_table(lambda a, b: a ^ b), redundancy=0, unique1=0, unique2=0, synergy=1),
        Gate(name="COPY", table=_copy_table(), redundancy=1, unique1=0, unique2=0, synergy=0),
        Gate(name="UNIQUE", table=gate_table(lambda a, b: a), redundancy=0, unique1=1, unique2=0, synergy=0),
        Gate(
            name="CAT",
            table=gate_table(lambda a, b: 2 * a + b),
            redundancy=0,
            unique1=1,
            unique2=1,
            synergy=0,
        ),
        Gate(
            name="AND",
            table=gate_table(lambda a, b: a & b),
            redundancy=_AND_MI,
            unique1=0,
            unique2=0,
            synergy=0.5,
        ),
        # H(Y) = 1.5, H(Y|X1) = 1; both sources have the same marginal with y, so R = I1 and U = 0.
        Gate(
            name="SUM", table=gate_table(lambda a, b: a + b), redundancy=0.5, unique1=0, unique2=0, synergy=1
        ),
    )
}
