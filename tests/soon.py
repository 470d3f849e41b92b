"""What a call takes, whatever else the machine and the process are busy with."""

import time


def seconds(call, enough: float) -> float:
    """Processor seconds of the calling thread; the less of two where the first is not below ``enough``.

    One call may fall into a collection of garbage or a first import that has nothing to do with it; a call
    that is slow by itself is slow again.
    """
    took = one_call(call)
    return took if took < enough else min(took, one_call(call))


def one_call(call) -> float:
    started = time.thread_time()
    call()
    return time.thread_time() - started
