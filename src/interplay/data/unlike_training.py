"""Whether new values are like those that a model was trained on, or in another unit."""

from collections.abc import Iterator, Mapping

import numpy as np

from interplay.data.scaling import ChannelScale
from interplay.data.windows import Windows

MOST = 0.5
"""Share of an entity's values that may lie outside."""
FAR = 1.0
"""Widths of the range of training that lie still near it."""
SMALL = 100.0
"""Times by which all channels of a modality may be smaller than in training: who lies still moves that much less."""
SAMPLES = 4096
"""Steps of an entity that are looked at, about."""
LOOKED_AT_BYTES = 1 << 27
"""Of a modality that are looked at, about."""


def unlike_training(windows: Windows, scales: Mapping[str, ChannelScale]) -> list[str]:
    """A sentence for each modality whose values are far from those of training.

    Parameters
    ----------
    windows : Windows
        With the modalities and channels of training.
    scales : modality -> ChannelScale
        Of training; its knots are quantiles from the smallest value to the largest.
    """
    rows = windows.used_rows()
    sentences = []
    for m, (name, array) in enumerate(windows.steps.values.items()):
        seen = rows[windows.steps.observed[rows, m]]
        row_bytes = array.itemsize * int(np.prod(array.shape[1:]))
        most = max(1, LOOKED_AT_BYTES // (row_bytes * len(windows.steps.entities)))
        values = {who: array[some] for who, some in _of_entities(windows, seen, min(SAMPLES, most))}
        if values:
            sentences += _outside(name, values, scales[name], windows.steps.channels[name])
            sentences += _smaller(name, values, scales[name])
    return sentences


def _of_entities(windows: Windows, rows: np.ndarray, most: int) -> Iterator[tuple[str, np.ndarray]]:
    entity = windows.steps.entity[rows]
    for k in np.unique(entity):
        own = rows[entity == k]
        yield windows.steps.entities[k], own[:: max(1, len(own) // most)]


def _outside(
    name: str, values: Mapping[str, np.ndarray], scale: ChannelScale, channels: tuple[str, ...]
) -> Iterator[str]:
    low, high = scale.knots[:, 0], scale.knots[:, -1]
    width = FAR * (high - low)
    far = {
        who: ((v < low - width) | (v > high + width)).mean(axis=(0, 1)) > MOST for who, v in values.items()
    }
    out = np.any(list(far.values()), axis=0) & (width > 0)
    if not out.any():
        return
    c = int(np.argmax(out))
    who = [entity for entity, of_entity in far.items() if of_entity[c]]
    ends = np.quantile(np.concatenate([values[entity][..., c].ravel() for entity in who]), [0.05, 0.95])
    others = int(out.sum()) - 1
    more = f" (and {others} more channel{'s' * (others > 1)})" if others else ""
    yield (
        f"{channels[c]!r}{more} of {name!r} goes from {ends[0]:.4g} to {ends[1]:.4g} in {_listed(who)}, and went from "
        f"{low[c]:.4g} to {high[c]:.4g} in training. Is it in another unit?"
    )


def _smaller(name: str, values: Mapping[str, np.ndarray], scale: ChannelScale) -> Iterator[str]:
    usual = np.median(np.abs(scale.knots), axis=1)
    size = np.median(np.abs(np.concatenate([v.reshape(-1, v.shape[-1]) for v in values.values()])), axis=0)
    if (usual > 0).all() and (size > 0).all() and (size * SMALL < usual).all():
        times = float(f"{np.median(usual / size):.2g}")
        yield f"{name!r} is typically {times:,.0f} times smaller than in training. Is it in another unit?"


def _listed(names: list[str], most: int = 3) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
