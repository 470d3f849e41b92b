"""What averaging after the first convolution saves, and costs: real activities, 25 samples a step, people apart.

Windows of 2 s of the bundled sample of HAPT; 40 % of the people test. Each job trains the network of the default recipe
without a profile for `EPOCHS` epochs, on one thread. Windows a second are training windows seen per second of the
processor, held-out looks, Lightning and scaling included. Run with ``python -m benchmarks.samples [--seeds 3]``; rows
are kept in benchmarks/results/samples.jsonl, from which an interrupted run goes on, and the table is written beside
them.
"""

import argparse
import time
from pathlib import Path

import pandas as pd

import interplay as ip
from benchmarks.records import days, machine, markdown, run_jobs
from interplay.files import whole_file
from interplay.metrics import classification_metrics
from interplay.train import make_recipe

RESULTS = Path(__file__).parent / "results" / "samples.jsonl"
TABLE = RESULTS.with_suffix(".md")
STEP_S, STEPS, EPOCHS = 0.5, 4, 8
LEAST = (0, 12)
"""Numbers that averaging leaves of a step, at least; 0 averages none."""


def one_training(least_samples: int, seed: int) -> dict[str, object]:
    """Train and test once."""
    windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=STEP_S, steps=STEPS, stride=STEPS)
    train, test = ip.split_by_entity(windows, test=0.4, seed=seed)
    settings = {
        "model.encoder": {"name": "steps", "least_samples": least_samples},
        "optimiser.epochs": EPOCHS,
        "optimiser.least_steps": 0,
    }
    recipe = make_recipe("network", settings)
    started = time.process_time()
    run = ip.fit(train, recipe=recipe, seed=seed, rivals=False, progress=lambda done: None)
    seconds = time.process_time() - started
    table = run.predict(test, progress=lambda done: None)
    seen = (1.0 - recipe.optimiser.held_out) * len(train) * len(run.log)
    return {
        "least_samples": least_samples,
        "seed": seed,
        "seconds": seconds,
        "windows_a_second": seen / seconds,
        **scores(table, test),
    }


def scores(table: pd.DataFrame, test: ip.Windows) -> dict[str, float]:
    probabilities = table[[f"p_{name}" for name in test.classes]].to_numpy()
    measured = classification_metrics(test.y, probabilities, n_bootstrap=10)
    return {name: measured[name] for name in ("macro_f1", "accuracy", "log_loss_bits")}


def report(rows: list[dict]) -> str:
    frame = pd.DataFrame(rows)
    values = frame.groupby("least_samples")
    table = values[["windows_a_second", "macro_f1", "accuracy", "log_loss_bits"]].mean()
    table.insert(2, "lowest_macro_f1", values["macro_f1"].min())
    table.insert(3, "highest_macro_f1", values["macro_f1"].max())
    table["seeds"] = values["seed"].nunique()
    return "\n".join(
        [
            "# Averaged samples",
            "",
            f"{days(rows)}, {machine()}, one thread. Bundled sample of HAPT, steps of 25 samples, windows of {STEPS} "
            f"steps, {EPOCHS} epochs of the recipe `network` without a profile; 40 % of the people test.",
            "",
            markdown(table),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    jobs = [(least, seed) for seed in range(options.seeds) for least in LEAST]
    rows = run_jobs(
        jobs, one_training, RESULTS, key=lambda row: (row["least_samples"], row["seed"]), processes=1
    )
    with whole_file(TABLE, overwrite=True) as part:
        part.write_text(report(rows), "utf-8")
    print(TABLE.read_text("utf-8"))


if __name__ == "__main__":
    main()
