"""The streams of tested recordings, thinned for a drawing: the least and the largest sample of every piece of time.

Letters: N windows, S steps, r samples of a step, d channels, P pieces.
"""

import json

import numpy as np
import xarray as xr

from interplay.data import Windows

MOST_NUMBERS = 500_000
"""So many are kept at most, evenly shared among channels: an honest drawing needs few for each pixel, and a page that
is to be sent must stay small."""

MOST_ENTITIES = 12
MOST_MODALITIES = 16
MOST_CHANNELS = 3
"""Of each modality."""


def thinned_streams(test: Windows, first: np.ndarray, read: np.ndarray) -> xr.Dataset:
    """Streams around the windows of some entities.

    Parameters
    ----------
    test : Windows
    first : (n,) int
        Windows of entities that come before others where there are too many.
    read : (M,) float
        How much each modality is read; those that are read most are kept.

    Returns
    -------
    xarray.Dataset
        ``strip_entity`` (names), ``strip_start_s`` (clock of the recording) and ``strip_steps`` by ``strip``, a stretch
        of steps without a gap; ``row`` and ``at`` by ``window``: its number among the test windows, and the number of
        its last step among all steps of the strips. Of stream number k ``low_k`` and ``high_k`` (piece_k, channel_k),
        the least and largest sample of every piece, NaN where none was observed; pieces start anew with each strip.
        Where a piece is one sample there is no ``high_k``. The attribute ``streams`` is JSON, of each stream ``name``,
        ``channels``, ``units`` (none where they are not known), ``rate`` samples of a step and ``per`` of a piece.
    """
    steps = test.steps
    entities = _entities(test, first)
    row = np.flatnonzero(np.isin(test.entity, entities))
    used = test.select(row).used_rows()
    starts = np.flatnonzero(np.diff(used, prepend=-2) != 1)
    starts = np.union1d(starts, np.flatnonzero(np.diff(steps.segment[used], prepend=-1) != 0))
    lengths = np.diff(np.r_[starts, len(used)])
    begin = used[starts]
    modalities = sorted(np.argsort(-np.asarray(read), kind="stable")[:MOST_MODALITIES])
    names = [steps.modalities[m] for m in modalities]
    channels = {name: list(steps.channels[name][:MOST_CHANNELS]) for name in names}
    variables: dict[str, tuple] = {
        "strip_entity": ("strip", np.array(steps.entities, dtype=object)[steps.entity[begin]].astype(str)),
        "strip_start_s": ("strip", steps.time_s[begin] - steps.step_s, {"units": "s"}),
        "strip_steps": ("strip", lengths),
        "row": ("window", row),
        "at": ("window", np.searchsorted(used, test.last[row])),
    }
    n_channels = sum(map(len, channels.values()))
    described = []
    for k, name in enumerate(names):
        array = steps.values[name][..., : len(channels[name])]
        rate = array.shape[1]
        per = samples_per_piece(len(used) * rate, MOST_NUMBERS // n_channels)
        # a stretch at a time: what was recorded may be more than fits into memory
        ends = np.cumsum(lengths)
        strips = [_pieces(array[rows], per) for rows in np.split(used, ends[:-1])]
        low, high = (np.concatenate(parts) for parts in zip(*strips, strict=True))
        variables[f"low_{k}"] = ((f"piece_{k}", f"channel_{k}"), low)
        if per > 1:
            variables[f"high_{k}"] = ((f"piece_{k}", f"channel_{k}"), high)
        units = list(steps.units.get(name, ()))[: len(channels[name])]
        described.append({"name": name, "channels": channels[name], "units": units, "rate": rate, "per": per})
    # a list of one name would come back from a file as the name
    return xr.Dataset(variables, attrs={"streams": json.dumps(described)})


def samples_per_piece(samples: int, most: int) -> int:
    """One where all samples of a channel fit; else as many as leave two numbers for each piece."""
    return 1 if samples <= most else -(-2 * samples // most)


def _entities(test: Windows, first: np.ndarray) -> np.ndarray:
    """Numbers of the entities that are kept: those of the first windows, then in their order."""
    wanted = np.r_[test.entity[first], test.entity]
    _, at = np.unique(wanted, return_index=True)
    return wanted[np.sort(at)[:MOST_ENTITIES]]


def _pieces(samples: np.ndarray, per: int) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest (P, d) float32 of a stretch of samples (S, r, d)."""
    flat = samples.reshape(-1, samples.shape[-1]).astype(np.float32)
    at = np.arange(0, len(flat), per)
    nothing = np.isnan(flat)
    low = np.minimum.reduceat(np.where(nothing, np.inf, flat), at, axis=0)
    high = np.maximum.reduceat(np.where(nothing, -np.inf, flat), at, axis=0)
    return np.where(np.isinf(low), np.nan, low), np.where(np.isinf(high), np.nan, high)
