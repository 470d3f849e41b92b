"""Recordings, steps and windows; splits by entity and by name; scaling."""

from interplay.data.event_windows import EventWindows, windows_around
from interplay.data.events import Events
from interplay.data.fill import Hold, HoldAge, Mark
from interplay.data.from_arrays import windows_from_arrays
from interplay.data.manifest import SplitManifest, describe_split
from interplay.data.named_splits import find_split, options_of_split, split_windows
from interplay.data.prepare import prepare_steps
from interplay.data.scaling import Scaler, scaled_schema
from interplay.data.splits import cross_folds, purged, split_by_entity
from interplay.data.steps import Steps, make_steps
from interplay.data.steps_folder import read_steps
from interplay.data.target_bins import TargetBins
from interplay.data.targets import label_at, label_intervals, label_series
from interplay.data.windows import Windows, make_windows

__all__ = [
    "EventWindows",
    "Events",
    "Hold",
    "HoldAge",
    "Mark",
    "Scaler",
    "SplitManifest",
    "Steps",
    "TargetBins",
    "Windows",
    "cross_folds",
    "describe_split",
    "find_split",
    "label_at",
    "label_intervals",
    "label_series",
    "make_steps",
    "make_windows",
    "options_of_split",
    "prepare_steps",
    "purged",
    "read_steps",
    "scaled_schema",
    "split_by_entity",
    "split_windows",
    "windows_around",
    "windows_from_arrays",
]
