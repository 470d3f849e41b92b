"""Information of probability tables: entropies and the certified BROJA decomposition."""

from interplay.info.atoms import Decomposition, decompose, decompose_marginals
from interplay.info.entropy import conditional_entropy, entropy, mutual_information
from interplay.info.gaussian import decompose_gaussian
from interplay.info.measures import Broja, RedundancyMeasure, UnionInformation

__all__ = [
    "Broja",
    "Decomposition",
    "RedundancyMeasure",
    "UnionInformation",
    "conditional_entropy",
    "decompose",
    "decompose_gaussian",
    "decompose_marginals",
    "entropy",
    "mutual_information",
]
