"""Whether entities hold samples that others held under other names: some numbers of each, kept where a split is.

Of every stream that is lively enough to tell entities apart a few hashes of runs of samples are kept, the least of all:
two entities whose samples are the same have the same, wherever their windows begin, and others share none.
"""

from collections.abc import Mapping

import numpy as np

from interplay.data.twins import Streams, first_samples, is_lively, runs
from interplay.data.windows import Windows

HASHES = 4
"""Hashes of each stream."""
ALIKE = 3
"""Of these that must be in common: one may be of a run at the end of what one of them has."""

Sketches = Mapping[str, Mapping[str, list[str]]]
"""Entity -> modality -> hashes."""


def sketches(windows: Windows) -> dict[str, dict[str, list[str]]]:
    """Hashes of samples of each entity; nothing of one whose streams hardly move."""
    streams: Streams = first_samples(windows.steps, windows.used_rows())
    of_entities: dict[str, dict[str, list[str]]] = {}
    for modality, of_entity in streams.items():
        for entity, rows in of_entity.items():
            if is_lively(rows) and len(hashes := np.sort(runs(rows))[:HASHES]) == HASHES:
                of_entities.setdefault(entity, {})[modality] = [f"{value:016x}" for value in hashes.tolist()]
    return of_entities


def under_other_names(new: Sketches, known: Sketches) -> dict[str, str]:
    """New entity -> a known one that holds the same samples, in most of the streams that both have."""
    owners: dict[tuple[str, str], list[str]] = {}
    for entity, of_modality in known.items():
        for modality, hashes in of_modality.items():
            for value in hashes:
                owners.setdefault((modality, value), []).append(entity)
    # what most have, such as a clock, tells nobody from another
    few = max(2, len(known) // 2)
    owners = {key: names for key, names in owners.items() if len(names) <= few}
    pairs = {}
    for entity, of_modality in new.items():
        alike: dict[str, int] = {}
        for modality, hashes in of_modality.items():
            common = [owner for value in hashes for owner in owners.get((modality, value), ())]
            for owner in set(common):
                alike[owner] = alike.get(owner, 0) + (common.count(owner) >= ALIKE)
        for owner, n in alike.items():
            if 2 * n > len(of_modality.keys() & known[owner].keys()):
                pairs[entity] = owner
    return pairs
