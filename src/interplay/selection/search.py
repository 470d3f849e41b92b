"""select_modalities: sets of each size that tell most of the target in entities that were held out."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import torch

from interplay.data import Windows
from interplay.data.check import check_trainable
from interplay.errors import InvalidInput
from interplay.profile import InteractionProfile
from interplay.profile.budget import check_size
from interplay.profile.pair_information import PairInformation
from interplay.profile.subset_search import Subset, best_subsets
from interplay.progress import Progress, shown
from interplay.readers import READERS
from interplay.registry import Choice
from interplay.selection.held_out import HeldOut
from interplay.selection.selection import Selection

READER: Mapping[str, object] = {"name": "extra_trees", "trees": 100}
"""What reads a set of modalities where nothing else is asked for."""

LARGEST = 10
"""Size of the largest set that is looked for where nothing else is asked for."""

MOST_MEASURED = 120
"""Pairs that are measured where no profile says which ones are worth it; of more modalities than these none are."""

PAIRS = 10
"""Pairs that are tried as a whole at every size, strongest first."""

DROPS = 2
"""Members of a set that are tried to be exchanged, those that are missed least."""


def select_modalities(
    windows: Windows,
    *,
    k: int | None = None,
    profile: InteractionProfile | None = None,
    reader: str | Mapping | Choice = READER,
    folds: int = 5,
    n_bootstrap: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
) -> Selection:
    """Which modalities to keep, by what sets of them tell jointly.

    A set tells what a reader of these modalities alone gains over the prior, in bits, in entities that it did not learn
    from. Sets grow by one modality, or by a pair of which the profile says that it tells something only together, and
    members are exchanged as long as that tells more.

    Parameters
    ----------
    windows : Windows
        Labelled, of the training entities; those to be tested stay out of it.
    k : int, optional
        Sets of up to so many modalities, 10 at most by default; all together are measured in any case.
    profile : InteractionProfile, optional
        Of entities that are not to be tested. Says which pairs are worth trying. Without one every pair is measured, if
        there are at most 120; of more none, and what only pairs tell can be missed.
    reader : str, mapping or Choice
        A reader of `interplay.readers.READERS`, or its import path, with its settings.
    folds : int
        Groups of entities that are held out in turn.
    n_bootstrap : int
        Draws of entities that intervals rest on.
    seed : int
        Of folds, readers and intervals.
    progress : callable, optional
        Told the share of the work that is done; by default a bar on a terminal.

    Returns
    -------
    Selection

    Examples
    --------
    >>> import interplay as ip
    >>> train, test = ip.split_by_entity(ip.load_dataset("hapt_sample", step_s=1.0, steps=3))  # doctest: +SKIP
    >>> selection = ip.select_modalities(train, k=3)  # doctest: +SKIP
    >>> selection.keep()  # doctest: +SKIP
    """
    check_trainable(windows, what="windows to select by")
    names = windows.modalities
    k = min(len(names), LARGEST) if k is None else k
    check_size(k, len(names))
    if folds < 2:
        raise InvalidInput(f"a selection must have at least 2 folds; got {folds}.")
    held_out = HeldOut(windows, READERS.choose(reader, default="extra_trees", where="reader"), folds, seed)
    with shown(progress, "selecting modalities") as tell:
        measured = _Measured(held_out, names, lambda done: tell(min(done / _expected(len(names), k), 0.99)))
        pairs = measured.strongest_pairs() if profile is None else _pairs_of(profile, names)
        best = best_subsets(len(names), measured.bits, k, pairs=pairs[:PAIRS], drops=DROPS)
        if k < len(names):
            best.append(frozenset(range(len(names))))
        selection = measured.selection(best, n_bootstrap)
        tell(1.0)
    return selection


class _Measured:
    """Bits of sets of modalities, by their numbers, each measured once."""

    def __init__(self, held_out: HeldOut, names: Sequence[str], done: Callable[[int], None]):
        self.held_out, self.names, self.done = held_out, tuple(names), done
        self._bits: dict[Subset, float] = {frozenset(): 0.0}
        self._logits: dict[Subset, torch.Tensor] = {}

    def bits(self, subset: Subset) -> float:
        if subset not in self._bits:
            logits = self.held_out.logits(self._named(subset), self._known_of(subset))
            self._logits[subset], self._bits[subset] = logits, self.held_out.bits(logits)
            self.done(len(self._logits))
        return self._bits[subset]

    def _known_of(self, subset: Subset) -> list[torch.Tensor]:
        """What is said by those of its members that tell most, and by the others, as far as they were measured."""
        parts = [part for part in self._logits if part < subset]
        if not parts:
            return []
        most = max(parts, key=self.bits)
        return [self._logits[part] for part in (most, subset - most) if part in self._logits]

    def strongest_pairs(self) -> list[tuple[int, int]]:
        """Pairs that tell more than the sum of both, strongest first; none where there are too many to ask."""
        n = len(self.names)
        if n * (n - 1) // 2 > MOST_MEASURED:
            return []
        single = np.array([self.bits(frozenset({i})) for i in range(n)])
        joint = np.full((n, n), np.nan)
        for i, j in combinations(range(n), 2):
            joint[i, j] = joint[j, i] = self.bits(frozenset({i, j}))
        return PairInformation.make(single, joint, ~np.eye(n, dtype=bool)).synergistic_pairs()

    def selection(self, best: Sequence[Subset], n_bootstrap: int) -> Selection:
        """What came of it."""
        score = _score_of(self.held_out.windows)
        rows = [self._row(subset, score, n_bootstrap) for subset in best]
        curve = pd.DataFrame(rows)
        everything = curve["bits"].iloc[-1]
        curve.insert(5, "share", curve["bits"] / everything if everything > 0 else np.nan)
        return Selection(
            of=self.names,
            sets=tuple(self._named(subset) for subset in best),
            curve=curve,
            score=score,
            entities=tuple(self.held_out.windows.entities),
        )

    def _row(self, subset: Subset, score: str, n_bootstrap: int) -> dict[str, object]:
        self.bits(subset)
        logits = self._logits[subset]
        information = self.held_out.bits_with_interval(logits, n_bootstrap)
        scores = self.held_out.scores(logits, n_bootstrap)
        ends = ("", "_low", "_high")
        return {
            "k": len(subset),
            "modalities": ", ".join(self._named(subset)),
            **{f"bits{end}": information[f"bits{end}"] for end in ends},
            **{f"score{end}": scores[f"{score}{end}"] for end in ends},
        }

    def _named(self, subset: Subset) -> tuple[str, ...]:
        return tuple(self.names[i] for i in sorted(subset))


def _pairs_of(profile: InteractionProfile, names: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs that tell something only together, strongest first, by their numbers in `names`."""
    missing = sorted(set(names) - set(profile.modalities))
    if missing:
        raise InvalidInput(
            f"the profile must be of the modalities of the windows; {missing} are not in it. Estimate it from windows "
            "of the same data, or leave it out."
        )
    pairs = PairInformation.of_profile(profile).synergistic_pairs()
    named = [(profile.modalities[i], profile.modalities[j]) for i, j in pairs]
    return [(names.index(a), names.index(b)) for a, b in named if a in names and b in names]


def _expected(n: int, k: int) -> int:
    """About how many sets will be measured; what comes up again is measured once."""
    n_pairs = n * (n - 1) // 2
    of_size = sum(n - size + PAIRS + size + DROPS * (n - size) for size in range(2, k + 1))
    return n + (n_pairs if n_pairs <= MOST_MEASURED else 0) + of_size


def _score_of(windows: Windows) -> str:
    """AUROC for two classes and for labels, macro-F1 for more classes, the share of variance for numbers."""
    if windows.kind == "number":
        return "r2"
    return "auroc" if windows.kind == "labels" or len(windows.classes) == 2 else "macro_f1"
