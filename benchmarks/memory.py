"""Memory of training: 64 modalities, 48 steps, width 64, batches of 16, the default recipe's model and losses.

Run with ``python -m benchmarks.memory``; prints a Markdown table. Each row is a process of its own, whose peak memory
is the largest that the system has seen of it, libraries included.
"""

import argparse
import platform
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import numpy as np
import torch

import interplay as ip
from interplay.nn import InteractionContext, build_model
from interplay.train import make_recipe
from interplay.train.module import LossTerms
from interplay.train.target_kinds import TARGETS

SIZES = ((8, 48, 64, 16), (32, 48, 64, 16), (64, 48, 64, 16))
TRAINED = 4


def one_size(n_m: int, n_t: int, width: int, batch: int) -> tuple[float, float, float]:
    """Peak memory before and after some training steps, MB, and seconds of a step."""
    rng = np.random.default_rng(0)
    arrays = {f"m{m:02d}": rng.normal(size=(batch, n_t, 2)).astype(np.float32) for m in range(n_m)}
    windows = ip.windows_from_arrays(arrays, rng.integers(0, 2, batch), classes=("no", "yes"))
    recipe = make_recipe("default", {"model.width": width, "model.expert_width": 2 * width})
    atoms = torch.rand(1, n_m, n_m, n_t) * 0.3
    atoms = 0.5 * (atoms + atoms.transpose(1, 2)) * ~torch.eye(n_m, dtype=torch.bool)[..., None]
    context = InteractionContext(redundancy=atoms, unique=atoms, synergy=atoms)
    before = _peak_mb()
    model = build_model(windows.schema, recipe.model, context)
    losses = LossTerms(recipe, model, TARGETS["classes"])
    optimiser = torch.optim.AdamW(model.parameters())
    cut = windows.batch(np.arange(batch))
    x = {name: torch.from_numpy(values) for name, values in cut.x.items()}
    observed, y = torch.from_numpy(cut.observed), torch.from_numpy(cut.y)
    started = time.perf_counter()
    for _ in range(TRAINED):
        losses.total(losses(model(x, observed), y)).backward()
        optimiser.step()
        optimiser.zero_grad()
    return before, _peak_mb(), (time.perf_counter() - started) / TRAINED


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    print(f"# Memory of training\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, torch "
          f"{torch.__version__}; default recipe, all losses, all pairs above the thresholds.\n")  # fmt: skip
    print("| modalities | steps | width | batch | libraries and data (MB) | peak (MB) | seconds per step |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for size in SIZES:
            before, peak, seconds = pool.submit(one_size, *size).result()
            print(
                f"| {' | '.join(map(str, size))} | {before:,.0f} | {peak:,.0f} | {seconds:.1f} |", flush=True
            )


if __name__ == "__main__":
    main()
