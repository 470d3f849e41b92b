"""Information of probability tables: entropies and the certified BROJA decomposition."""

from interplay.info.atoms import Decomposition, decompose, decompose_marginals
from interplay.info.by_measure import Isx, JointRedundancy, decompose_by
from interplay.info.closed_measures import Imin, Immi
from interplay.info.entropy import conditional_entropy, entropy, mutual_information
from interplay.info.gaussian import decompose_gaussian
from interplay.info.knn import knn_information
from interplay.info.measures import Broja, RedundancyMeasure, UnionInformation

__all__ = [
    "Broja",
    "Decomposition",
    "Imin",
    "Immi",
    "Isx",
    "JointRedundancy",
    "RedundancyMeasure",
    "UnionInformation",
    "conditional_entropy",
    "decompose",
    "decompose_by",
    "decompose_gaussian",
    "decompose_marginals",
    "entropy",
    "knn_information",
    "mutual_information",
]
