"""Work in a process of its own: what it makes known to torch is not known to the tests that come after."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def in_a_process(check, *args) -> None:
    """Call a function of a module; what it raises is raised here."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as one:
        one.submit(check, *args).result()
