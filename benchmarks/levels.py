"""What the default's rule rests on: readers, network and both on test entities, beside what held-out entities said.

One fit of readers and one of the network for each (set, split); both are mixed by the weights that held-out training
entities ask for, and the gain of these entities is told in standard errors; whether the network counts is for
`interplay.train.levels.Levels.counted` to say. Classes are called by the likeliest. One line of JSON for each is added
to benchmarks/results/levels.jsonl. Run with ``python -m benchmarks.levels --root FOLDER SET:SPLIT ...``, where a set is
one of `benchmarks.real` or ``planted500``; ``--table`` writes benchmarks/results/levels.md.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from benchmarks.real import Trial, silent, trials
from benchmarks.records import add_row, read_rows
from interplay.data import Scaler, scaled_schema
from interplay.metrics import classification_metrics
from interplay.nn import build_model, interaction_context
from interplay.readers import sight
from interplay.synthetic import planted_windows
from interplay.train.batches import ScaledWindows
from interplay.train.evidence import gather_evidence
from interplay.train.levels import weigh_levels
from interplay.train.logits import logits_of
from interplay.train.network import train_network
from interplay.train.recipe import make_recipe

RESULTS = Path(__file__).parent / "results" / "levels.jsonl"
PAGE = Path(__file__).parent / "results" / "levels.md"
WINDOWS = 350
N_TEST = 20_000


def planted(size: int, split: int) -> Trial:
    """Training and test windows as `benchmarks.planted` draws them."""
    drawn = [planted_windows(n, random_state=100 * split + k) for k, n in enumerate((size, N_TEST))]
    train, test = (ip.windows_from_arrays(d.arrays, d.y, classes="0123") for d in drawn)
    return Trial(name=f"planted{size}", split=split, train=train, test=test)


def trial_of(name: str, split: int, root: Path) -> Trial:
    """One split of a set."""
    if name.startswith("planted"):
        return planted(int(name.removeprefix("planted")), split)
    return list(trials(name, root, WINDOWS, split + 1))[split]


def row_of(trial: Trial) -> dict[str, object]:
    """One line of the results."""
    started = time.perf_counter()
    train, recipe, scaler, seed = trial.train, make_recipe("default"), Scaler.fit(trial.train), trial.split
    whole = trial.name.startswith("planted")
    profile = ip.TemporalRUS(progress=silent).fit(train).profile_ if whole else trial.profile()[0]
    evidence = gather_evidence(train, scaler, profile, recipe.readers, seed, silent)
    assert evidence is not None
    torch.manual_seed(seed)
    context = interaction_context(profile, train.modalities, steps=train.length, step_s=train.step_s)
    network = build_model(scaled_schema(train.schema), recipe.model, context)
    log, apart = train_network(
        network, recipe, ScaledWindows(train, scaler), seed=seed, trackers=[], out=None, progress=silent
    )
    assert apart is not None
    levels = weigh_levels(evidence, apart, recipe.readers.shrinkage)
    pieces = np.array_split(np.arange(len(trial.test)), len(trial.test) // 500 + 1)
    with torch.no_grad():
        read = torch.cat([evidence.mixture(sight(trial.test, scaler, piece)) for piece in pieces])
    alone = logits_of(network, ScaledWindows(trial.test, scaler))[0].log_softmax(-1)
    mixed = (levels.weight[0] * read + levels.weight[1] * alone).log_softmax(-1)
    row: dict[str, object] = {
        "set": trial.name,
        "split": trial.split,
        "held-out entities": len(np.unique(apart.entity)),
        "of readers": float(levels.weight[0]),
        "of network": float(levels.weight[1]),
        "standard errors": levels.errors,
        "counts": bool(levels.counted[1]),
        "epochs": len(log),
        "seconds": time.perf_counter() - started,
    }
    for name, logits in {"readers": read, "network": alone, "both": mixed}.items():
        probs = logits.double().exp().numpy()
        scores = classification_metrics(trial.test.y, probs, entity=trial.test.entity, n_bootstrap=2)
        counts = "accuracy" if whole else "auroc" if probs.shape[1] == 2 else "macro_f1"
        row[name] = scores[counts]
        row[f"{name} (nats)"] = float(-logits[np.arange(len(probs)), trial.test.y].mean())
    return row


def table(rows: list[dict]) -> str:
    """Markdown."""
    lines = [
        "# Readers and network",
        "",
        f"Test entities, sets thinned to {WINDOWS} windows: accuracy of planted windows, AUROC of two classes, "
        "macro-F1 of more. The weights and the gain, in standard errors, are those of training entities that neither "
        "level learned from; the default recipe takes both where that gain is clear, else readers alone.",
        "",
        "| set | split | held-out entities | weights | gain (errors) | readers | network | both | default |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: (row["set"], row["split"])):
        default = row["both"] if row["counts"] else row["readers"]
        lines.append(
            f"| {row['set']} | {row['split']} | {row['held-out entities']} | {row['of readers']:.2f}, "
            f"{row['of network']:.2f} | {row['standard errors']:.1f} | {row['readers']:.3f} | {row['network']:.3f} | "
            f"{row['both']:.3f} | {default:.3f} |"
        )
    frame = pd.DataFrame(rows)
    frame["default"] = frame["both"].where(frame["counts"], frame["readers"])
    whole = frame["set"].str.startswith("planted")
    for name, part in (("planted", frame[whole]), ("real", frame[~whole])):
        if len(part):
            means = " | ".join(
                f"{part[column].mean():.3f}" for column in ("readers", "network", "both", "default")
            )
            lines.append(f"| mean, {name} | {len(part)} | | | | {means} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wanted", nargs="*", help="SET:SPLIT")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--table", action="store_true", help="write the table instead of measuring")
    options = parser.parse_args()
    if options.table:
        PAGE.write_text(table(read_rows(RESULTS)), "utf-8")
        return
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(1)
    for name, split in (one.split(":") for one in options.wanted):
        if any((row["set"], row["split"]) == (name, int(split)) for row in read_rows(RESULTS)):
            continue
        row = row_of(trial_of(name, int(split), options.root))
        add_row(RESULTS, row)
        print(row, flush=True)


if __name__ == "__main__":
    main()
