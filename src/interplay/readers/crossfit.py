"""One cross-fitting for all readers: what each says of windows that it was not trained on.

Letters: N windows, C outputs.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch

from interplay.arrays import evenly
from interplay.data import Scaler, Windows, cross_folds, purged, scaled_schema
from interplay.readers.base import Reader, Sight, View
from interplay.readers.hidden import Hidden
from interplay.registry import Choice
from interplay.types import Schema

AT_ONCE = 1000
"""Windows that are scaled at a time, at most."""

SIGHT_BYTES, PREPARED_BYTES = 1 << 25, 1 << 30
"""Bytes of scaled windows at a time, and of those that readers prepare by, unless one window has more."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Who is held out with whom, the same for every reader.

    Attributes
    ----------
    fold : (N,) int64, in which each window is held out
    fitted : (K, N) bool, windows that may be learned from where fold k is held out; never those that overlap it
    """

    fold: np.ndarray
    fitted: np.ndarray

    @classmethod
    def make(cls, windows: Windows, folds: int, *, seed: int = 0, within_entities: bool = False) -> "Folds":
        """Folds of entities, or of blocks of time where these are few; see `interplay.data.cross_folds`."""
        fold = cross_folds(windows, folds, seed=seed, within_entities=within_entities)
        return cls(fold, np.stack([purged(windows, fold == k) for k in range(folds)]))

    @classmethod
    def at_most(cls, windows: Windows, folds: int, *, seed: int = 0) -> "Folds | None":
        """As many folds as entities or time allow, up to `folds`; None where not even two can be told apart.

        Where all that varies is of one entity, as of the one day on which somebody came, they are of blocks of time.
        """
        for within_entities in (False, True):
            for k in range(folds, 1, -1):
                with suppress(ValueError):
                    made = cls.make(windows, k, seed=seed, within_entities=within_entities)
                    if all(_can_be_learned(windows, rows) for rows in made.fitted):
                        return made
        return None

    def __len__(self) -> int:
        return len(self.fitted)


def _can_be_learned(windows: Windows, rows: np.ndarray) -> bool:
    """Whether some windows differ in their target."""
    return len(np.unique(windows.y[rows], axis=0)) > 1


def sight(windows: Windows, scaler: Scaler, which: np.ndarray | None = None) -> Sight:
    """Windows, or some of them, scaled, as readers get them."""
    batch = windows.batch(np.arange(len(windows)) if which is None else which)
    return Sight(
        x={name: torch.from_numpy(values) for name, values in scaler.apply(batch.x).items()},
        observed=torch.from_numpy(batch.observed),
        static=torch.from_numpy(scaler.apply_static(batch.static)).float(),
    )


def targets(windows: Windows, scaler: Scaler) -> torch.Tensor:
    """Targets as readers learn them: numbers scaled, all else as it is."""
    return torch.from_numpy(scaler.apply_target(windows.y))


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFitted:
    """A reader and what it says.

    Attributes
    ----------
    reader : Reader, fitted on all windows
    view : View
    out_of_fold : (N, C) float32, of each window by a reader that learned from other folds
    part : what it counts in a mixture before any loss is known
    of_hidden : (n, C) float32 of each set of windows of which something is hidden, said in the same way
    """

    reader: Reader
    view: View
    out_of_fold: torch.Tensor
    part: float = 1.0
    of_hidden: tuple[torch.Tensor, ...] = ()


def cross_fit(
    choice: Choice,
    views: Sequence[View],
    windows: Windows,
    scaler: Scaler,
    folds: Folds,
    *,
    seed: int = 0,
    hidden: Sequence[Hidden] = (),
    done: Callable[[], None] = lambda: None,
) -> list[CrossFitted]:
    """Readers of one kind, one of each view, fitted to all windows and, for what they say out of fold, to all folds.

    In a mixture they share one part evenly.

    Parameters
    ----------
    choice : Choice of `interplay.readers.READERS`
    views : sequence of View
    windows : Windows, labelled
    scaler : Scaler
    folds : Folds of these windows
    seed : int
    hidden : sequence of Hidden
        Sets of windows that are also read with something hidden.
    done : callable
        Called after each view.

    Returns
    -------
    list of CrossFitted, in the order of views
    """
    y = targets(windows, scaler)
    fitted = []
    for view in views:
        fitted.append(_cross_fitted(choice, view, windows, scaler, y, folds, seed, 1.0 / len(views), hidden))
        done()
    return fitted


@torch.no_grad()
def _cross_fitted(
    choice: Choice,
    view: View,
    windows: Windows,
    scaler: Scaler,
    y: torch.Tensor,
    folds: Folds,
    seed: int,
    part: float,
    hidden: Sequence[Hidden],
) -> CrossFitted:
    schema = scaled_schema(windows.schema)
    reader: Reader = choice.build(view.schema(schema), seed)
    some = evenly(len(windows), _at_once(schema, PREPARED_BYTES))
    reader.prepare(view.cut(sight(windows, scaler, some), schema))
    features = torch.cat([reader.features(seen) for seen in pieces_of_sight(windows, scaler, view)])
    fold = torch.from_numpy(folds.fold)
    of_some = [_features_of_hidden(reader, view, windows, scaler, features, some) for some in hidden]
    every = torch.cat([features, *of_some])
    where = torch.cat([fold, *(fold[some.rows] for some in hidden)])
    said = torch.zeros(len(every), schema.n_outputs)
    for k, rows in enumerate(torch.from_numpy(folds.fitted)):
        reader.fit(features[rows], y[rows], fold[rows])
        said[where == k] = reader.read(every[where == k])
    reader.fit(features, y, fold)
    out_of_fold, *of_hidden = said.split([len(features), *map(len, of_some)])
    return CrossFitted(
        reader=reader.eval(), view=view, out_of_fold=out_of_fold, part=part, of_hidden=tuple(of_hidden)
    )


def _features_of_hidden(
    reader: Reader, view: View, windows: Windows, scaler: Scaler, features: torch.Tensor, hidden: Hidden
) -> torch.Tensor:
    """(n, F) features of windows of which something is hidden; `features` are those of all windows as they are."""
    whole_or_none = (hidden.left == hidden.left[..., :1]).all()
    if len(view.modalities) == 1 and whole_or_none:
        # it is there, as it was, or not asked
        return features[hidden.rows]
    some = windows.select(hidden.rows.numpy())
    return torch.cat([reader.features(seen) for seen in pieces_of_sight(some, scaler, view, hidden.left)])


def pieces_of_sight(
    windows: Windows, scaler: Scaler, view: View, left: torch.Tensor | None = None
) -> Iterator[Sight]:
    """What a reader sees of windows, piece by piece, of nothing but what is left (N, M, T) where that is given."""
    schema = scaled_schema(windows.schema)
    at_once = _at_once(schema, SIGHT_BYTES)
    for start in range(0, len(windows), at_once):
        which = np.arange(start, min(start + at_once, len(windows)))
        seen = sight(windows, scaler, which)
        yield view.cut(seen if left is None else seen.with_only(left[which]), schema)


def _at_once(schema: Schema, most_bytes: int) -> int:
    """Windows of a scaled schema that are looked at together."""
    each = 4 * schema.numbers
    return min(AT_ONCE, max(1, most_bytes // each))
