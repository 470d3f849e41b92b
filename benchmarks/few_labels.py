"""Few labels: what a profile of the same few entities is worth to network and readers on real sets.

A share of the training entities of `benchmarks.real` is labelled; profile, scaler and model know of no others. One line
of JSON for each (set, split, share, model) is added to benchmarks/results/few_labels.jsonl, from which an interrupted
run goes on. Run with ``python -m benchmarks.few_labels --root FOLDER [--sets ...] [--splits 3]``; ``--table`` writes
benchmarks/results/few_labels.md.
"""

from dataclasses import replace
from pathlib import Path

import interplay as ip
from benchmarks.real import Trial
from benchmarks.worth import Study

FEWEST = 3
"""Entities with labels: of fewer none could be held out."""


def few(trial: Trial, share: float) -> Trial:
    """The same split with labels of a share of the training entities, of `FEWEST` at least."""
    kept = max(FEWEST, round(share * len(trial.train.entities)))
    left_out = 1.0 - kept / len(trial.train.entities)
    labelled, _ = ip.data.split_by_entity(trial.train, test=left_out, seed=trial.split)
    return replace(trial, train=labelled)


STUDY = Study(
    path=Path(__file__).parent / "results" / "few_labels.jsonl",
    # of these entities are many enough that a tenth of them is a few
    sets=("cmu_mosi_utterance", "hydraulic_pump", "mimic3_demo_glucose", "hapt", "stress_predict", "skab"),
    windows=1000,
    models=("network", "network, no profile", "readers", "readers, no profile", "extra_trees"),
    shares=(0.05, 0.1, 0.25),
    part=few,
    title="Few labels",
    about="A share of the training entities has labels, and model, scaler and profile know of no others.",
    of_share="labelled",
)

if __name__ == "__main__":
    STUDY.main(__doc__.split("\n")[0])
