"""Generators that know their answer."""

from interplay.synthetic.gates import GATES, Gate, gate_table
from interplay.synthetic.lagged import LaggedStreams, Term, lagged_streams
from interplay.synthetic.linear_gaussian import LinearGaussian, linear_gaussian
from interplay.synthetic.planted import PlantedWindows, planted_ceiling, planted_truth, planted_windows

__all__ = [
    "GATES",
    "Gate",
    "LaggedStreams",
    "LinearGaussian",
    "PlantedWindows",
    "Term",
    "gate_table",
    "lagged_streams",
    "linear_gaussian",
    "planted_ceiling",
    "planted_truth",
    "planted_windows",
]
