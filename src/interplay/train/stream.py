"""Predictions of one entity while its data come: one step in, one prediction out, equal to those of `Run.predict`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from interplay.arrays import as_floats
from interplay.errors import InvalidInput
from interplay.progress import silent
from interplay.train.conformal import HeldOutErrors
from interplay.train.evaluation import predictions
from interplay.train.stream_options import StreamOptions
from interplay.train.stream_samples import StreamSamples
from interplay.train.stream_state import read_stream_state, write_stream_state
from interplay.train.stream_window import StreamWindow

if TYPE_CHECKING:
    from interplay.train.run import Run

Values = Any
"""Of one step: (r, d), or (d,) of a single sample; or a mapping of channel to a number or to r of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamPrediction:
    """What is said at the end of a step.

    Attributes
    ----------
    entity : str
    time_s : float, s, end of the step
    predicted : the class that is called, or the number; None of several labels, and where nothing was observed
    probabilities : class or label -> probability; empty for a number
    interval : (low, high) of a number, or None where too few entities were held out or the run was not evaluated
    possible : classes or labels that may hold at the level asked for; None likewise
    """

    entity: str
    time_s: float
    predicted: str | float | None
    probabilities: Mapping[str, float]
    interval: tuple[float, float] | None
    possible: tuple[str, ...] | None

    def to_dict(self) -> dict[str, object]:
        """Plain values by name, for JSON."""
        return asdict(self)


