"""Doubts about data, told all at once."""

import warnings
from collections.abc import Iterable

from interplay.errors import DataWarning


def warn_of_data(sentences: Iterable[str]) -> None:
    """One DataWarning for each sentence; the same sentence is shown once in a program, wherever it comes from."""
    for sentence in dict.fromkeys(sentences):
        warnings.warn(sentence, DataWarning, stacklevel=1)
