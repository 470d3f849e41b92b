"""A new person with few labels: `fit(start_from=...)` beside no adaptation and beside training from scratch.

People of a set are cut into three groups; a run is trained on two of them and adapted to each person of the third by a
few windows of each class, drawn from the first half of that person's windows of the class. All are tested on windows of
the second half, which share no step with those of the first; on HAPT these are mostly of another session. From scratch
are 500 extremely randomised trees on the person's labelled windows alone. One line of JSON for each (set, person,
windows) is added to benchmarks/results/transfer.jsonl, from which an interrupted run goes on; trained runs are kept in
`--runs`. Run with ``python -m benchmarks.transfer --root FOLDER --runs FOLDER``; ``--table`` writes
benchmarks/results/transfer.md.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from benchmarks.real import SETS, silent
from benchmarks.real_rivals import extra_trees
from benchmarks.records import add_row, days, machine, markdown, read_rows
from interplay.datasets import DATASETS
from interplay.metrics import classification_metrics
from interplay.metrics.resampling import scores_with_intervals

RESULTS = Path(__file__).parent / "results" / "transfer.jsonl"
PAGE = Path(__file__).parent / "results" / "transfer.md"
ASKED = ("hapt", "wesad_features", "shoulder_watch")
"""How far an adaptation may go, `interplay.train.adaptation`, was chosen on the last, the others had no part in it."""
GROUPS = 3
RECIPE, SETTINGS = "readers", {"readers.of_each": ""}
"""Readers of all modalities together, which are trained in a minute."""
OF_EACH = (0, 1, 2, 4, 10)
"""Labelled windows of each activity."""
TRAINING, TESTING = 500, 150
"""Windows that a source learns from, and of a person that are predicted at most, thinned evenly."""


def halves(windows: ip.Windows) -> tuple[ip.Windows, ip.Windows]:
    """Of one person, the first half of the windows of each class, and the others that share no step with it."""
    first = np.zeros(len(windows), dtype=bool)
    for c in np.unique(windows.y):
        rows = np.flatnonzero(windows.y == c)
        first[rows[: len(rows) // 2]] = True
    used = windows.select(first).used_rows()
    later = ~first & ~np.isin(windows.rows(), used).any(axis=1)
    return windows.select(first), windows.select(later)


def thinned(windows: ip.Windows, n: int) -> ip.Windows:
    return windows.select(np.unique(np.linspace(0, len(windows) - 1, min(n, len(windows))).astype(int)))


def source_of(name: str, group: int, others: ip.Windows, folder: Path) -> ip.train.Run:
    """The run that was trained on all other people."""
    path = folder / f"{name}{group}"
    if path.is_dir():
        return ip.load_run(path)
    return ip.fit(
        thinned(others, TRAINING), recipe=RECIPE, settings=SETTINGS, seed=group, out=path, progress=silent
    )


def labelled(first: ip.Windows, of_each: int, seed: int) -> ip.Windows:
    """So many windows of each class, drawn, in the order of time."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(first.y == c))[:of_each] for c in np.unique(first.y)]
    return first.select(np.sort(np.concatenate(rows)))


def scores(run: ip.train.Run, test: ip.Windows) -> dict[str, float]:
    """Macro-F1, accuracy and log-loss (nats) on a person's windows."""
    rows = run.predict(test, progress=silent)
    probs = rows[[f"p_{c}" for c in test.classes]].to_numpy()
    return scores_of(probs, test, run.target.called(probs))


def scores_of(probs: np.ndarray, test: ip.Windows, called: np.ndarray | None = None) -> dict[str, float]:
    """The same of probabilities (N, C), and of the classes that were called if not the likeliest."""
    found = classification_metrics(test.y, probs, called=called, n_bootstrap=2)
    log_loss = -np.log((0.99 * probs + 0.01 / probs.shape[1])[np.arange(len(test.y)), test.y]).mean()
    return {"macro_f1": found["macro_f1"], "accuracy": found["accuracy"], "log_loss": float(log_loss)}


def row_of(name: str, source: ip.train.Run, person: str, of_each: int, windows: ip.Windows) -> dict:
    """One line: a person, and so many labels."""
    first, later = halves(windows.of_entities([person]))
    test = thinned(later, TESTING)
    started = time.perf_counter()
    row: dict = {"set": name, "person": person, "of_each": of_each, "test windows": len(test)}
    row["as_it_is"] = scores(source, test)
    if of_each:
        few = labelled(first, of_each, seed=of_each)
        run = ip.fit(few, start_from=source, progress=silent)
        row |= {"windows": len(few), "adapted": scores(run, test), "weight": run.adaptation.weight}
        row["adapt (s)"] = round(time.perf_counter() - started, 1)
        row["scratch"] = scores_of(extra_trees(few, of_each)(test), test)
    return row | {"seconds": time.perf_counter() - started, "date": time.strftime("%Y-%m-%d")}


