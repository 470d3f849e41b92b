"""Generators that know their answer."""

from interplay.synthetic.gates import GATES, Gate, gate_table
from interplay.synthetic.lagged import LaggedStreams, Term, lagged_streams
from interplay.synthetic.planted import PlantedWindows, planted_truth, planted_windows

__all__ = [
    "GATES",
    "Gate",
    "LaggedStreams",
    "PlantedWindows",
    "Term",
    "gate_table",
    "lagged_streams",
    "planted_truth",
    "planted_windows",
]
