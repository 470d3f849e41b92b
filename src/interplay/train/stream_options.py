"""How a stream reads steps and samples: as asked, else as the training windows were cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interplay.errors import InvalidInput
from interplay.types import Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamOptions:
    """How steps and samples are read.

    Attributes
    ----------
    static : mapping of str to float
        Side inputs of the entity; what is not there is unknown.
    start_s : float, s
        When the first step begins; of raw samples by default the first of them.
    min_steps : int
        Steps from which on there are predictions; those before count as unobserved.
    fill, max_gap_s
        See `interplay.data.make_windows`.
    rates_hz : modality name -> Hz
        Regular streams, whose sample k was taken at ``start_s + k / rate``. Those with several samples in a step are.
    bins : modality name -> how several samples of a step are binned, see `interplay.types.Stream`
    wait_s : float, s
        How long after its end a step is held back for raw samples that come late.
    level : float
        Share of windows of new entities that intervals are to cover.
    """

    static: Mapping[str, float]
    start_s: float | None
    min_steps: int
    fill: Any
    max_gap_s: float | None
    rates_hz: Mapping[str, float]
    bins: Mapping[str, str]
    wait_s: float
    level: float


def stream_options(
    schema: Schema,
    cut: Mapping[str, Any],
    *,
    static: Mapping[str, float] | None = None,
    start_s: float | None = None,
    min_steps: int | None = None,
    fill=None,
    max_gap_s: float | None = None,
    rates_hz: Mapping[str, float] | None = None,
    bins: Mapping[str, str] | None = None,
    wait_s: float = 0.0,
    level: float = 0.9,
) -> StreamOptions:
    """Options of a stream.

    Parameters
    ----------
    schema : Schema of the windows
    cut : mapping of str
        What `interplay.data.make_windows` was called with in training, where that is known; stands for what is None.
    static, start_s, min_steps, fill, max_gap_s, rates_hz, bins, wait_s, level
        See `StreamOptions`.
    """
    least = cut.get("min_steps") if min_steps is None else min_steps
    least = schema.steps if least is None else least
    if not 1 <= least <= schema.steps:
        raise InvalidInput(f"min_steps must be between 1 and {schema.steps}; got {least!r}.")
    return StreamOptions(
        static=dict(static or {}),
        start_s=start_s,
        min_steps=int(least),
        fill=cut.get("fill") if fill is None else fill,
        max_gap_s=cut.get("max_gap_s") if max_gap_s is None else max_gap_s,
        rates_hz=dict(rates_hz or {}),
        bins=dict(bins or {}),
        wait_s=wait_s,
        level=level,
    )
