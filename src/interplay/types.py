"""The values that travel through the library. This file imports nothing of the package but how a value is shown.

Letters: n samples, d channels, N windows, B batch, M modalities, T steps, E experts, K chosen experts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

UNLABELLED = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """Samples of one modality as recorded, on its own clock.

    Attributes
    ----------
    values : (n, d) float
    rate_hz : float, Hz, for a regular stream; sample k was taken at ``start_s + k / rate_hz``
    times_s : (n,) float, s, increasing, for an irregular or event stream; exactly one of the two is given
    start_s : float, s, on the clock of the recording
    channels, units : names of the d columns and their units
    bin : what stands for several samples of a step: "last", "mean", "sum", "count" or "stats" (mean, sd, min and max of
        each channel). Without it a regular stream keeps all samples, and of others the last of a step counts
    resample_hz : float, Hz, at which the stream is read anew, by nothing that comes later
    """

    values: np.ndarray
    rate_hz: float | None = None
    times_s: np.ndarray | None = None
    start_s: float = 0.0
    channels: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    bin: str | None = None
    resample_hz: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Labels over time: label k holds over (start_s[k], stop_s[k]].

    An instant (start equal to stop) labels the one step that contains it, as for one outcome per stay.

    Attributes
    ----------
    values : (n,) int, class numbers, -1 is unlabelled; or (n,) float of a continuous target, NaN is unlabelled; or
        (n, C) int, whether each of C labels holds, 1 or 0, -1 is unknown
    start_s, stop_s : (n,) float, s, on the clock of the recording, in order and without overlap
    """

    values: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """One session of one entity: all its streams and the target.

    Attributes
    ----------
    entity : str
        Whoever must not be split between training and test: a subject, a stay.
    streams : mapping of modality name to Stream
    target : Target
    classes : names of the classes that `target` numbers, or of its labels; () for a continuous target
    name : str
        Tells recordings of one entity apart.
    static : mapping of str to float
        What does not change in the recording, such as age; NaN is unknown.
    gaps_s : ((start, stop), ...) in s
        Periods that were removed; no window crosses them.
    span_s : (start, stop) in s, optional
        When something was recorded, as from admission to the hour of prediction; by default from the first sample to
        the last of any stream.
    """

    entity: str
    streams: Mapping[str, Stream]
    target: Target
    classes: tuple[str, ...]
    name: str = ""
    static: Mapping[str, float] = field(default_factory=dict)
    gaps_s: tuple[tuple[float, float], ...] = ()
    span_s: tuple[float, float] | None = None

    def __repr__(self) -> str:
        from interplay.notebook import counted

        target = f"{len(self.classes)} classes" if self.classes else "a number"
        name = f", {self.name!r}" if self.name else ""
        return (
            f"Recording({self.entity!r}{name}: {counted(len(self.streams), 'stream')}, target of {target} in "
            f"{counted(len(self.target.values), 'stretch', 'stretches')})"
        )

    def _repr_html_(self) -> str:
        from interplay.notebook import rows_html

        rows = [
            (name, len(stream.values), stream.rate_hz, ", ".join(stream.channels))
            for name, stream in self.streams.items()
        ]
        return rows_html(rows, ("stream", "samples", "rate (Hz)", "channels"), repr(self))


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """What a model must know about windows: their modalities, shapes, clock and target.

    Attributes
    ----------
    shapes : modality name -> (r, d), samples per step and channels
    steps : T
    step_s : float, s
    classes : class names, in the order of their numbers, or names of labels; () for a continuous target
    kind : what the target is: "classes", one of them; "labels", any of them; "number"; or "unlabelled", none at all
    static : names of side inputs that do not change in a recording
    """

    shapes: Mapping[str, tuple[int, int]]
    steps: int
    step_s: float
    classes: tuple[str, ...]
    kind: str = "classes"
    static: tuple[str, ...] = ()

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(self.shapes)

    @property
    def numbers(self) -> int:
        """Numbers that a window holds, of all modalities."""
        return self.steps * sum(r * d for r, d in self.shapes.values())

    @property
    def n_outputs(self) -> int:
        """Numbers that predict the target: a logit of each class or label, or the number itself."""
        return 1 if self.kind == "number" else len(self.classes)


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowBatch:
    """Windows cut out for a model or an estimator.

    Attributes
    ----------
    x : modality name -> (B, T, r, d) float32, or float64 where float32 would blur it; 0 where unobserved
    observed : (B, M, T) bool, True = measured
    y : (B,) int64, class numbers; or float64 of a continuous target; or (B, C) int64 of labels
    static : (B, S) float32, side inputs; NaN where unknown
    """

    x: Mapping[str, np.ndarray]
    observed: np.ndarray
    y: np.ndarray
    static: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True)
class Routing:
    """What a router decided for one layer.

    Attributes
    ----------
    logits : (B, M, T, E) float32
    log_probs : (B, M, T, E) float32, log-softmax of `logits`
    expert_ids : (B, M, T, K) int64, the chosen experts
    expert_weights : (B, M, T, K) float32, non-negative; sum to 1 for an observed token, 0 otherwise
    observed : (B, M, T) bool
    synergy_experts : how many of the E experts, counted from the first, are synergy experts
    """

    logits: torch.Tensor
    log_probs: torch.Tensor
    expert_ids: torch.Tensor
    expert_weights: torch.Tensor
    observed: torch.Tensor
    synergy_experts: int = field(default=0)
