"""Token budgets on real data: what the network loses, and what time it saves, working on a share of the tokens.

Windows as in `benchmarks.real`, people apart; a network without readers, with the profile of its training windows. Jobs
are (set, split, budget); each result is added to benchmarks/results/tokens_real.jsonl, from which an interrupted run
goes on, and the table is written beside it. Run with ``python -m benchmarks.tokens_real --root FOLDER [--splits 3]``,
FOLDER with a folder for each set.
"""

import argparse
import time
from functools import lru_cache
from itertools import product
from pathlib import Path

import pandas as pd

import interplay as ip
from benchmarks.real import Trial, that_counts, trials
from benchmarks.records import days, machine, markdown, run_jobs
from interplay.progress import silent

RESULTS = Path(__file__).parent / "results" / "tokens_real.jsonl"
SETS = ("hapt", "physionet2012", "mimic3_demo_glucose")
BUDGETS = (1.0, 0.5, 0.25, 0.125)
WINDOWS = 500


@lru_cache(maxsize=1)
def opened(name: str, split: int, root: Path) -> tuple[Trial, ip.InteractionProfile | None]:
    """A split of a set, and the profile of its training windows."""
    *_, trial = trials(name, root, WINDOWS, split + 1)
    return trial, trial.profile()[0]


def work(name: str, split: int, budget: float, root: Path) -> dict:
    """One training; seconds are of the processor."""
    trial, profile = opened(name, split, root)
    settings = {"model.token_budget": budget}
    started = time.process_time()
    run = ip.fit(
        trial.train, profile=profile, recipe="network", settings=settings, seed=split, progress=silent
    )
    trained = time.process_time()
    metrics = run.evaluate(trial.test, progress=silent, n_bootstrap=2)
    return {
        "set": name,
        "split": split,
        "budget": budget,
        "tokens": len(trial.train.modalities) * trial.train.length,
        "score": that_counts(metrics, trial.test),
        "log loss (bits)": metrics["log_loss_bits"],
        "seconds": trained - started,
    }


def page(rows: list[dict]) -> str:
    """Markdown: means over splits, and time as a share of that of all tokens."""
    frame = pd.DataFrame(rows)
    lines = []
    for name, part in frame.groupby("set", sort=False):
        whole = part[part["budget"] == 1.0].set_index("split")
        for budget, of_budget in part.groupby("budget", sort=False):
            of_budget = of_budget.set_index("split")
            both = of_budget.index.intersection(whole.index)
            lost = whole.loc[both, "score"] - of_budget.loc[both, "score"]
            lines.append(
                {
                    "set": name,
                    "tokens": of_budget["tokens"].iloc[0],
                    "budget": budget,
                    "splits": len(of_budget),
                    "score": of_budget["score"].mean(),
                    "lost": lost.mean(),
                    "log loss (bits)": of_budget["log loss (bits)"].mean(),
                    "seconds": of_budget["seconds"].mean(),
                    "share of time": (of_budget.loc[both, "seconds"] / whole.loc[both, "seconds"]).mean(),
                }
            )
    return (
        f"# Token budgets on real data\n\n`python -m benchmarks.tokens_real`, {days(rows)}, {machine()}, one thread; "
        f"{WINDOWS} windows of each set, recipe `network`, AUROC for two classes and macro-F1 for more, seconds of "
        f"training of the processor.\n\n{markdown(pd.DataFrame(lines).set_index('set'))}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--splits", type=int, default=3)
    options = parser.parse_args()
    jobs = list(product(options.sets, range(options.splits), BUDGETS))
    rows = run_jobs(
        jobs,
        lambda *job: work(*job, options.root),
        RESULTS,
        key=lambda row: (row["set"], row["split"], row["budget"]),
        processes=1,
    )
    RESULTS.with_suffix(".md").write_text(page(rows), "utf-8")


if __name__ == "__main__":
    main()
