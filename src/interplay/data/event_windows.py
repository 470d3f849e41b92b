"""Windows around events: for every event and control, one window in each bin of time since it.

Letters: E moments (events and controls), B bins, r samples per step, d channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from interplay.data.around import Span, last_known
from interplay.data.controls import matched_controls
from interplay.data.events import Events, channel_of, steps_of
from interplay.data.steps import Steps, whole_steps
from interplay.data.target_bins import TargetBins
from interplay.data.targets import is_labelled
from interplay.data.windows import Windows
from interplay.errors import InvalidInput
from interplay.settings import near_first
from interplay.units import lag_steps


@dataclass(frozen=True, kw_only=True, slots=True)
class EventWindows:
    """One window of one step for every moment and bin; its label is the target in that bin.

    Attributes
    ----------
    bins : B Windows, all over the same moments, sorted by entity and time; window k of each is of moment ``last[k]``.
        A moment has one in each bin in which its target is known
    edges_s : (B + 1,) float64, s since the event; bin b is (edges_s[b], edges_s[b + 1]]
    event : str, what happened
    target : str, what is asked for in each bin
    is_event : (E,) bool, False of controls
    """

    bins: tuple[Windows, ...]
    edges_s: np.ndarray
    event: str
    target: str
    is_event: np.ndarray

    @property
    def modalities(self) -> tuple[str, ...]:
        return self.bins[0].modalities

    @property
    def entities(self) -> tuple[str, ...]:
        """Names of the entities that have windows in any bin, sorted."""
        return tuple(sorted(set().union(*(windows.entities for windows in self.bins))))

    def cut(self, bins: TargetBins) -> "EventWindows":
        """The same with a number as a class, by the same edges in every bin of time."""
        return replace(self, bins=tuple(bins.apply(windows) for windows in self.bins))

    def means(self) -> dict[str, np.ndarray]:
        """Mean of a number in each bin, (B,), after each "event" and each "control"; NaN where none is known."""
        if not self.bins[0].continuous:
            raise InvalidInput(
                f"means must be of a number; the target has the classes {list(self.bins[0].classes)}."
            )

        def mean(which: np.ndarray) -> np.ndarray:
            values = [w.y[which[w.last]] for w in self.bins]
            return np.array([v.mean() if len(v) else np.nan for v in values])

        return {"event": mean(self.is_event), "control": mean(~self.is_event)}


def windows_around(
    source: Steps | Windows,
    events: Events,
    *,
    bins_s: Sequence[float],
    target: str | None = None,
    channel: str | None = None,
    change: bool = True,
    sources: Sequence[str] | None = None,
    within: Sequence[str] = (),
    before_s: float = 0.0,
    controls: int = 1,
    away_s: float | None = None,
    seed: int = 0,
) -> EventWindows:
    """Cut windows around events: what is known at the event, and the target in bins of time since it.

    Parameters
    ----------
    source : Steps or Windows
        Of windows, the steps of their entities.
    events : Events
        Of the same steps.
    bins_s : B + 1 float, s since the end of the event's step, increasing multiples of the step
        Bin b is (bins_s[b], bins_s[b + 1]].
    target : str, optional
        A modality, whose mean in the bin is asked for; by default the label: the mean of a number, the last of a class.
    channel : str, optional
        Of a target with several channels.
    change : bool
        Ask how a number differs from its last value up to the event. Without effect on classes.
    sources : modality names, optional
        Taken at the event. By default all but the stream that shows the events and those of `within`.
    within : modality names
        Taken in the bin, as means over it, and with `change` as changes, instead of at the event.
    before_s : float, s
        How old the last value of a source and of the target may be at the event, 0 for the event's own step.
    controls : int
        Moments without an event to each event, drawn from the same entities; the modality named after the event tells
        the two apart. With 0 there is no such modality.
    away_s : float, s, optional
        How far from every event a control lies, before and after it; by default as far as the bins reach.
    seed : int
        Which controls are drawn.

    Returns
    -------
    EventWindows

    Notes
    -----
    Of an entity with fewer times without events than asked for, events are drawn, too, so that every entity has as many
    controls to each event as all others: that something happened then says nothing of who it is.
    """
    table, looked_at = steps_of(source)
    if events.steps is not table:
        raise InvalidInput("events must be of the steps that are passed here; look for them in these.")
    if not isinstance(controls, (int, np.integer)) or controls < 0:
        raise InvalidInput(f"controls must be a whole number of at least 0; got {controls!r}.")
    edges, back = _edges(bins_s, table.step_s), lag_steps(before_s, table.step_s)
    names = _sources(table, events, sources, within, target, controls)
    asked = _targets(table, target, channel, edges, back, change)
    usable = looked_at & np.any([is_labelled(of_bin) for of_bin in asked], axis=0)
    away = int(edges[-1]) if away_s is None else lag_steps(away_s, table.step_s)
    moments, is_event = _moments(table, events, usable, away=away, controls=controls, seed=seed)
    at_event = {name: _at(table, name, moments, back) for name in names}
    if controls:
        at_event = {events.name: is_event.astype(np.float32)[:, None, None]} | at_event
    windows = []
    for b, (first, last) in enumerate(pairwise(edges)):
        span = Span.after(table, moments, first, last)
        in_bin = {name: _inside(table, name, span, back, change) for name in within}
        windows.append(_windows(table, moments, at_event | in_bin, asked[b, moments], events.name))
    return EventWindows(
        bins=tuple(windows),
        edges_s=edges * table.step_s,
        event=events.name,
        target=" ".join(filter(None, (target, channel))) or "label",
        is_event=is_event,
    )


def _moments(
    table: Steps, events: Events, usable: np.ndarray, *, away: int, controls: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of events and controls (E,), sorted by entity and time, and which of them are events."""
    row = control = events.row[usable[events.row]]
    if not len(row):
        raise InvalidInput(
            f"at least one event of {events.name!r} must have a known target in a bin; none of {len(events)} has. Pass "
            "a larger before_s if a change is asked for, or wider bins."
        )
    if controls:
        row, control = matched_controls(table, events.row, row, usable, away=away, ratio=controls, seed=seed)
    moments = np.union1d(row, control)
    moments = moments[np.argsort(table.entity[moments], kind="stable")]
    return moments, np.isin(moments, row)


