"""The truth suite: every estimator on tasks with known answers.

Run with ``python -m benchmarks.estimators``; writes `benchmarks/results/estimators.json` and `.md`. Each fit has a
process of its own, one thread, and its peak memory is read from that process. A run that was interrupted continues.
"""

import argparse
import json
import resource
import time
import warnings
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from benchmarks.draws import NULL, Draw, findings
from benchmarks.records import days, machine, markdown
from benchmarks.tasks import TASKS
from interplay.estimators import BaseRUS, BatchPID, GaussianPID, MultiScaleBatchPID
from interplay.profile import PAIR_ATOMS

RESULTS = Path(__file__).parent / "results"
ESTIMATORS: dict[str, BaseRUS] = {
    "PosteriorPID": ip.PosteriorPID(n_rotations=99),
    "DiscretePID": ip.DiscretePID(n_rotations=99),
    "MultiScaleBatchPID": MultiScaleBatchPID(n_rotations=99),
    "BatchPID": BatchPID(n_rotations=99),
    "GaussianPID": GaussianPID(n_rotations=99),
}
SLOW = ("MultiScaleBatchPID", "BatchPID")
MOST_STEPS_OF_SMALL = 8000
KIND = {task.name: task.kind for task in TASKS}


def one_fit(estimator: str, task: int, steps: int, seed: int) -> dict:
    """Errors of all atoms against truth, coverage of their intervals, time and memory."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    draw = TASKS[task].draw(steps, seed)
    before = _peak_mb()
    started = time.perf_counter()
    temporal = ip.TemporalRUS(ESTIMATORS[estimator], progress=lambda done: None)
    profile = temporal.fit(draw.windows).profile_
    seconds = time.perf_counter() - started
    return {
        "estimator": estimator,
        "task": TASKS[task].name,
        "steps": steps,
        "seed": seed,
        **errors(draw, profile.dataset),
        **findings(draw, profile),
        "seconds": seconds,
        "memory_mb": _peak_mb() - before,
        "date": str(date.today()),
    }


def errors(draw: Draw, d) -> dict:
    """Mean and largest absolute error, the same of null atoms, and the share of intervals that cover the truth."""
    off = ~np.eye(len(draw.redundancy), dtype=bool)
    upper = np.triu(off)
    error, truth, stderr = [], [], []
    for name in PAIR_ATOMS:
        where = off if name == "unique" else upper
        exact = getattr(draw, name)[where].ravel()
        truth.append(exact)
        error.append(d[name].values[where].ravel() - exact)
        stderr.append(d[f"{name}_stderr"].values[where].ravel())
    error, truth, stderr = (np.concatenate(part) for part in (error, truth, stderr))
    null = np.abs(truth) < NULL
    real = ~null
    least_joint = d["joint_mi"].values - 2 * d["joint_mi_stderr"].values
    classes = draw.windows.classes
    return {
        "mean_error": float(np.abs(error).mean()),
        "largest_error": float(np.abs(error).max()),
        "null_error": float(np.abs(error[null]).mean()) if null.any() else None,
        "largest_null": float(np.abs(error[null]).max()) if null.any() else None,
        "covered": float((np.abs(error[real]) <= 1.96 * stderr[real]).mean()) if real.any() else None,
        "largest_atom": float(truth.max()),
        "above_entropy": float(np.nanmax(least_joint) - d.attrs["h_y_bits"]) if classes else None,
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def wanted(seeds: int, names: Iterable[str], seeds_of_large: int = 1) -> list[tuple[str, int, int, int]]:
    """Every fit: tasks of an estimator's kind of target, small sizes first; the slow ones on those only."""
    fits = [
        (name, k, steps, seed)
        for name in names
        for k, task in enumerate(TASKS)
        for steps in task.sizes
        for seed in range(seeds if steps <= MOST_STEPS_OF_SMALL else seeds_of_large)
        if ESTIMATORS[name].continuous_target == task.continuous
        and (name not in SLOW or steps <= MOST_STEPS_OF_SMALL)
    ]
    return sorted(fits, key=lambda fit: (fit[0] in SLOW, fit[2] > MOST_STEPS_OF_SMALL, fit[3]))


