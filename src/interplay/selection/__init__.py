"""Which modalities to keep: what sets of them tell of the target in entities that were not learned from."""

from interplay.selection.figures import plot_selection
from interplay.selection.search import select_modalities
from interplay.selection.selection import Selection

__all__ = ["Selection", "plot_selection", "select_modalities"]
