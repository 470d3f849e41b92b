"""Whose row each row of a long table is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from interplay.study.formats.opening import ROW
from interplay.study.patterns import Key
from interplay.study.rows import FILE


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Keys:
    """A key for each row.

    Attributes
    ----------
    code : (n,) int64, index into `names`, -1 where a row names no entity or no recording
    names : the keys that there are
    """

    code: np.ndarray
    names: tuple[Key, ...]

    @classmethod
    def paired(
        cls, entity: np.ndarray, entities: Sequence[str], recording: np.ndarray, recordings: Sequence[str]
    ) -> "Keys":
        """Keys of entities and recordings, each as a number (n,) of a name, -1 for none."""
        pair = entity * len(recordings) + recording
        pair[(entity < 0) | (recording < 0)] = -1
        present, code = np.unique(pair, return_inverse=True)
        none = int(len(present) > 0 and present[0] == -1)
        names = [Key(entities[p // len(recordings)], recordings[p % len(recordings)]) for p in present[none:]]
        return cls(code=code - none, names=tuple(names))

    def places(self) -> dict[Key, np.ndarray]:
        """Rows of each key, in order; of the keys sorted."""
        order = np.argsort(self.code, kind="stable")
        ends = np.searchsorted(self.code[order], np.arange(len(self.names) + 1))
        rows = {key: order[ends[k] : ends[k + 1]] for k, key in enumerate(self.names)}
        return {key: rows[key] for key in sorted(rows)}


def nameless_rows(table: pd.DataFrame, keys: Keys) -> list[tuple[int, int]]:
    """Number of the file and row of each row without a key."""
    nobody = keys.code < 0
    return list(
        zip(table[FILE].to_numpy()[nobody].tolist(), table[ROW].to_numpy()[nobody].tolist(), strict=True)
    )
