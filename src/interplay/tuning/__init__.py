"""Settings of a recipe searched by cross-validation within the training entities."""

from interplay.tuning.search import Tuning, tune
from interplay.tuning.space import DEFAULT_SPACE, Choices, Range, read_space

__all__ = ["DEFAULT_SPACE", "Choices", "Range", "Tuning", "read_space", "tune"]
