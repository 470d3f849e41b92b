"""A stream of a run, with what was decided when its training windows were cut unless said otherwise."""

from collections.abc import Mapping

from interplay.errors import InvalidInput
from interplay.train.stream import EntityStream, StreamOptions


def open_stream(
    run,
    entity: str,
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
) -> EntityStream:
    """Predictions of one entity while its data come: those that `predict` gives of its windows, in constant memory.

    Parameters
    ----------
    run : Run
    entity : str
    static : mapping of str to float, optional
        Side inputs; what is not there is unknown.
    start_s : float, s, optional
        When the first step begins; 0 of whole steps, and of raw samples the first of them.
    min_steps : int, optional
        Steps from which on there are predictions; by default as the training windows were cut, else a whole window.
    fill, max_gap_s
        See `interplay.data.make_windows`; by default as windows of the training were cut, where the run knows.
    rates_hz : mapping of str to float, Hz, optional
        Of raw samples: regular streams of one sample a step. Those of several are regular anyway.
    bins : mapping of str to str, optional
        Of raw samples: streams with a `bin`, see `interplay.types.Stream`.
    wait_s : float, s
        Of raw samples: how long after its end a step is held back for samples that come late.
    level : float
        Share of windows of new entities that intervals are to cover; they come from the errors of an evaluation.

    Returns
    -------
    EntityStream
    """
    cut = run.split.options
    least = cut.get("min_steps") if min_steps is None else min_steps
    least = run.schema.steps if least is None else least
    if not 1 <= least <= run.schema.steps:
        raise InvalidInput(f"min_steps must be between 1 and {run.schema.steps}; got {least!r}.")
    options = StreamOptions(
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
    return EntityStream(run, entity, options)
