"""Raw samples of one entity on their way into steps: laid on the grid as `make_steps` lays them, late ones too.

Letters: n samples, r samples of a step, d channels.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from interplay.data.bins import binned, check_bin, steps_of
from interplay.errors import InvalidInput
from interplay.types import Schema

MOST_AHEAD = 10_000
"""Steps that one sample may lie ahead of the last: more are a clock in another unit."""

Samples = tuple[np.ndarray, np.ndarray]
"""Times (n,) s and values (n, d)."""


class StreamSamples:
    """Samples of the last steps, and of those that are not over.

    Parameters
    ----------
    schema : Schema of the windows
    shapes : modality name -> (r, d) of a step as samples make it
    rates_hz : modality name -> Hz, of regular streams; sample k was taken at ``start_s + k / rate``
    bins : modality name -> see `interplay.types.Stream`
    wait_s : float, s
        How long after its end a step is held back for samples that come late.
    """

    def __init__(
        self,
        schema: Schema,
        shapes: Mapping[str, tuple[int, int]],
        *,
        rates_hz: Mapping[str, float],
        bins: Mapping[str, str],
        wait_s: float,
    ):
        self.schema, self.shapes, self.bins, self.wait_s = schema, shapes, dict(bins), wait_s
        # several samples of a step can only be those of a regular stream
        steady = {name: r / schema.step_s for name, (r, _) in shapes.items() if r > 1}
        self.rates_hz = {name: rate for name, rate in (steady | dict(rates_hz)).items() if name not in bins}
        # a sample stands for what follows until the next, and belongs to the step that holds its middle
        self.middle_s = {name: 0.5 / rate for name, rate in rates_hz.items() if name in bins}
        for name, rate in self.rates_hz.items():
            if abs(rate * schema.step_s - shapes[name][0]) > 1e-6 * shapes[name][0]:
                raise InvalidInput(
                    f"rates_hz of {name!r} must fill a step of {schema.step_s:g} s with the {shapes[name][0]} samples "
                    f"that the run knows; got {rate:g} Hz. Leave out streams that are slower than steps."
                )
        for name, bin_ in self.bins.items():
            check_bin(bin_, name)
        self.held: dict[tuple[str, int], list[Samples]] = defaultdict(list)
        self.start_s, self.reached_s, self.end_of_all_s = np.nan, -np.inf, -np.inf
        self.over, self.too_late = 0, 0

    def add(self, name: str, times_s: np.ndarray, values: np.ndarray) -> set[int]:
        """Take up samples; returns the steps that are over and have changed."""
        if np.isnan(self.start_s):
            self.start_s = float(times_s.min())
        place = self._steps(name, times_s)
        if (ahead := int(place.max()) - self.over) > MOST_AHEAD:
            raise InvalidInput(
                f"samples of {name!r} must go on from where the stream is; one at {times_s.max():g} s is {ahead:,} "
                "steps ahead. Is its clock in another unit? Open a new stream after so long a pause."
            )
        oldest = self.over - self.schema.steps
        inside = place >= max(oldest, 0)
        self.too_late += int((~inside).sum())
        for k in np.unique(place[inside]):
            some = place == k
            self.held[name, int(k)].append((times_s[some], values[some]))
        newest_s = float(times_s.max())
        self.reached_s = max(self.reached_s, newest_s + self._lasts_s(name, only_fast=True))
        self.end_of_all_s = max(self.end_of_all_s, newest_s + self._lasts_s(name))
        return set(place[inside & (place < self.over)].tolist())

    def steps_over(self, *, all_of_them: bool = False) -> Iterator[int]:
        """Steps that have ended since, one after the other; with those that are held back if `all_of_them`."""
        if np.isnan(self.start_s):
            return
        # the one sample that a slow stream has in a step comes at its beginning, and says nothing of its end
        reached_s = self.end_of_all_s if all_of_them else self.reached_s - self.wait_s
        ended = int(np.floor((max(reached_s, self.start_s) - self.start_s) / self.schema.step_s + 1e-6))
        while self.over < ended:
            self.over += 1
            yield self.over - 1
            self._forget()

    def end_s(self, step: int) -> float:
        """When a step ends."""
        return self.start_s + self.schema.step_s * (step + 1)

    def on_step(self, step: int) -> dict[str, np.ndarray]:
        """Modality name -> (r, d) of those that have a sample in a step, or a count of none."""
        return {
            name: self._of_step(name, step)
            for name in self.shapes
            if (name, step) in self.held or self.bins.get(name) in ("sum", "count")
        }

    def _lasts_s(self, name: str, *, only_fast: bool = False) -> float:
        """How long a sample stands; of irregular streams 0, if `only_fast` also of those of one sample a step."""
        if name not in self.rates_hz or (only_fast and self.shapes[name][0] == 1):
            return 2 * self.middle_s.get(name, 0.0)
        return 1.0 / self.rates_hz[name]

    def _steps(self, name: str, times_s: np.ndarray) -> np.ndarray:
        """Step of each sample; below 0 before the grid begins."""
        if name in self.rates_hz:
            return np.floor_divide(self._slots(name, times_s), self.shapes[name][0])
        times_s = times_s + self.middle_s.get(name, 0.0)
        before = times_s < self.start_s - 1e-9
        return np.where(before, -1, steps_of(times_s, self.start_s, self.schema.step_s))

    def _slots(self, name: str, times_s: np.ndarray) -> np.ndarray:
        return np.rint((times_s - self.start_s) * self.rates_hz[name]).astype(np.int64)

    def _of_step(self, name: str, step: int) -> np.ndarray:
        r, d = self.shapes[name]
        pieces = self.held.get((name, step), [])
        times_s = np.concatenate([np.zeros(0), *(times for times, _ in pieces)])
        order = np.argsort(times_s, kind="stable")
        channels = d // 4 if self.bins.get(name) == "stats" else d
        values = np.concatenate([np.zeros((0, channels)), *(values for _, values in pieces)])[order]
        if name in self.rates_hz:
            slots = np.full((r, d), np.nan)
            slots[self._slots(name, times_s[order]) - step * r] = values
            return slots
        return binned(values, np.zeros(len(values), dtype=np.int64), 1, self.bins.get(name))

    def _forget(self) -> None:
        """Samples of steps before the window."""
        oldest = self.over - self.schema.steps
        for key in [key for key in self.held if key[1] < oldest]:
            del self.held[key]
