"""Which steps were learned from, by what they hold: so that later ones of the same entity can be told from them."""

import hashlib

import numpy as np

from interplay.data.windows import Windows

LENGTH = 16
"""Hexadecimal digits of a digest."""


def digests_of_steps(windows: Windows) -> tuple[str, ...]:
    """Digests of the steps that any window contains, sorted.

    A step whose content occurs more than once, as that of a sensor that stands still, tells nothing of which step it is
    and is left out.

    Parameters
    ----------
    windows : Windows
    """
    rows = windows.used_rows()
    steps = windows.steps
    content = [np.where(steps.observed[rows, m, None, None], values[rows], np.nan).reshape(len(rows), -1)
               for m, values in enumerate(steps.values.values())]  # fmt: skip
    table = np.ascontiguousarray(np.concatenate(content, axis=1).astype(np.float32))
    digests = [hashlib.sha256(row.tobytes()).hexdigest()[:LENGTH] for row in table]
    names, counts = np.unique(digests, return_counts=True)
    return tuple(names[counts == 1].tolist())


def shared_steps(windows: Windows, digests: tuple[str, ...]) -> int:
    """How many steps of these windows are among those that were learned from."""
    return len(set(digests_of_steps(windows)) & set(digests))
