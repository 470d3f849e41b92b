"""What a token budget saves: 64 modalities, 48 steps, of which three pairs at one lag each tell the class.

Truth: signs of every modality and step; the class is the three products of the signs of three pairs. Each side trains
as many steps, of 16 windows that are drawn anew, with the true pairs as context, and is tested on the same windows.
Seconds are those of the processor, so that other work on the machine does not count. Each side is a process of its own,
whose peak memory is the largest that the system has seen of it. Run with ``python -m benchmarks.tokens``; rows are kept
in benchmarks/results/tokens.jsonl, from which an interrupted run goes on, and the table is written beside them.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.records import add_row, alone, days, machine, markdown, read_rows
from interplay.files import whole_file
from interplay.nn import InteractionContext, build_model, empty_context
from interplay.train import make_recipe
from interplay.train.module import LossTerms, parameter_groups
from interplay.train.target_kinds import TARGETS
from interplay.types import Schema

RESULTS = Path(__file__).parent / "results" / "tokens.jsonl"
TABLE = RESULTS.with_suffix(".md")
MODALITIES, STEPS, CHANNELS, WIDTH, BATCH = 64, 48, 2, 64, 16
PAIRS = ((5, 17, 42), (23, 31, 30), (40, 58, 11))
"""Two modalities and the step at which they tell a bit together."""
STRENGTH = 2.0
"""Length of what a sign adds to channels of standard normal noise."""
TRAINED, N_TEST = 80, 512
BUDGETS = (1.0, 1 / 32, 1 / 8)
LEARNING_RATE = 3e-3


def draw(n: int, seed: int) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Windows x[name] (n, T, 1, d), and their classes (n,), one of eight."""
    rng = np.random.default_rng(seed)
    sign = 2.0 * rng.integers(0, 2, (n, MODALITIES, STEPS)) - 1.0
    direction = np.random.default_rng(0).normal(size=(MODALITIES, 1, CHANNELS))
    direction *= STRENGTH / np.linalg.norm(direction, axis=-1, keepdims=True)
    values = sign[..., None] * direction + rng.normal(size=(n, MODALITIES, STEPS, CHANNELS))
    bits = [sign[:, i, t] * sign[:, j, t] > 0 for i, j, t in PAIRS]
    y = sum(2**k * bit.astype(np.int64) for k, bit in enumerate(bits))
    x = torch.from_numpy(values.astype(np.float32)).unbind(1)
    return {f"m{m:02d}": one[:, :, None] for m, one in enumerate(x)}, torch.from_numpy(np.asarray(y))


def planted_context() -> InteractionContext:
    """The three pairs, and nothing else."""
    context = empty_context(MODALITIES, STEPS)
    for i, j, t in PAIRS:
        context.synergy[0, i, j, t] = context.synergy[0, j, i, t] = 1 / 3
    return context


def one_side(budget: float, seed: int) -> dict[str, object]:
    """Train and test one model."""
    settings = {"model.width": WIDTH, "model.expert_width": 2 * WIDTH, "model.token_budget": budget}
    recipe = make_recipe("network", settings)
    schema = Schema(
        shapes={f"m{m:02d}": (1, CHANNELS) for m in range(MODALITIES)},
        steps=STEPS,
        step_s=1.0,
        classes="01234567",
    )
    before = peak_mb()
    torch.manual_seed(seed)
    model = build_model(schema, recipe.model, planted_context())
    losses = LossTerms(recipe, model, TARGETS["classes"])
    optimiser = torch.optim.AdamW(parameter_groups(model), weight_decay=recipe.optimiser.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=TRAINED)
    observed = torch.ones(BATCH, MODALITIES, STEPS, dtype=torch.bool)
    seconds = []
    for k in range(TRAINED):
        x, y = draw(BATCH, 10_000 * (seed + 1) + k)
        started = time.process_time()
        losses.total(losses(model(x, observed), y)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.optimiser.clip_norm)
        optimiser.step()
        optimiser.zero_grad()
        schedule.step()
        seconds.append(time.process_time() - started)
    return {
        "budget": budget,
        "seed": seed,
        "seconds_a_step": float(np.median(seconds)),
        "libraries_mb": before,
        "peak_mb": peak_mb(),
        "seconds": sum(seconds),
        **tested(model.eval(), observed),
    }


@torch.no_grad()
def tested(model, observed: torch.Tensor) -> dict[str, float]:
    """Share of test windows called right, ms for each, and the share of planted tokens that is worked on."""
    right, of_pairs, started, seconds = [], [], 0.0, 0.0
    for k in range(N_TEST // BATCH):
        x, y = draw(BATCH, k)
        started = time.process_time()
        output = model(x, observed)
        seconds += time.process_time() - started
        right.append((output.logits.argmax(-1) == y).float().mean())
        of_pairs += [output.allocated[:, m, t].float().mean() for i, j, t in PAIRS for m in (i, j)]
    return {
        "accuracy": float(torch.stack(right).mean()),
        "ms_a_window": 1000 * seconds / N_TEST,
        "planted_tokens_worked_on": float(torch.stack(of_pairs).mean()),
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(rows: list[dict]) -> str:
    frame = pd.DataFrame(rows)
    means = frame.groupby("budget", sort=False)[
        ["seconds_a_step", "peak_mb", "libraries_mb", "ms_a_window", "accuracy", "planted_tokens_worked_on"]
    ].mean()
    means = means.sort_index(ascending=False)
    whole = means.loc[1.0]
    means.insert(1, "share_of_time", means["seconds_a_step"] / whole["seconds_a_step"])
    means.insert(3, "share_of_memory", means["peak_mb"] / whole["peak_mb"])
    seeds = frame.groupby("budget")["seed"].nunique()
    means["seeds"] = seeds
    return "\n".join(
        [
            "# Token budgets",
            "",
            f"{days(rows)}, {machine()}, one thread. {MODALITIES} modalities, {STEPS} steps, width {WIDTH}, two blocks "
            f"with experts, batches of {BATCH}; {TRAINED} training steps on windows drawn anew; {N_TEST} test windows "
            "of eight classes. Three pairs, each at one lag, tell the class by the products of their signs; the "
            "context is the true one. Seconds are of the processor; memory is the peak of the process, libraries "
            "included.",
            "",
            markdown(means),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    done = {(row["budget"], row["seed"]) for row in read_rows(RESULTS)}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for seed in range(options.seeds):
            for budget in BUDGETS:
                if (budget, seed) not in done:
                    add_row(RESULTS, pool.submit(alone, one_side, (budget, seed)).result())
                    print(f"budget {budget:g}, seed {seed}", flush=True)
    with whole_file(TABLE, overwrite=True) as part:
        part.write_text(report(read_rows(RESULTS)), "utf-8")
    print(TABLE.read_text("utf-8"))


if __name__ == "__main__":
    main()
