"""Which modalities to keep, by what a profile says of singles and pairs."""

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import pandas as pd

from interplay.errors import InvalidInput
from interplay.notebook import table_html
from interplay.profile.pair_information import PairInformation
from interplay.profile.subset_search import best_subsets, in_order


@dataclass(frozen=True, kw_only=True, repr=False)
class Budget:
    """The modalities to keep.

    Attributes
    ----------
    modalities : names, the one that is missed least last, and so on with those before it
    adds_bits : what each adds to those before it, bits; 0 where all that there is to know is known
    of : how many there are to choose from
    h_y_bits : entropy of the target; NaN of a number
    """

    modalities: tuple[str, ...]
    adds_bits: tuple[float, ...]
    of: int
    h_y_bits: float

    @property
    def bits(self) -> float:
        """What they tell jointly, as far as singles and pairs say."""
        return math.fsum(self.adds_bits)

    def to_dataframe(self) -> pd.DataFrame:
        """One row per modality, in order: ``modality, adds_bits, total_bits``."""
        frame = pd.DataFrame({"modality": self.modalities, "adds_bits": self.adds_bits})
        return frame.assign(total_bits=frame["adds_bits"].cumsum())

    def sentence(self) -> str:
        """Which to keep and what they tell, in words."""
        entropy = f" of {self.h_y_bits:.2f}" if math.isfinite(self.h_y_bits) else ""
        tell = "tells" if len(self.modalities) == 1 else "together tell"
        return (
            f"Of {self.of} modalities keep {listed(self.modalities)}: as far as single modalities and pairs say, "
            f"{'it' if len(self.modalities) == 1 else 'they'} {tell} {self.bits:.2f}{entropy} bits of the target."
        )

    def __repr__(self) -> str:
        return (
            f"Budget: {len(self.modalities)} of {self.of}, {self.bits:.3f} bits: {', '.join(self.modalities)}"
        )

    def _repr_html_(self) -> str:
        return table_html(self.to_dataframe(), self.sentence())


def budget(profile, k: int) -> Budget:
    """The k modalities that tell most jointly, see `interplay.profile.pair_information`.

    Parameters
    ----------
    profile : InteractionProfile
    k : int

    Raises
    ------
    InvalidInput
        If there are not so many.
    """
    check_size(k, len(profile.modalities))
    return budgets(profile, k)[-1]


def budgets(profile, most: int) -> tuple[Budget, ...]:
    """The best 1, 2, ... modalities, up to `most` of them; see `budget`."""
    names = profile.modalities
    information, entropy = PairInformation.of_profile(profile), known_entropy(profile)
    bits = cache(information.bits)
    pairs = information.synergistic_pairs()
    made = []
    for subset in best_subsets(len(names), bits, most, pairs=pairs):
        order = in_order(subset, bits)
        totals = [0.0] + [min(bits(frozenset(order[:n])), entropy) for n in range(1, len(order) + 1)]
        budget_of_size = Budget(
            modalities=tuple(names[i] for i in order),
            adds_bits=tuple(after - before for before, after in pairwise(totals)),
            of=len(names),
            h_y_bits=entropy if math.isfinite(entropy) else math.nan,
        )
        made.append(budget_of_size)
    return tuple(made)


def all_bits(profile) -> float:
    """What all modalities tell jointly, as far as singles and pairs say."""
    everything = frozenset(range(len(profile.modalities)))
    return min(PairInformation.of_profile(profile).bits(everything), known_entropy(profile))


def known_entropy(profile) -> float:
    """Entropy of the target, which no set tells more than; infinite for a number, of which there is no end to know."""
    of_number = "classes" in profile.dataset.attrs and not len(profile.dataset.attrs["classes"])
    entropy = profile.h_y_bits
    return math.inf if of_number or not math.isfinite(entropy) else entropy


def check_size(k: object, n: int) -> None:
    """Refuse what is no number of modalities to keep."""
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= n:
        raise InvalidInput(f"k, the modalities to keep, must be a whole number from 1 to {n}; got {k!r}.")


def listed(names) -> str:
    """Names with commas and an "and"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else str(last)
