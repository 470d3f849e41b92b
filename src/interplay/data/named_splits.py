"""Splits by name: one that a data set was published with, that of an earlier run, or a random one.

First `find_split`, as a split may say how windows are cut (`options_of_split`); then the windows; then `split_windows`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from interplay.data.manifest import SplitManifest, describe_split
from interplay.data.splits import split_by_entity
from interplay.data.windows import Windows
from interplay.errors import InvalidInput
from interplay.settings import near_first, nearest_name

RANDOM = "random"
"""Name of the split whose entities are drawn."""

Parts = Mapping[str, Iterable[str]]
"""Name of a part, such as "train" or "test" -> its entities; without "train" that is all others."""


def find_split(name: str | Path | None, published: Mapping[str, Parts]) -> Parts | SplitManifest | None:
    """The split that a name stands for.

    Parameters
    ----------
    name : str or Path, optional
        Of a published split; the path of a split manifest, such as the split.json of a run; or "random". Without a
        name it is the first published split, if there is one, else random.
    published : mapping of name to split
        Those of a data set's card.

    Returns
    -------
    mapping of part to entities, SplitManifest, or None
        None is a random split.

    Raises
    ------
    InvalidInput
        If there is no such split.
    DamagedFile
        If the file is no split manifest.
    """
    name = next(iter(published), RANDOM) if name is None else str(name)
    if name in published:
        return published[name]
    if name == RANDOM:
        return None
    if not Path(name).is_file():
        question = nearest_name(name, published)
        known = near_first(name, [*published, RANDOM])
        raise InvalidInput(
            f"split must be one of {known}, or a file such as the split.json of a run; got {name!r}."
            f"{question and ' '}{question}"
        )
    return SplitManifest.load(name)


def options_of_split(
    split: Parts | SplitManifest | None, recommended: Mapping[str, Any], **given: Any
) -> dict[str, Any]:
    """What to call `make_windows` with, so that its windows can be split so.

    Parameters
    ----------
    split : mapping, SplitManifest or None
        From `find_split`.
    recommended : mapping of option to value
        ``card.window_options`` of the data set. A manifest that names its own options needs none.
    **given
        Options that were asked for; they go before the recommended ones.

    Raises
    ------
    InvalidInput
        If an option that was asked for is another one in the manifest.
    """
    if not isinstance(split, SplitManifest) or not split.options:
        return {**recommended, **given}
    for name, value in given.items():
        if split.options.get(name, value) != value:
            raise InvalidInput(
                f"{name} must be that of the split, {split.options[name]}; got {value}. Leave it out, or draw a new "
                "split."
            )
    return dict(split.options)


def split_windows(
    windows: Windows,
    split: Parts | SplitManifest | None = None,
    *,
    test: float = 0.3,
    seed: int = 0,
    source: str = "",
    options: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Windows], SplitManifest]:
    """The parts of windows, and the manifest that repeats them elsewhere.

    Parameters
    ----------
    windows : Windows
    split : mapping of part to entities, SplitManifest, or None
        None draws the entities of "test"; the others are "train".
    test, seed
        Of a drawn split, see `split_by_entity`.
    source, options
        What the manifest of a new split says, see `SplitManifest`.

    Returns
    -------
    parts : dict of str to Windows
    manifest : SplitManifest

    Raises
    ------
    InvalidInput
        If the windows are not those of the manifest, or cannot be split.

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> x, y = np.arange(8.0)[:, None], np.tile([0, 1], 4)
    >>> windows = ip.windows_from_arrays({"x": x}, y, steps=1, entity=np.repeat(["ann", "bob", "cem", "dia"], 2))
    >>> parts, manifest = ip.data.split_windows(windows, {"test": ["bob"]})
    >>> parts["train"].entities
    ('ann', 'cem', 'dia')
    """
    if isinstance(split, SplitManifest):
        return split.apply(windows), split
    if split is None:
        parts = dict(zip(("train", "test"), split_by_entity(windows, test=test, seed=seed), strict=True))
    else:
        parts = _of_entities(windows, split)
    return parts, describe_split(parts, whole=windows, source=source, options=options)


def _of_entities(windows: Windows, split: Parts) -> dict[str, Windows]:
    named = {entity for entities in split.values() for entity in entities}
    others = [entity for entity in windows.entities if entity not in named]
    return {name: windows.of_entities(entities) for name, entities in {"train": others, **split}.items()}