def run_all(fits: list, path: Path, jobs: int) -> list[dict]:
    """Do what is not in the file yet; the file grows with every fit."""
    rows = json.loads(path.read_text()) if path.is_file() else []
    have = {(row["estimator"], row["task"], row["steps"], row["seed"]) for row in rows}
    fits = [fit for fit in fits if (fit[0], TASKS[fit[1]].name, *fit[2:]) not in have]
    context = get_context("forkserver")
    # processes start from one that has read everything: most fits take no longer than reading would
    context.set_forkserver_preload(["benchmarks.tasks"])
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        waiting = {pool.submit(one_fit, *fit): fit for fit in fits}
        for k, future in enumerate(as_completed(waiting), start=1):
            rows.append(future.result())
            print(f"{k}/{len(fits)} {rows[-1]['estimator']}, {rows[-1]['task']}, {rows[-1]['steps']:,} steps: "
                  f"{rows[-1]['mean_error']:.4f} bit, {rows[-1]['seconds']:.0f} s", flush=True)  # fmt: skip
            part = path.with_suffix(".part")
            part.write_text(json.dumps(rows, indent=0))
            part.replace(path)
    return rows


def report(rows: list[dict]) -> str:
    """Markdown: a summary by estimator and size, what holds of each kind of form, then every task."""
    frame = pd.DataFrame(rows)
    frame["kind"] = frame["task"].map(KIND)
    small = frame["steps"] <= MOST_STEPS_OF_SMALL
    frame["size"] = np.where(small, f"up to {MOST_STEPS_OF_SMALL:,}", "20,000 and more")
    shared = frame[small].groupby(["task", "steps", "estimator"])["mean_error"]
    table = shared.mean().unstack()
    # continuous targets are a matter of one estimator alone
    table = table[table["PosteriorPID"].notna()].dropna(axis=1, how="all").dropna()
    each = frame.groupby(["kind", "task", "steps", "estimator"], sort=False).agg(
        dict.fromkeys(("largest_atom", "mean_error", "largest_error", "largest_null", "covered"), "mean")
        | {"seconds": "mean", "memory_mb": "max"}
    )
    lines = [
        "# Truth suite",
        "",
        f"{days(rows)}, {machine()}; {frame['task'].nunique()} tasks, one thread per fit, two fits at a time; errors "
        "in bits over all atoms of all pairs and lags, sampling error of the draw included. Seconds are upper bounds "
        "where other work ran on the machine. *Covered* is the share of non-zero atoms in their 95 % intervals, as a "
        "mean over fits.",
        "",
        markdown(summary(frame)),
        "",
        f"On the {len(table)} tasks that all were run on:",
        "",
        markdown(
            pd.DataFrame(
                {
                    "mean error": table.mean(),
                    "times PosteriorPID": table.mean() / table["PosteriorPID"].mean(),
                }
            )
        ),
        "",
        "## What holds, by kind of form",
        "",
        "*False* counts profiles with any sentence about an atom that is exactly zero, of those fits where it was "
        "asked; *found* is the share of atoms of at least 0.01 bit that are called significant.",
        "",
        *(line for name in ESTIMATORS if name in set(frame["estimator"]) and name not in SLOW
          for line in (f"### {name}", "", markdown(by_kind(frame[frame["estimator"] == name])), "")),
        "## Every task",
        "",
        markdown(each),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Errors by estimator and size."""
    by = frame.groupby(["estimator", "size"])
    return pd.DataFrame(
        {
            "fits": by.size(),
            "mean error": by["mean_error"].mean(),
            "worst task's mean error": by["mean_error"].max(),
            "mean null atom": by["null_error"].mean(),
            "worst task's mean null atom": by["null_error"].max(),
            "largest null atom": by["largest_null"].max(),
            "covered": by["covered"].mean(),
            "above H(Y)": by["above_entropy"].max(),
            "median seconds": by["seconds"].median(),
            "run on": [days(part.to_dict("records")) for _, part in by],
        }
    )


def by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """What holds of each kind of form and size, of one estimator."""
    asked = frame["false"].notna()
    frame = frame.assign(
        any_false=[
            sum(false.values()) > 0 if ok else False for false, ok in zip(frame["false"], asked, strict=True)
        ],
        asked=asked,
    )
    by = frame.groupby(["kind", "size"], sort=False)
    worst = frame.loc[by["mean_error"].idxmax()].set_index(["kind", "size"])["task"]
    return pd.DataFrame(
        {
            "fits": by.size(),
            "mean error": by["mean_error"].mean(),
            "largest": by["largest_error"].max(),
            "worst task": worst,
            "covered": by["covered"].mean(),
            "false": [f"{part['any_false'].sum()} of {part['asked'].sum()}" for _, part in by],
            "found": by["found"].sum() / by["worth_finding"].sum(),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--large-seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--estimators", nargs="+", default=list(ESTIMATORS), choices=list(ESTIMATORS))
    options = parser.parse_args()
    fits = wanted(options.seeds, options.estimators, options.large_seeds)
    rows = run_all(fits, RESULTS / "estimators.json", options.jobs)
    (RESULTS / "estimators.md").write_text(report(rows))


if __name__ == "__main__":
    main()
