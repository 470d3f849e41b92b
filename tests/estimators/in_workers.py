"""What workers of a cluster are told by tests: to write down what they do, and not to touch a store."""

import os
import time
from pathlib import Path

from distributed import WorkerPlugin

from interplay.estimators import shipping
from interplay.estimators.posterior import blocks, store


class WrittenDown(WorkerPlugin):
    """Each worker, restarted ones too, adds a line to its own file for all that it does.

    It rests for `pause_s` in every block, so that tests have time to find it at work.
    """

    name = "written down"

    def __init__(self, folder: Path, pause_s: float = 0.0):
        self.folder, self.pause_s = folder, pause_s

    def setup(self, worker) -> None:
        file, run_block = self.folder / str(os.getpid()), blocks.run_block

        def note(line: str) -> None:
            with file.open("a") as open_file:
                open_file.write(line + "\n")

        def noted(common, block):
            note(f"began {block.pairs[0].tolist()}")
            time.sleep(self.pause_s)
            result = run_block(common, block)
            note("done")
            return result

        def received(shipped, state) -> None:
            note(f"received {sum(array.nbytes for array in state['arrays'])}")
            shipped.__dict__.update(state)

        def refused(*_):
            raise AssertionError("workers have no disk to store anything on")

        blocks.run_block, store.write_state = noted, refused
        shipping.Shipped.__setstate__ = received
