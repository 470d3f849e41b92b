"""What guidance is worth to a network that doubts it, on real sets: the dense network under `model.context: auto`.

It is trained with the profile and without, and keeps to the one with which held-out training entities lose less; beside
it the same network without a profile. Splits, windows and scores are those of `benchmarks.real`. One line of JSON for
each (set, split, model) is added to benchmarks/results/doubted.jsonl, from which an interrupted run goes on. Run with
``python -m benchmarks.doubted --root FOLDER [--sets ...] [--splits 2]``; ``--table`` writes
benchmarks/results/doubted.md.
"""

import argparse
import warnings
from pathlib import Path

import pandas as pd
import torch

from benchmarks.real import SETS, measure
from benchmarks.real_table import table
from benchmarks.records import read_rows

RESULTS = Path(__file__).parent / "results" / "doubted.jsonl"
MODELS = ("doubted_dense", "dense")
QUICK = (
    "basic_motions",
    "epilepsy",
    "ering",
    "hydraulic_accumulator",
    "racket_sports",
    "skab",
    "wesad_features",
)
"""Sets by default: what is trained within a minute."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(QUICK), choices=list(SETS))
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="write the table instead of measuring")
    parser.set_defaults(models=list(MODELS), windows=350)
    options = parser.parse_args()
    if options.table:
        lines = ["# Guidance that is doubted", "", *table(pd.DataFrame(read_rows(RESULTS)), ours=MODELS[0])]
        RESULTS.with_suffix(".md").write_text("\n".join(lines) + "\n", "utf-8")
        return
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(1)
    measure(options, RESULTS)


if __name__ == "__main__":
    main()
