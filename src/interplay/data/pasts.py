"""Windows whose single step holds the past: steps of several lags beside one another, as the channels of one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from interplay.data.windows import Windows

Member = tuple[str, int]
"""A modality and how many steps back it is looked at."""


def pasts(windows: Windows, members: Mapping[str, Sequence[Member]]) -> Windows:
    """The same windows, every step of which shows what some modalities showed at some lags.

    Labels, entities and lengths stay, so that folds, rearrangements and resampled blocks know how far back a step
    reaches.

    Parameters
    ----------
    windows : Windows
    members : name of a new modality -> modalities and lags, steps, below the length of the windows

    Returns
    -------
    Windows
        Their channels are those of the members side by side. A step is observed where any member is; what is missing of
        it holds the channel's median, beside a channel that says so. The past of a fully observed modality of one
        sample per step is a view.
    """
    steps = windows.steps
    parts = {name: _Past.of(windows, each) for name, each in members.items()}
    return replace(
        windows,
        steps=replace(
            steps,
            values={name: part.values for name, part in parts.items()},
            observed=np.stack([part.observed for part in parts.values()], axis=1),
            channels={name: part.channels for name, part in parts.items()},
            units={},
        ),
    )


@dataclass(frozen=True, slots=True)
class _Past:
    """One new modality: values (n_steps, r, d), observed (n_steps,), names of channels."""

    values: np.ndarray
    observed: np.ndarray
    channels: tuple[str, ...]

    @classmethod
    def of(cls, windows: Windows, members: Sequence[Member]) -> "_Past":
        seen = np.stack([_seen(windows, *member) for member in members], axis=1)
        names = [
            f"{name} {channel}, {lag} back"
            for name, lag in members
            for channel in _channels(windows, name, _rate(windows, members))
        ]
        if seen[windows.last].all():
            return cls(_side_by_side(windows, members), seen.min(axis=1), tuple(names))
        rate = _rate(windows, members)
        shown = [_filled(windows, name, lag, rate, seen[:, k]) for k, (name, lag) in enumerate(members)]
        flags = np.repeat(seen[:, None].astype(shown[0].dtype), shown[0].shape[1], axis=1)
        names += [f"{name} observed, {lag} back" for name, lag in members]
        return cls(np.concatenate([*shown, flags], axis=2), seen.max(axis=1), tuple(names))


def _seen(windows: Windows, name: str, lag: int) -> np.ndarray:
    """Whether the step `lag` steps before each step is one of the same segment, and observed, (n_steps,) bool."""
    steps = windows.steps
    before = np.arange(len(steps)) - lag
    inside = before >= 0
    before = np.maximum(before, 0)
    return (
        inside
        & (steps.segment[before] == steps.segment)
        & steps.observed[before, steps.modalities.index(name)]
    )


def _rate(windows: Windows, members: Sequence[Member]) -> int:
    """Samples per step that members have in common; 1 where they differ, and samples become channels."""
    rates = {windows.steps.values[name].shape[1] for name, _ in members}
    return rates.pop() if len(rates) == 1 else 1


def _channels(windows: Windows, name: str, rate: int) -> list[str]:
    own = windows.steps.values[name].shape[1]
    names = windows.steps.channels[name]
    return list(names) if own == rate else [f"{channel} {k}" for k in range(own) for channel in names]


def _shaped(windows: Windows, name: str, rate: int) -> np.ndarray:
    values = windows.steps.values[name]
    return values if values.shape[1] == rate else values.reshape(len(values), rate, -1)


def _side_by_side(windows: Windows, members: Sequence[Member]) -> np.ndarray:
    """Values (n_steps, r, d) of members that are all observed wherever a window ends."""
    rate, lags = _rate(windows, members), [lag for _, lag in members]
    if (
        len({name for name, _ in members}) == 1
        and rate == 1
        and lags == list(range(lags[0], lags[-1] - 1, -1))
    ):
        values = _shaped(windows, members[0][0], rate)[:, 0]
        padded = np.concatenate([np.zeros((lags[0], values.shape[1]), values.dtype), values])
        # steps one after the other lie in memory as the channels of one long step
        flat = sliding_window_view(padded.reshape(-1), len(lags) * values.shape[1])[:: values.shape[1]]
        return flat[: len(values), None]
    return np.concatenate([_before(_shaped(windows, name, rate), lag) for name, lag in members], axis=2)


def _before(values: np.ndarray, lag: int) -> np.ndarray:
    """What was `lag` steps before each step."""
    return values[np.maximum(np.arange(len(values)) - lag, 0)]


def _filled(windows: Windows, name: str, lag: int, rate: int, seen: np.ndarray) -> np.ndarray:
    """What was there, and the median of each channel where it was not observed."""
    values = _before(_shaped(windows, name, rate), lag)
    some = values[seen]
    middle = np.median(some, axis=(0, 1)) if len(some) else np.zeros(values.shape[2])
    return np.where(seen[:, None, None], values, middle.astype(values.dtype))