class EntityStream:
    """One entity as its data come; made by `interplay.train.Run.stream`.

    It holds the steps of one window and, where samples come raw, their samples: memory does not grow with time.

    Attributes
    ----------
    steps_seen : int, since it began or `restart` was called
    too_late : int, raw samples that came when their step had left the window, and were left out
    """

    def __init__(self, run: "Run", entity: str, options: StreamOptions):
        self.run, self.entity, self.options = run, entity, options
        self.target = run.target
        fitted = run.evaluation.predictions if run.evaluation is not None else None
        self.errors = None if fitted is None else HeldOutErrors.of(fitted, run.schema, options.level)
        self.window = StreamWindow(
            entity,
            run.schema,
            run.data.channels,
            run.scaler,
            static=_static(options.static, run.schema.static),
            fill=options.fill,
            max_gap_s=options.max_gap_s,
            bins=options.bins,
        )
        shapes = {name: self.window.shape(name) for name in run.schema.modalities}
        _check_names((*options.rates_hz, *options.bins), shapes)
        self.samples = StreamSamples(
            run.schema, shapes, rates_hz=options.rates_hz, bins=options.bins, wait_s=options.wait_s
        )
        if options.start_s is not None:
            self.samples.start_s = options.start_s

    def __repr__(self) -> str:
        return f"EntityStream({self.entity!r}, {self.steps_seen} steps, at {self.time_s:g} s)"

    @property
    def steps_seen(self) -> int:
        return self.window.steps_seen

    @property
    def too_late(self) -> int:
        return self.samples.too_late

    @property
    def time_s(self) -> float:
        """End of the last step, s."""
        start_s = 0.0 if np.isnan(self.samples.start_s) else self.samples.start_s
        return start_s + self.run.schema.step_s * self.samples.over

    def step(self, values: Mapping[str, Values]) -> StreamPrediction | None:
        """One whole step in, its prediction out.

        Parameters
        ----------
        values : modality name -> (r, d) array, see `interplay.data.Steps`
            In the units of training. A modality that is missing is unobserved in this step; NaN is a missing sample.

        Returns
        -------
        StreamPrediction, or None while there are fewer steps than a window needs
        """
        if self.samples.held:
            raise InvalidInput(
                "a stream must be given whole steps or raw samples, not both; it has samples of unfinished steps. "
                "Use add, or open another stream."
            )
        arrays = self._arrays(values)
        if np.isnan(self.samples.start_s):
            self.samples.start_s = 0.0
        self.samples.over += 1
        self.window.push(arrays)
        return self._predicted()

    def amend(self, values: Mapping[str, Values], *, steps_ago: int) -> bool:
        """Lay in what came late for a step that is over; predictions that were made stay, later ones know of it.

        Returns
        -------
        bool
            False where that step has left the window, so that nothing depends on it any more.
        """
        if steps_ago != int(steps_ago) or steps_ago < 0:
            raise InvalidInput(
                f"steps_ago must be a whole number, 0 for the step that was last; got {steps_ago!r}."
            )
        return self.window.amend(int(steps_ago), self._arrays(values))

    def add(self, samples: Mapping[str, tuple[Any, Any]]) -> list[StreamPrediction]:
        """Raw samples in; out come the predictions of all steps that are over by the newest of them.

        Parameters
        ----------
        samples : modality name -> (times (n,) in s, values (n, d))
            In any order. One that comes when its step is over is laid in its place, and counts from the next on.

        Returns
        -------
        list of StreamPrediction, oldest first
        """
        _check_names(samples, self.run.schema.shapes)
        changed: set[int] = set()
        for name, (times_s, values) in samples.items():
            times_s, values = self._checked(name, times_s, values)
            if len(times_s):
                changed |= self.samples.add(name, times_s, values)
        for step in sorted(changed):
            self.window.amend(self.samples.over - 1 - step, self.samples.on_step(step))
        return self._through()

    def finish(self) -> list[StreamPrediction]:
        """Predictions of the steps that were still held back for late samples."""
        return self._through(all_of_them=True)

    def restart(self) -> None:
        """Begin anew: no window reaches from what comes to what was, as across a gap that was declared."""
        self.window.restart()

    def save(self, path: str | Path) -> Path:
        """Write where the stream stands, to go on from by `interplay.train.Run.resume_stream`; no pickle."""
        return write_stream_state(self, Path(path))

    @classmethod
    def resumed(cls, run: "Run", path: Path) -> "EntityStream":
        """The stream that `save` wrote, of the same run."""
        return read_stream_state(
            run, path, lambda entity, options: cls(run, entity, StreamOptions(**options))
        )

    def _through(self, *, all_of_them: bool = False) -> list[StreamPrediction]:
        said = []
        for step in self.samples.steps_over(all_of_them=all_of_them):
            self.window.push(self.samples.on_step(step))
            said.append(self._predicted())
        return [one for one in said if one is not None]

    def _predicted(self) -> StreamPrediction | None:
        if self.steps_seen < self.options.min_steps:
            return None
        windows = self.window.windows(self.time_s)
        # quicker than without gradients alone, which a single window feels
        with torch.inference_mode():
            predicted = predictions(self.run.model, self.run.scaled(windows), silent)
        certain = bool(windows.observed_at_all()[0]) and bool(np.isfinite(predicted).all())
        return self._in_words(self.target.predicted_columns(windows, predicted), certain)

    def _in_words(self, columns: Mapping[str, Any], certain: bool) -> StreamPrediction:
        """One row of the table of predictions; of a window that the model has nothing to say of, nothing."""
        kind, interval, possible = self.run.schema.kind, None, None
        called: Any = columns["predicted"][0] if certain and "predicted" in columns else None
        probabilities = {
            name: float(columns[f"p_{name}"][0]) if certain else float("nan")
            for name in self.run.schema.classes
        }
        if certain and self.errors is not None and kind == "number":
            low, high = self.errors.interval(float(called))
            interval = (low, high) if np.isfinite(low) else None
        elif certain and self.errors is not None:
            possible = self.errors.possible(probabilities)
        return StreamPrediction(
            entity=self.entity,
            time_s=self.time_s,
            predicted=float(called) if kind == "number" and certain else called,
            probabilities=probabilities,
            interval=interval,
            possible=possible,
        )

    def _arrays(self, values: Mapping[str, Values]) -> dict[str, np.ndarray]:
        """Steps (r, d) by modality, checked."""
        _check_names(values, self.run.schema.shapes)
        return {name: self._array(name, given) for name, given in values.items() if given is not None}

    def _array(self, name: str, given: Values) -> np.ndarray:
        r, d = self.window.shape(name)
        if isinstance(given, Mapping):
            given = self._by_channel(name, given)
        array = as_floats(given, f"values of {name!r}")
        if array.shape in ((d,), ()) and r == 1 and array.size == d:
            array = array.reshape(1, d)
        if array.shape != (r, d):
            raise InvalidInput(
                f"a step of {name!r} must have {r} samples of {d} channels, as the run was trained on; got "
                f"{array.shape}."
            )
        return array

    def _by_channel(self, name: str, given: Mapping[str, Any]) -> np.ndarray:
        """Columns in the order of the run; a channel that is missing was not observed."""
        channels = self.run.data.channels[name][: self.window.shape(name)[1]]
        unknown = [channel for channel in given if channel not in channels]
        if unknown:
            raise InvalidInput(
                f"channels of {name!r} must be among {', '.join(channels)}; got {', '.join(map(repr, unknown))}."
            )
        columns = [as_floats(given.get(c, np.nan), f"{c!r} of {name!r}") for c in channels]
        return np.stack(np.broadcast_arrays(*columns), axis=-1)

    def _checked(self, name: str, times_s, values) -> tuple[np.ndarray, np.ndarray]:
        """Times (n,) and values (n, d) of samples."""
        times_s, values = as_floats(times_s, f"times of {name!r}"), as_floats(values, f"values of {name!r}")
        d = self.window.shape(name)[1] // (4 if self.options.bins.get(name) == "stats" else 1)
        if values.ndim == 1:
            values = values[:, None]
        if values.shape != (len(times_s), d) or not np.isfinite(times_s).all():
            raise InvalidInput(
                f"samples of {name!r} must be finite times (n,) and values (n, {d}); got shapes {times_s.shape} and "
                f"{values.shape}."
            )
        return times_s, values


def _check_names(names, known) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidInput(
            f"modalities must be among those of the run, {', '.join(known)}; got {', '.join(map(repr, unknown))}."
        )


def _static(given: Mapping[str, float], known: tuple[str, ...]) -> Mapping[str, float]:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise InvalidInput(
            f"static must hold side inputs of the run, {', '.join(known) or 'of which it has none'}; got "
            f"{', '.join(map(repr, unknown))}."
        )
    return given
