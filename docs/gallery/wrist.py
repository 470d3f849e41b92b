"""What the stress page asks of the wristband: slow signals of a person, a label of the past, a temperature to come."""

from dataclasses import replace

import numpy as np

from interplay.data.targets import label_series
from interplay.types import UNLABELLED, Recording, Stream, Target

STEP_S = 10.0
LABEL_AGE_S = 240.0
AHEAD_S = 60.0
LEAST_C = 0.05


def task_of_before(recording: Recording, age_s: float = LABEL_AGE_S) -> Recording:
    """The label is that of `age_s` ago, so that lags go from after it to before it."""
    old = recording.target
    target = Target(values=old.values, start_s=old.start_s + age_s, stop_s=old.stop_s + age_s)
    return replace(recording, streams=slow_signals(recording), target=target)


def task_of_before_and_noise(recording: Recording) -> Recording:
    """The same with a modality that tells nothing, to see what is called information where there is none."""
    recording = task_of_before(recording)
    n_steps = len(recording.streams["eda"].values)
    rng = np.random.default_rng(int.from_bytes(recording.entity.encode(), "little") % 2**32)
    noise = Stream(values=rng.normal(size=(n_steps, 2)).astype(np.float32), rate_hz=1.0 / STEP_S)
    return replace(recording, streams={**recording.streams, "noise": noise})


def temperature_to_come(recording: Recording) -> Recording:
    """The label is how the skin's temperature changes within `AHEAD_S`: by `LEAST_C` down, up, or neither."""
    _, samples = _in_steps(recording.streams["temp"])
    mean, ahead = samples[..., 0].mean(1), int(AHEAD_S / STEP_S)
    change = mean[ahead:] - mean[:-ahead]
    label = np.full(len(mean), UNLABELLED)
    label[:-ahead] = np.select([change <= -LEAST_C, change >= LEAST_C], [0, 2], 1)
    return replace(
        recording,
        streams=slow_signals(recording),
        target=label_series(label, rate_hz=1.0 / STEP_S),
        classes=("falls", "stays", "rises"),
    )


def slow_signals(recording: Recording) -> dict[str, Stream]:
    """In steps of `STEP_S`: levels against the person's own mean so far, and how they change within the step."""
    found = {}
    for name, stream in recording.streams.items():
        start_s, samples = _in_steps(stream)
        if name in ("bvp", "acc"):
            # of pulse and motion, how much they vary
            columns = [_from_mean_so_far(np.log(samples.std(1).sum(1) + 1e-3))]
        else:
            values = np.log(samples[..., 0] + 0.05) if name == "eda" else samples[..., 0]
            half = values.shape[1] // 2
            columns = [
                _from_mean_so_far(values.mean(1)),
                values[:, half:].mean(1) - values[:, :half].mean(1),
            ]
        found[name] = Stream(
            values=np.column_stack(columns).astype(np.float32), rate_hz=1.0 / STEP_S, start_s=start_s
        )
    return found


def _in_steps(stream: Stream) -> tuple[float, np.ndarray]:
    """When the first whole step starts, and samples by step, (steps, samples, channels) float64."""
    first = int(np.ceil(stream.start_s / STEP_S))
    skipped = round((first * STEP_S - stream.start_s) * stream.rate_hz)
    each = round(stream.rate_hz * STEP_S)
    samples = stream.values[skipped:].astype(np.float64)
    n_steps = len(samples) // each
    return first * STEP_S, samples[: n_steps * each].reshape(n_steps, each, -1)


def _from_mean_so_far(values: np.ndarray) -> np.ndarray:
    """(n,), each less the mean of those before it; the first is 0."""
    mean = np.cumsum(values) / np.arange(1, len(values) + 1)
    return values - np.r_[values[0], mean[:-1]]
