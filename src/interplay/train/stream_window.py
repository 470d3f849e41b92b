"""The last T steps of one entity as they come: filled as `make_steps` fills them, in memory that does not grow.

Letters: M modalities, T steps, r samples of a step, d channels.
"""

from collections.abc import Mapping

import numpy as np

from interplay.data import Scaler, Steps, Windows
from interplay.data.bins import ADDITIVE
from interplay.data.fill import FILLS, Hold, LastSeen, Mark, fill_policy
from interplay.data.precision import needs_float64
from interplay.data.steps import whole_steps
from interplay.data.targets import no_labels
from interplay.errors import InvalidInput
from interplay.types import Schema


class StreamWindow:
    """A window that moves on step by step.

    Parameters
    ----------
    entity : str
    schema : Schema of the windows that a model was trained on
    channels : modality name -> names of its channels there
    scaler : Scaler of these windows; says which modalities need float64
    static : mapping of str to float
    fill, max_gap_s
        See `interplay.data.make_steps`.
    bins : modality name -> how samples of a step are binned, see `interplay.types.Stream`
    """

    def __init__(
        self,
        entity: str,
        schema: Schema,
        channels: Mapping[str, tuple[str, ...]],
        scaler: Scaler,
        *,
        static: Mapping[str, float],
        fill=None,
        max_gap_s: float | None = None,
        bins: Mapping[str, str] | None = None,
    ):
        self.entity, self.schema, self.channels = entity, schema, channels
        self.max_gap_s, self.bins = max_gap_s, dict(bins or {})
        self.static = {name: np.array([static.get(name, np.nan)], np.float32) for name in schema.static}
        self.policies = {name: _policy(fill, name) for name in schema.modalities}
        self.wide = {name: needs_float64(scale.knots.T) for name, scale in scaler.channels.items()}
        self.restart()

    def restart(self) -> None:
        """Forget all steps: what comes next has nothing to do with what was."""
        self.raw = {
            name: np.full((self.schema.steps, *self.shape(name)), np.nan, self._dtype(name))
            for name in self.schema.modalities
        }
        self.before = {name: LastSeen.nothing(self.shape(name)[1]) for name in self.schema.modalities}
        self.steps_seen, self.empty = 0, -1

    def shape(self, name: str) -> tuple[int, int]:
        """(r, d) of a modality as it comes, before a policy adds channels."""
        r, d = self.schema.shapes[name]
        return r, d - len(getattr(self.policies[name], "adds", ()))

    def push(self, values: Mapping[str, np.ndarray]) -> None:
        """One step more, of the modalities that are there."""
        seen = self._seen(values)
        if seen and self.max_gap_s is not None and self.empty > self.max_gap_s / self.schema.step_s + 1e-9:
            self.restart()
        if seen or self.empty >= 0:
            self.empty = 0 if seen else self.empty + 1
        for name, samples in self.raw.items():
            self.before[name] = self.before[name].after(samples[0])
            samples[:-1] = samples[1:]
            samples[-1] = values.get(name, np.nan)
        self.steps_seen += 1

    def amend(self, steps_ago: int, values: Mapping[str, np.ndarray]) -> bool:
        """Lay what came late in its place; False where that is before the window."""
        if not 0 <= steps_ago < min(self.schema.steps, self.steps_seen):
            return False
        for name, late in values.items():
            self.raw[name][-1 - steps_ago] = late
        if self._seen(values):
            self.empty = steps_ago if self.empty < 0 else min(self.empty, steps_ago)
        return True

    def windows(self, time_s: float) -> Windows:
        """The one window that ends now, as `interplay.data.make_windows` gives it."""
        n_t = self.schema.steps
        segment = np.zeros(n_t, dtype=np.int64)
        values, observed = whole_steps({name: self._filled(name, segment) for name in self.schema.modalities})
        steps = Steps(
            values=values,
            observed=observed,
            target=no_labels(self.schema, n_t),
            segment=segment,
            entity=segment,
            time_s=time_s - self.schema.step_s * np.arange(n_t - 1, -1, -1),
            entities=(self.entity,),
            classes=self.schema.classes,
            channels=self.channels,
            step_s=self.schema.step_s,
            static=self.static,
        )
        return Windows(steps=steps, last=np.array([n_t - 1]), length=n_t)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that changes, by name."""
        arrays = {"count": np.array([self.steps_seen, self.empty])}
        for name, samples in self.raw.items():
            arrays |= {f"raw.{name}": samples, f"value.{name}": self.before[name].value}
            arrays[f"ago.{name}"] = self.before[name].ago
        return arrays

    def take_up(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from what `arrays` gave."""
        self.steps_seen, self.empty = arrays["count"].tolist()
        for name, samples in self.raw.items():
            samples[:] = arrays[f"raw.{name}"]
            self.before[name] = LastSeen(value=arrays[f"value.{name}"], ago=arrays[f"ago.{name}"])

    def _filled(self, name: str, segment: np.ndarray) -> np.ndarray:
        """(T, r, d) of a modality; steps before the first stay empty."""
        policy, samples = self.policies[name], self.raw[name]
        return policy.apply(samples, segment, self.schema.step_s / samples.shape[1], self.before[name])

    def _seen(self, values: Mapping[str, np.ndarray]) -> bool:
        """Whether anything was recorded; that nothing happened is no sign of it."""
        present = {name: ~np.isnan(array) for name, array in values.items()}
        return any(
            (present[name] & (array != 0) if self.bins.get(name) in ADDITIVE else present[name]).any()
            for name, array in values.items()
        )

    def _dtype(self, name: str) -> type:
        return np.float64 if self.wide[name] else np.float32


def _policy(fill, name: str):
    policy = fill_policy(fill.get(name) if isinstance(fill, Mapping) else fill) or Mark()
    if not isinstance(policy, (Mark, Hold)):
        raise InvalidInput(
            f"fill of {name!r} must be one of {sorted(FILLS)} in a stream, which knows how they go on; got {policy!r}. "
            "Fill the steps yourself and pass them whole."
        )
    return policy
