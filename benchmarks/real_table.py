"""The page of `benchmarks.real`, made from its lines of results."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.real_rivals import RIVALS

RESAMPLINGS = 2000
OURS = "default"


PARTS: dict[str, tuple[str, ...]] = {
    "Readers alone": ("readers",),
    "Without a profile, and with one of other modalities and lags": (
        "default_without_profile",
        "default_shuffled_profile",
    ),
    "Networks": (
        "network",
        "unguided",
        "guided_dense",
        "dense",
        "vanilla_moe",
        "laplace_moe",
        "early_fusion",
        "late_fusion",
        "paper",
    ),
}
"""What the default stands beside, by heading; each on the splits that all of it were measured on."""

PAIRS = (
    ("vanilla_moe", "dense"),
    ("network", "guided_dense"),
    ("guided_dense", "dense"),
    ("network", "vanilla_moe"),
)
"""Networks with experts beside those without, then with guidance beside those without."""


def page(rows: Sequence[dict]) -> str:
    """Markdown: the default beside rivals from outside, then beside its own parts and other networks."""
    frame = pd.DataFrame(rows)
    lines = ["# Real data sets", "", *table(frame[frame["model"].isin([OURS, *RIVALS])])]
    lines += ["", "![Mean ranks and their critical difference](real_ranks.png)", ""]
    for heading, models in PARTS.items():
        if frame["model"].isin(models).any():
            lines += [f"## {heading}", "", *table(frame[frame["model"].isin([OURS, *models])]), ""]
    lines += ["## What experts and guidance are worth to a network", "", *_worth(frame), ""]
    return "\n".join(lines)


def complete_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean scores, sets by models, of the sets that every model was measured on."""
    return _scores(_paired(frame)).dropna()


def table(rows: pd.DataFrame, ours: str = OURS) -> list[str]:
    """Lines of Markdown: scores of sets and models, mean ranks, and paired differences to one of them.

    Only splits count that every model of the set was measured on, and only sets that every model was measured on count
    in ranks and differences; intervals are over sets, which differ more than splits do.
    """
    frame = _paired(rows)
    scores = _scores(frame)
    models = [name for name in scores.columns if scores[name].notna().any()]
    complete = scores.dropna()
    ranks = complete.rank(axis=1, ascending=False)
    order = sorted(models, key=lambda name: ranks[name].mean() if len(complete) else 0.0)
    splits = frame.groupby("set")["split"].nunique()
    counted = " to ".join(str(n) for n in sorted({splits.min(), splits.max()}))
    lines = [
        f"{len(scores)} sets, {counted} splits by entity, windows thinned to "
        f"{', '.join(f'{n:,}' for n in sorted(frame['windows'].unique()))}; AUROC for two classes, macro-F1 for more; "
        f"means over splits. {len(complete)} sets have every model.",
        "",
        "| set | classes | training windows (entities) | " + " | ".join(order) + " |",
        "| --- | --- | --- |" + " --- |" * len(order),
    ]
    about = frame.drop_duplicates("set").set_index("set")
    for name, row in scores.iterrows():
        facts = about.loc[name]
        cells = [_cell(row[model], row[models].max()) for model in order]
        lines.append(
            f"| {name} | {facts['classes']} | {facts['train windows']} ({facts['train entities']}) | "
            + " | ".join(cells)
            + " |"
        )
    if len(complete):
        lines.append("| mean | | | " + " | ".join(f"{complete[name].mean():.3f}" for name in order) + " |")
        lines.append("| mean rank | | | " + " | ".join(f"{ranks[name].mean():.2f}" for name in order) + " |")
        if frame["model"].isin(RIVALS).any():
            in_favour = _scores(_in_their_favour(frame)).loc[complete.index].rank(axis=1, ascending=False)
            lines.append(
                "| mean rank, rivals called as suits the test windows better | | | "
                + " | ".join(f"{in_favour[name].mean():.2f}" for name in order)
                + " |"
            )
    seconds = frame.groupby("model")["train (s)"].median()
    each = (1000.0 * frame["predict (s)"] / frame["test windows"]).groupby(frame["model"]).median()
    lines += [
        "| training (s), median | | | " + " | ".join(f"{seconds[name]:.0f}" for name in order) + " |",
        "| predicting a window (ms), median | | | "
        + " | ".join(f"{each[name]:.1f}" for name in order)
        + " |",
    ]
    if ours in complete:
        lines += ["", *_differences(complete, ours)]
    return lines


def _scores(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.pivot_table(index="set", columns="model", values="score", aggfunc="mean")


def _in_their_favour(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of rivals with the score of whichever rule suits them better on the test windows."""
    if "favoured" not in frame:
        return frame
    theirs = frame["model"].isin(RIVALS) & frame["favoured"].notna()
    return frame.assign(score=frame["favoured"].where(theirs, frame["score"]))


def _paired(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of those splits of each set that all of its models were measured on."""
    of_set = frame.groupby("set")["model"].transform("nunique")
    of_split = frame.groupby(["set", "split"])["model"].transform("nunique")
    return frame[of_set == of_split]


def _cell(value: float, best: float) -> str:
    if np.isnan(value):
        return ""
    return f"**{value:.3f}**" if value == best else f"{value:.3f}"


def _differences(complete: pd.DataFrame, ours: str) -> list[str]:
    """How far one model is above each other, and above the best from outside."""
    outside = complete[[name for name in complete.columns if name in RIVALS]]
    rivals = {name: complete[name] for name in complete.columns if name != ours}
    if outside.shape[1]:
        rivals["best from outside, of each set"] = outside.max(axis=1)
    lines = [f"| {ours} minus | mean | 95 % over sets | wins | least |", "| --- | --- | --- | --- | --- |"]
    return lines + [f"| {name} | {_gap(complete[ours] - values)} |" for name, values in rivals.items()]


def _worth(frame: pd.DataFrame) -> list[str]:
    """What experts and guidance change, each on the splits that both networks were measured on."""
    scores = frame.pivot_table(index=["set", "split"], columns="model", values="score")
    lines = [
        "| network | minus | mean | 95 % over sets | wins | least |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one, other in PAIRS:
        if one in scores and other in scores:
            gap = (scores[one] - scores[other]).dropna().groupby(level="set").mean()
            lines.append(f"| {one} | {other} | {_gap(gap)} |")
    return lines


def _gap(gap: pd.Series) -> str:
    """Cells of differences of sets: mean, interval over sets, how many are above 0, and the least."""
    rng, values = np.random.default_rng(0), gap.to_numpy()
    means = values[rng.integers(0, len(values), (RESAMPLINGS, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    wins = f"{(values > 0).sum()} of {len(values)}"
    return f"{values.mean():+.3f} | {low:+.3f} to {high:+.3f} | {wins} | {values.min():+.3f}"
