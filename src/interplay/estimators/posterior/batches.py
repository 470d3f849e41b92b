"""Batches of training windows for several probes at once: chunks of neighbours, whose steps are encoded once.

Letters: K probes, N windows, L lags, B windows of a batch, U steps that they look at, n chunks, S steps of the chunk
that looks at most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

CHUNK = 16
"""Windows that are drawn together; neighbours share most of their steps, so each is encoded about once."""

STEPS_PER_EPOCH = 20
"""With fewer, a pair's head has not learned all by the last epoch: batches of small data sets are smaller."""


def size_of_batches(n_windows: int, batch_size: int) -> int:
    """Windows of a batch; of large data sets it is `batch_size`."""
    return min(batch_size, max(64, n_windows // STEPS_PER_EPOCH))


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows (K, B), the steps (K, U) that they look at, which of these (K, L, B), and their weights (K, B)."""

    windows: torch.Tensor
    steps: torch.Tensor
    place: torch.Tensor
    weight: torch.Tensor


class Batches:
    """Training windows in random order, in chunks of neighbours whose steps are found once.

    Parameters
    ----------
    rows : (N, L) int64, steps that each window looks at
    fits : sequence of K arrays of window numbers
        All have as many batches; a probe with fewer windows begins again.
    batch_size : int, of large data sets
    generator : torch.Generator
    most_steps : int
        Steps that all probes may look at in a batch, at least those of one chunk each.
    """

    def __init__(
        self,
        rows: torch.Tensor,
        fits: Sequence[np.ndarray],
        batch_size: int,
        generator: torch.Generator,
        *,
        most_steps: int,
    ):
        self.generator = generator
        self.chunks = [_chunks(rows, fit) for fit in fits]
        most = max(len(fit) for fit in fits)
        size = size_of_batches(most, batch_size)
        of_chunks = sum(int(count.max()) for _, _, count, _ in self.chunks)
        self.at_once = max(1, min(round(size / CHUNK), most_steps // of_chunks))
        self.per_epoch = -(-max(len(windows) for windows, *_ in self.chunks) // self.at_once)

    def __iter__(self) -> Iterator[Batch]:
        drawn = [self._order(len(windows)) for windows, *_ in self.chunks]
        for start in range(0, self.per_epoch * self.at_once, self.at_once):
            parts = [
                self._batch(chunks, order[start : start + self.at_once])
                for chunks, order in zip(self.chunks, drawn, strict=True)
            ]
            windows, steps, place, weight = zip(*parts, strict=True)
            # steps beyond the last of a probe repeat it, and are looked at by none
            most = max(map(len, steps))
            steps = [torch.cat([each, each[-1:].expand(most - len(each))]) for each in steps]
            yield Batch(*(torch.stack(each) for each in (windows, steps, place, weight)))

    def _order(self, n: int) -> torch.Tensor:
        """Numbers of chunks, anew when all have been drawn, as many as an epoch needs."""
        needed = self.per_epoch * self.at_once
        rounds = [torch.randperm(n, generator=self.generator) for _ in range(-(-needed // n))]
        return torch.cat(rounds)[:needed]

    def _batch(self, chunks, order: torch.Tensor) -> tuple[torch.Tensor, ...]:
        windows, steps, count, place = (each[order] for each in chunks)
        first = (count.cumsum(0) - count)[:, None, None]
        known = windows.flatten() >= 0
        weight = known / known.sum().clamp_min(1)
        return (
            windows.flatten().clamp_min(0),
            steps[torch.arange(steps.shape[1]) < count[:, None]],
            (place + first).movedim(1, 0).flatten(1),
            weight,
        )


def _chunks(rows: torch.Tensor, fit: np.ndarray) -> tuple[torch.Tensor, ...]:
    """Neighbouring windows together: their numbers (n, 16), -1 beyond the last; distinct steps (n, S), how many they
    are (n,), and which of them each window looks at (n, L, 16)."""
    n = -(-len(fit) // CHUNK)
    windows = torch.full((n * CHUNK,), -1)
    windows[: len(fit)] = torch.from_numpy(fit)
    # what fills up the last chunk looks where its first window does
    filled = torch.where(windows >= 0, windows, windows[(n - 1) * CHUNK]).view(n, CHUNK)
    looked_at = rows[filled].transpose(1, 2).flatten(1)
    ordered, order = looked_at.sort(1)
    new = torch.nn.functional.pad(ordered[:, 1:] != ordered[:, :-1], (1, 0), value=False)
    group = new.cumsum(1)
    place = torch.zeros_like(looked_at).scatter_(1, order, group).view(n, -1, CHUNK)
    count = group[:, -1] + 1
    steps = ordered[:, :1].repeat(1, int(count.max())).scatter_(1, group, ordered)
    return windows.view(n, CHUNK), steps, count, place