def measure(name: str, root: Path, folder: Path, of_group: int) -> None:
    """Add what is missing."""
    windows = ip.make_windows(ip.load_dataset(name, root / SETS[name]), **DATASETS[name].card.window_options)
    done = {(row["set"], row["person"], row["of_each"]) for row in read_rows(RESULTS)}
    for group in range(GROUPS):
        people = list(windows.entities[group::GROUPS])
        others = windows.of_entities([person for person in windows.entities if person not in people])
        wanted = [
            (person, n) for person in people[:of_group] for n in OF_EACH if (name, person, n) not in done
        ]
        source = source_of(name, group, others, folder) if wanted else None
        for person, of_each in wanted:
            assert source is not None
            row = row_of(name, source, person, of_each, windows)
            add_row(RESULTS, row)
            said = {way: round(row[way]["macro_f1"], 3) for way in WAYS if way in row}
            print(
                f"{name} {person} {of_each}: {said} {row.get('weight')}, {row['seconds']:.0f} s", flush=True
            )


WAYS = {"as_it_is": "no adaptation", "adapted": "adapted", "scratch": "from scratch"}


def table(rows: list[dict]) -> str:
    """The page: means over people, with 95 % intervals over them."""
    lines = [
        line_of(name, of_each, what, [row for row in rows if (row["set"], row["of_each"]) == (name, of_each)])
        for name in ASKED
        for what in ("macro_f1", "log_loss")
        for of_each in OF_EACH
    ]
    return "\n".join([
        "# A new person with few labels",
        "",
        f"{days(rows)}, {machine()}. A run (recipe `{RECIPE}`, readers of all modalities, {TRAINING} windows of two "
        "thirds of the people) as it is, the same run adapted by `ip.fit(few, start_from=run)` to windows of a person "
        "that it never saw, so many of each class, and 500 extra trees on these windows alone; tested on up to "
        f"{TESTING} later windows of that person. Means over people, 95 % intervals over people (bootstrap); "
        "differences are paired. Log-loss in nats: smaller is better.",
        "",
        markdown(pd.DataFrame([line for line in lines if line["people"]]).set_index("set")),
        "",
    ])  # fmt: skip


def line_of(name: str, of_each: int, what: str, rows: list[dict]) -> dict[str, object]:
    line: dict[str, object] = {"set": name, "score": what.replace("_", " "), "labels of each class": of_each}
    line["people"] = len(rows)
    for way, title in WAYS.items():
        values = [row[way][what] for row in rows if way in row]
        line[title] = interval(values) if values and len(values) == len(rows) else ""
    adapted = [row for row in rows if "adapted" in row]
    gain = [row["adapted"][what] - row["as_it_is"][what] for row in adapted]
    line["adapted less no adaptation"] = interval(gain, sign="+") if gain else ""
    weights = [row["weight"] for row in adapted]
    line["source, own readers count"] = ", ".join(f"{w:.2f}" for w in np.mean(weights, 0)) if weights else ""
    return line


def interval(values: list[float], sign: str = "") -> str:
    """Mean and 95 % interval."""
    found = scores_with_intervals(
        lambda sums: {"mean": sums[..., 0] / sums[..., 1]},
        np.stack([values, np.ones_like(values)], axis=1),
        entity=np.arange(len(values)),
        n_bootstrap=2000,
        random_state=0,
    )
    return f"{found['mean']:{sign}.3f} ({found['mean_low']:{sign}.3f} to {found['mean_high']:{sign}.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(ASKED), choices=list(ASKED))
    parser.add_argument("--of-group", type=int, default=5, help="people of each group that are adapted to")
    parser.add_argument("--runs", type=Path, default=Path("runs/transfer"))
    parser.add_argument("--table", action="store_true", help="write the page from the rows so far")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    if options.root is not None:
        for name in options.sets:
            measure(name, options.root, options.runs, options.of_group)
    if options.table:
        PAGE.write_text(table(read_rows(RESULTS)), "utf-8")


if __name__ == "__main__":
    main()
