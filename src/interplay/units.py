"""The only file that converts units: bits and nats, seconds and steps."""

import math

from interplay.errors import InvalidInput

NATS_PER_BIT = math.log(2.0)


def bits(nats):
    """Convert nats to bits; works on numbers, arrays and tensors."""
    return nats / NATS_PER_BIT


def nats(bits):
    """Convert bits to nats; works on numbers, arrays and tensors."""
    return bits * NATS_PER_BIT


def samples_per_step(rate_hz: float, step_s: float, *, name: str = "stream") -> int:
    """Samples of a regular stream that fall into one step.

    Parameters
    ----------
    rate_hz : float, Hz
    step_s : float, s
    name : str
        What the error message calls the stream.

    Returns
    -------
    int
        ``rate_hz * step_s`` where that is a whole number; 1 where the stream is slower than the
        steps, so that some steps hold one sample and the others none.

    Raises
    ------
    InvalidInput
        If the stream is faster than the steps and does not fill them evenly.
    """
    exact = rate_hz * step_s
    if exact < 1.0 - 1e-6:
        return 1
    whole = round(exact)
    if abs(exact - whole) > 1e-6 * max(1.0, exact):
        raise InvalidInput(
            f"step_s times the rate of {name!r} must be a whole number of samples; got {step_s:g} s x "
            f"{rate_hz:g} Hz = {exact:g}. step_s={whole / rate_hz:.9g} would fit."
        )
    return whole


def lag_steps(lag_s: float, step_s: float) -> int:
    """Steps in a lag given in seconds; the lag must be a whole, non-negative number of steps."""
    exact = lag_s / step_s
    whole = round(exact)
    if not math.isfinite(exact) or whole < 0 or abs(exact - whole) > 1e-6 * max(1.0, abs(exact)):
        raise InvalidInput(
            f"lags_s must be non-negative multiples of step_s ({step_s:g} s); got {lag_s:g} s. The nearest is "
            f"{max(0, round(lag_s / step_s)) * step_s:g} s."
        )
    return whole
