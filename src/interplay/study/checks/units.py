"""Whether the values of streams can be in the units that the study says."""

from collections.abc import Iterator, Mapping

import numpy as np

from interplay.study.issues import Issue, warning
from interplay.study.spec import StreamSpec

FAR = 30.0
"""Times by which an entity's typical value may differ from that of the others before its unit is doubted."""
GRAVITY = {"g": 1.0, "m/s2": 9.81, "m/s^2": 9.81}
"""How long an acceleration at rest is."""
PLAUSIBLE = {
    "deg C": (-80.0, 80.0),
    "%": (-100.0, 100.0),
    "bpm": (2.0, 400.0),
    "mmHg": (0.1, 500.0),
    "mg/dL": (0.01, 2000.0),
    "mmol/L": (0.01, 500.0),
}
"""Typical sizes that living beings and rooms have; outside, a factor of 1000 or another scale is likelier."""

Typical = Mapping[tuple[str, str], Mapping[str, float]]
"""(stream, channel) -> entity -> its typical value, the median of sizes."""


def doubted_units(
    streams: Mapping[str, StreamSpec], typical: Typical, file_of: Mapping[tuple[str, str], str]
) -> Iterator[Issue]:
    """Everything that speaks for another unit; `file_of` is the file of a (stream, entity)."""
    for (name, channel), sizes in typical.items():
        for entity, sentence in _unlike_others(sizes):
            yield warning(file_of[name, entity], f"{channel!r} of {name!r} is {sentence}")
        unit = dict(zip(streams[name].columns, streams[name].units, strict=False)).get(channel, "")
        low, high = PLAUSIBLE.get(unit, (-np.inf, np.inf))
        for entity, size in sizes.items():
            if size and not low <= size <= high:
                yield warning(
                    file_of[name, entity],
                    f"{channel!r} of {name!r} is said to be in {unit}, and is typically {size:.4g} in {entity!r}. Is "
                    "it in another unit?",
                )
    for name, spec in streams.items():
        for entity, sentence in _gravity(spec, [typical.get((name, c), {}) for c in spec.columns]):
            yield warning(file_of[name, entity], f"{name!r} {sentence}")


def _unlike_others(sizes: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    values = [value for value in sizes.values() if value > 0]
    if len(values) < 3:
        return
    middle = float(np.median(values))
    for entity, value in sizes.items():
        ratio = value / middle
        if value > 0 and not 1 / FAR < ratio < FAR:
            times = float(f"{max(ratio, 1 / ratio):.2g}")
            more = "more" if ratio > 1 else "less"
            sentence = (
                f"typically {value:.4g} in {entity!r} and {middle:.4g} elsewhere, about {times:,.0f} times {more}. "
                "Is it in another unit?"
            )
            yield entity, sentence


def _gravity(spec: StreamSpec, channels: list[Mapping[str, float]]) -> Iterator[tuple[str, str]]:
    """An acceleration at rest is 1 g or 9.8 m/s2 long."""
    units = set(spec.units)
    if len(units) != 1 or len(channels) != 3 or not units <= set(GRAVITY):
        return
    unit = next(iter(units))
    expected = GRAVITY[unit]
    other, hint = (9.81, "m/s2") if unit == "g" else (1.0, "g")
    for entity in channels[0]:
        length = float(np.linalg.norm([sizes.get(entity, 0.0) for sizes in channels]))
        if abs(np.log(max(length, 1e-9) / other)) < 0.25:
            sentence = (
                f"is said to be in {unit}, and is typically {length:.3g} long; at rest that would be {expected:g}. "
                f"Is it in {hint}?"
            )
            yield entity, sentence