def _edges(bins_s, step_s: float) -> np.ndarray:
    """Edges in steps, (B + 1,) int64."""
    edges = np.array([lag_steps(edge, step_s) for edge in bins_s], dtype=np.int64)
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise InvalidInput(f"bins_s must be increasing and hold at least two edges; got {list(bins_s)}.")
    return edges


def _sources(
    table: Steps, events: Events, sources, within: Sequence[str], target: str | None, controls: int
) -> tuple[str, ...]:
    """Modalities that are taken at the event."""
    if sources is None:
        sources = [name for name in table.modalities if name not in (events.stream, *within)]
    for name in (*sources, *within):
        if name not in table.modalities:
            raise InvalidInput(f"a source must be one of {near_first(name, table.modalities)}; got {name!r}.")
    if target is not None and target in within:
        raise InvalidInput(
            f"the target {target!r} must not be a source in its own bin; leave it out of within."
        )
    if set(sources) & set(within):
        both = sorted(set(sources) & set(within))
        raise InvalidInput(
            f"a source must be taken at the event or within the bin; {both} are named for both."
        )
    if controls and events.name in (*sources, *within):
        raise InvalidInput(
            f"events must have a name of their own beside the sources; {events.name!r} is one of these. Leave it out "
            "of sources, or pass another name when looking for events."
        )
    if not controls and not len(sources) + len(within):
        raise InvalidInput("there must be a source; name some, or ask for controls.")
    return tuple(sources)


def _targets(
    table: Steps, target: str | None, channel: str | None, edges: np.ndarray, back: int, change: bool
) -> np.ndarray:
    """The target after every step in each bin, (B, n_steps): float64, or int64 of class numbers."""
    row = np.arange(len(table))
    spans = [Span.after(table, row, first, last) for first, last in pairwise(edges)]
    if target is None and table.target.ndim == 2:
        raise InvalidInput(
            "the target must be one class or number; the steps have several labels. Name a stream."
        )
    if target is None and table.target.dtype.kind != "f":
        return np.stack([span.last(table.target) for span in spans])
    series = table.target if target is None else channel_of(table, target, channel).mean(1)
    known = ~np.isnan(series)
    values = np.stack([span.means(series, known) for span in spans])
    if not change:
        return values
    last = last_known(table, known, row, back)
    return values - np.where(last >= 0, series[last], np.nan)


def _at(table: Steps, name: str, row: np.ndarray, back: int) -> np.ndarray:
    """The last known step of a modality up to each row, (E, r, d); NaN where none is known."""
    last = last_known(table, table.observed[:, table.modalities.index(name)], row, back)
    return np.where((last >= 0)[:, None, None], table.values[name][last], np.float32(np.nan))


def _inside(table: Steps, name: str, span: Span, back: int, change: bool) -> np.ndarray:
    """Means of a modality over spans, (E, 1, d), or how they differ from its last known step; NaN where unknown."""
    values = table.values[name].mean(1, keepdims=True)
    inside = span.means(values, table.observed[:, table.modalities.index(name)])
    before = _at(table, name, span.row, back).mean(1, keepdims=True) if change else 0.0
    return (inside - before).astype(values.dtype)


def _windows(
    table: Steps, row: np.ndarray, values: dict[str, np.ndarray], target: np.ndarray, event: str
) -> Windows:
    """Windows of one step, of those moments whose target is known."""
    values, observed = whole_steps(values)
    new_segment = np.diff(table.segment[row], prepend=table.segment[row[:1]]) != 0
    number = target.dtype.kind == "f"
    steps = Steps(
        values=values,
        observed=observed,
        target=target,
        segment=np.cumsum(new_segment),
        entity=table.entity[row],
        time_s=table.time_s[row],
        entities=table.entities,
        classes=() if number else table.classes,
        channels={name: ("happened",) if name == event else table.channels[name] for name in values},
        units={name: table.units[name] for name in values if name in table.units and name != event},
        step_s=table.step_s,
    )
    return Windows(steps=steps, last=np.flatnonzero(is_labelled(target)), length=1)
