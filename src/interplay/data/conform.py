"""New windows as a trained model knows them: modalities, channels and classes by name, never by place."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from interplay.data.steps import Steps
from interplay.data.targets import no_labels
from interplay.data.windows import Windows
from interplay.errors import InvalidInput
from interplay.types import UNLABELLED, Schema

Names = Mapping[str, tuple[str, ...]]
"""Modality -> a text for each of its channels."""


def conform(
    windows: Windows, schema: Schema, channels: Names, units: Names, *, what: str
) -> tuple[Windows, list[str]]:
    """The same windows in the order of a schema, and what should be known of them.

    A modality that is missing counts as never observed, and so does a side input; what the schema does not know is left
    out. Labels that it does not know count as unknown.

    Parameters
    ----------
    windows : Windows
    schema : Schema
        That a model was fitted for.
    channels, units : modality -> names and units of its channels there, "" for a unit that is not known
    what : str
        What to call the windows in messages.

    Returns
    -------
    windows : Windows
    notes : list of str
        A sentence for each thing that differs.

    Raises
    ------
    InvalidInput
        If a channel is missing or in another unit, or no class is one of the schema's.
    """
    steps, notes = windows.steps, []
    missing = [name for name in schema.modalities if name not in steps.values]
    extra = [name for name in steps.values if name not in schema.shapes]
    if len(missing) == len(schema.shapes):
        raise InvalidInput(
            f"{what} must have at least one of the modalities {schema.modalities} that were fitted; they have "
            f"{steps.modalities}."
        )
    if missing:
        notes.append(
            f"{_listed(missing)} {_are(missing)} not there: predicted from the rest, as never observed."
        )
    if extra:
        notes.append(f"{_listed(extra)} {_are(extra)} not known to the model and left out.")
    places = {
        name: _places(name, steps.channels[name], channels[name], what, notes)
        for name in schema.modalities
        if name in steps.values
    }
    for name, place in places.items():
        _check_units(
            name, _taken(steps.units.get(name, ()), place), units.get(name, ()), channels[name], what
        )
    steps = _by_schema(steps, schema, places)
    steps = _with_static(steps, schema, notes)
    steps = _with_target(steps, schema, what, notes)
    return replace(windows, steps=replace(steps, channels=dict(channels), units=dict(units))), notes


def _places(
    name: str, come: tuple[str, ...], known: tuple[str, ...], what: str, notes: list[str]
) -> list[int]:
    """Where each known channel stands among those that come."""
    in_order = list(range(len(come)))
    if come == known:
        return in_order
    if _numbered(come) or _numbered(known):
        if len(come) == len(known):
            notes.append(f"channels of {name!r} have names on one side only; they are taken in order.")
        return in_order
    lacking = [channel for channel in known if channel not in come]
    if lacking:
        raise InvalidInput(
            f"{what} must have the channels {', '.join(known)} of {name!r} that were fitted; {_listed(lacking)} "
            f"{_are(lacking)} missing: they have {', '.join(come)}."
        )
    left_out = [channel for channel in come if channel not in known]
    if left_out:
        notes.append(f"{_listed(left_out)} of {name!r} {_are(left_out)} not known to the model and left out.")
    if [channel for channel in come if channel in known] != list(known):
        notes.append(
            f"channels of {name!r} come in another order, {', '.join(come)}; they are taken by name."
        )
    return [come.index(channel) for channel in known]


def _numbered(channels: tuple[str, ...]) -> bool:
    """Whether channels have no names, as those of arrays."""
    return channels == tuple(map(str, range(len(channels))))


def _check_units(
    name: str, come: tuple[str, ...], known: tuple[str, ...], channels: tuple[str, ...], what: str
) -> None:
    for channel, unit, expected in zip(channels, come, known, strict=False):
        if unit and expected and _plain(unit) != _plain(expected):
            raise InvalidInput(
                f"{what} must have {channel!r} of {name!r} in {expected}, as was fitted; it is in {unit}. Convert it, "
                "or correct its unit."
            )


def _plain(unit: str) -> str:
    """A unit without blanks and signs that are written in several ways."""
    return unit.replace(" ", "").replace("^", "").replace("²", "2").replace("°", "deg").replace("µ", "u")


def _taken(units: tuple[str, ...], place: list[int]) -> tuple[str, ...]:
    return tuple(units[k] for k in place) if len(units) > max(place, default=-1) else ()


def _by_schema(steps: Steps, schema: Schema, places: Mapping[str, list[int]]) -> Steps:
    """Modalities and channels in the order of the schema; NaN where a modality is missing."""
    values, observed = {}, np.zeros((len(steps), len(schema.shapes)), dtype=bool)
    for m, (name, shape) in enumerate(schema.shapes.items()):
        if name in places:
            array, place = steps.values[name], places[name]
            values[name] = array if place == list(range(array.shape[-1])) else array[..., place]
            observed[:, m] = steps.observed[:, steps.modalities.index(name)]
        else:
            values[name] = np.broadcast_to(np.float32(np.nan), (len(steps), *shape))
    return replace(steps, values=values, observed=observed)


def _with_static(steps: Steps, schema: Schema, notes: list[str]) -> Steps:
    missing = [name for name in schema.static if name not in steps.static]
    if missing:
        notes.append(f"static {_listed(missing)} {_are(missing)} not there and {_count(missing)} as unknown.")
    unknown = np.full(int(steps.segment[-1]) + 1 if len(steps) else 0, np.nan, dtype=np.float32)
    return replace(steps, static={name: steps.static.get(name, unknown) for name in schema.static})


def _with_target(steps: Steps, schema: Schema, what: str, notes: list[str]) -> Steps:
    """Labels as numbers of the schema's classes; unknown where it does not know them."""
    target = no_labels(schema, len(steps))
    alike = steps.target.dtype.kind == target.dtype.kind and steps.target.ndim == target.ndim
    if alike and steps.classes == schema.classes:
        return steps
    if alike and steps.classes:
        place = [steps.classes.index(name) if name in steps.classes else -1 for name in schema.classes]
        unknown = [name for name in steps.classes if name not in schema.classes]
        if len(unknown) == len(steps.classes):
            raise InvalidInput(
                f"{what} must have the classes {', '.join(schema.classes)} that were fitted, or no labels; they have "
                f"{', '.join(steps.classes)}."
            )
        if unknown:
            notes.append(
                f"{_listed(unknown)} {_are(unknown)} none of the classes {', '.join(schema.classes)} that were fitted; "
                "such labels count as unknown."
            )
        if schema.kind == "labels":
            for c, k in enumerate(place):
                target[:, c] = steps.target[:, k] if k >= 0 else UNLABELLED
        else:
            for c, k in enumerate(place):
                target[(steps.target == k) & (k >= 0)] = c
    return replace(steps, target=target, classes=schema.classes)


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _count(names: list[str]) -> str:
    return "counts" if len(names) == 1 else "count"
