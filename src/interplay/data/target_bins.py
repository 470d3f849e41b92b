"""A continuous target cut into classes at quantiles of training windows."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from interplay.data.targets import is_labelled
from interplay.data.windows import Windows
from interplay.errors import InvalidInput
from interplay.types import UNLABELLED


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetBins:
    """Edges between classes of a continuous target.

    Attributes
    ----------
    edges : (n_bins - 1,) float64, increasing; a value equal to an edge belongs to the class above it

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> y = np.arange(8.0)
    >>> windows = ip.windows_from_arrays({"x": y[:, None]}, y, steps=1, classes=())
    >>> ip.TargetBins.fit(windows, n_bins=2).apply(windows).classes
    ('below 3.5', 'from 3.5')
    """

    edges: np.ndarray

    @classmethod
    def fit(cls, windows: Windows, *, n_bins: int = 4) -> "TargetBins":
        """Edges at quantiles of these windows' target: training windows only, or the edges leak.

        Parameters
        ----------
        windows : Windows
            With a continuous target.
        n_bins : int
            At least 2; fewer result where quantiles coincide.
        """
        _check_continuous(windows)
        if not isinstance(n_bins, (int, np.integer)) or n_bins < 2:
            raise InvalidInput(f"n_bins must be a whole number of at least 2; got {n_bins!r}.")
        y = windows.y
        edges = np.unique(np.quantile(y, np.arange(1, n_bins) / n_bins))
        edges = edges[(edges > y.min()) & (edges <= y.max())]
        if len(edges) == 0:
            raise InvalidInput(
                "the target must take values on both sides of a quantile; it is almost constant."
            )
        return cls(edges=edges)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, lowest first."""
        shown = [f"{edge:.4g}" for edge in self.edges]
        between = [f"{a} to {b}" for a, b in pairwise(shown)]
        return (f"below {shown[0]}", *between, f"from {shown[-1]}")

    def apply(self, windows: Windows) -> Windows:
        """The same windows with classes as their target."""
        _check_continuous(windows)
        value = windows.steps.target
        target = np.where(is_labelled(value), np.searchsorted(self.edges, value, side="right"), UNLABELLED)
        return replace(windows, steps=replace(windows.steps, target=target, classes=self.classes))


def _check_continuous(windows: Windows) -> None:
    if not windows.continuous:
        raise InvalidInput(
            f"TargetBins must be given a continuous target; it has classes {list(windows.classes)}."
        )
