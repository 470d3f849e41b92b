"""When an atom is a finding: larger than it is exact, and of a pair that tells more than shuffled labels would.

Few windows are why both are asked. Where predictors fall back on the prior, atoms are rounding noise that hardly varies
from one resampling to the next; and an atom that happens to be large resamples as if it were there.
"""

import numpy as np

RESOLUTION_BITS = 1e-4
"""Atoms are certified to this; below it nothing can be told from nothing."""

CHANCE = 0.05
"""Largest p-value of a pair, at a lag, whose atoms may count."""


def may_count(bits, p_value):
    """Whether atoms (...), in bits, of pairs with these p-values (...), NaN where unknown, may count as findings."""
    return (bits > RESOLUTION_BITS) & np.logical_not(p_value > CHANCE)
