"""The share of every batch that one of several processes reads."""

from collections.abc import Iterator

from torch.utils.data import BatchSampler, Sampler


class SharedBatches(Sampler[list[int]]):
    """The share of each batch that one of several processes reads; all of them draw the same batches.

    Parameters
    ----------
    order : Sampler of windows, the same in every process
    batch_size : int
        Of all processes together.
    rank, world : int
        Which of how many processes this is.
    """

    def __init__(self, order: Sampler[int], batch_size: int, rank: int, world: int):
        self.batches = BatchSampler(order, batch_size, drop_last=False)
        self.rank, self.world = rank, world

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches:
            yield share_of(batch, self.rank, self.world)


def share_of(batch: list[int], rank: int, world: int) -> list[int]:
    """Every so-manieth window; where they do not come out even some are read twice, so that nobody is without."""
    missing = -len(batch) % world
    return (batch + (batch * world)[:missing])[rank::world]
