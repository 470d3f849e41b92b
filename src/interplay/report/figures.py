"""Figures of a run for papers: matplotlib axes in, axes out, one style for all."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from interplay.arrays import evenly
from interplay.errors import InvalidInput
from interplay.files import check_writable, whole_file
from interplay.profile import PAIR_ATOMS, InteractionProfile
from interplay.profile.figures import COLOURS, plot_heatmap, plot_lags, time_to_the_right
from interplay.profile.significance import Z_95
from interplay.report import text
from interplay.report.kinds import REPORTED
from interplay.report.page import evaluated, evaluation_of
from interplay.report.prediction_data import scores_by_part
from interplay.report.profile_data import atom_table
from interplay.train import Evaluation, Run
from interplay.types import Schema
from interplay.units import bits

# Okabe and Ito's palette, which stays apart for colour-blind eyes
LINES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
ATOM_COLOURS = {
    "redundancy": COLOURS["redundancy"],
    "unique": COLOURS["unique_i"],
    "synergy": COLOURS["synergy"],
}
STYLE = {
    "font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False,
    "legend.frameon": False, "pdf.fonttype": 42, "axes.grid": False,
}  # fmt: skip
LOSSES = {"cross_entropy": "cross-entropy (bits)", "squared_error": "squared error (scaled)"}
DPI = 200
MOST_PAIRS = 6
"""Pairs that get a figure of their own over lag, strongest first."""

MOST_WINDOWS = 6
"""Single windows that get a figure, evenly drawn from those that were explained."""


def plot_network(profile: InteractionProfile, atom: str = "synergy", *, most: int = 12, ax=None):
    """The strongest interactions that are clear of chance, as lines between modalities on a circle.

    Parameters
    ----------
    profile : InteractionProfile
    atom : "redundancy", "unique" (arrows from who tells to who does not) or "synergy"
        Each pair at the lag where it is largest.
    most : int
        Lines at most.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    if atom not in PAIR_ATOMS:
        raise InvalidInput(f"atom must be one of {list(PAIR_ATOMS)}; got {atom!r}.")
    ax = _axes(ax, (4.6, 4.6))
    table = atom_table(profile, atom)
    bits = np.where(table.clear, table.bits, -np.inf).max(1)
    edges = [k for k in np.argsort(-bits, kind="stable")[:most] if np.isfinite(bits[k])]
    used = sorted({int(m) for k in edges for m in (table.first[k], table.second[k])})
    names = used if len(profile.modalities) > 16 and used else range(len(profile.modalities))
    angle = {m: 2 * np.pi * n / len(names) for n, m in enumerate(names)}
    place = {m: np.array([np.cos(a), np.sin(a)]) for m, a in angle.items()}
    for k in edges:
        a, b = place[int(table.first[k])], place[int(table.second[k])]
        style = {"arrowstyle": "-|>" if atom == "unique" else "-", "shrinkA": 6, "shrinkB": 6, "alpha": 0.75,
                 "lw": 0.5 + 4 * bits[k] / bits.max(), "color": ATOM_COLOURS[atom],
                 "connectionstyle": "arc3,rad=0.15"}  # fmt: skip
        ax.annotate("", xy=tuple(b), xytext=tuple(a), arrowprops=style)
    for m, at in place.items():
        ax.plot(*at, "o", color="black", markersize=5)
        ax.text(1.12 * at[0], 1.12 * at[1], profile.modalities[m], va="center",
                ha="left" if at[0] > 0.2 else "right" if at[0] < -0.2 else "center")  # fmt: skip
    ax.set(xlim=(-1.7, 1.7), ylim=(-1.35, 1.35), aspect="equal")
    ax.set_title(f"{atom}, strongest {len(edges)}" if edges else f"no {atom} is clear of chance")
    ax.axis("off")
    return ax


def plot_informativeness(profile: InteractionProfile, ax=None):
    """What each modality tells alone, over time, with 95 % intervals; of many the seven that tell most."""
    ax = _axes(ax, (5.0, 3.2))
    mi = profile.dataset["mi"].transpose("source", "lag").values
    order = np.argsort(-np.nan_to_num(mi).max(1), kind="stable")[: len(LINES)]
    for colour, m in zip(LINES, order, strict=False):
        ax.plot(profile.axis.at, mi[m], "o-", color=colour, label=profile.modalities[m], markersize=3)
        if "mi_stderr" in profile.dataset:
            half = Z_95 * profile.dataset["mi_stderr"].transpose("source", "lag").values[m]
            ax.fill_between(profile.axis.at, mi[m] - half, mi[m] + half, color=colour, alpha=0.2, lw=0)
    ax.axhline(0.0, color="0.6", lw=0.8)
    time_to_the_right(profile, ax)
    ax.set(xlabel=profile.axis.title, ylabel="information (bits)")
    ax.legend(fontsize="small")
    return ax


def plot_without(evaluation: Evaluation, score: str = "macro_f1", ax=None):
    """A score of the trained model with everything, with its context blanked and without each modality.

    Lines are 95 % intervals.
    """
    first, *rest = scores_by_part(evaluation)
    rows = [first, *sorted(rest, key=lambda part: part[score])]
    ax = _axes(ax, (5.0, 1.0 + 0.24 * len(rows)))
    for k, part in enumerate(rows):
        low, high = (part.get(f"{score}{end}") for end in ("_low", "_high"))
        if low is not None and high is not None:
            ax.plot([low, high], [k, k], color="0.4", lw=1.2)
        ax.plot([part[score]], [k], "o", color=LINES[0] if k == 0 else LINES[3])
    ax.axvline(first[score], color="0.6", ls=":")
    ax.set_yticks(range(len(rows)), [part["name"] for part in rows])
    ax.invert_yaxis()
    ax.set_xlabel(text.NAMES.get(score, score))
    return ax


def plot_pooling(insight: xr.Dataset, ax=None):
    """Share (%) of each modality and lag in what is read for the prediction, mean over windows; time runs right."""
    weight = insight["windows"] / insight["windows"].sum()
    share = 100 * (insight["pooling"] * weight).sum("class").transpose("modality", "lag")
    share = share.isel(lag=slice(None, None, -1))
    lags = [f"{lag:g}" for lag in share["lag_s"].values]
    return _table(share.values, insight["modality"].values, lags, "lag (s)", "%", ax)


def plot_experts(insight: xr.Dataset, by: str = "modality", ax=None):
    """Mean weight (%) of each expert of the last layer, by "modality", "lag" or "atom"."""
    if by == "atom":
        use, names = insight["use_by_atom"].isel(layer=-1).values, insight["atom"].values
    else:
        other = {"modality": "lag", "lag": "modality"}.get(by)
        if other is None:
            raise InvalidInput(f"by must be 'modality', 'lag' or 'atom'; got {by!r}.")
        use = insight["expert_use"].isel(layer=-1).mean(other).transpose(by, "expert").values
        names = (
            insight["modality"].values if by == "modality" else [f"{s:g} s" for s in insight["lag_s"].values]
        )
    n_s = int(insight.attrs["synergy_experts"])
    experts = [f"{k + 1}{'s' if k < n_s else ''}" for k in range(use.shape[1])]
    return _table(100 * use, names, experts, "expert (s: synergy)", "%", ax)


def plot_relevance(example: xr.Dataset, ax=None):
    """What moved one prediction, token by token; one window of `Evaluation.examples`. Time runs to the right."""
    values = np.where(example["observed"].values.astype(bool), example["relevance"].values, np.nan)[:, ::-1]
    lags = [f"{lag:g}" for lag in example["lag_s"].values[::-1]]
    far = max(float(np.nanmax(np.abs(values), initial=0.0)), 1e-9)
    title = f"{example['entity'].item()}, {float(example['time_s']):g} s"
    ax = _table(values, example["modality"].values, lags, "seconds before the prediction", "logits", ax,
                cmap="PuOr", low=-far, high=far, digits=2)  # fmt: skip
    ax.set_title(title)
    return ax


def plot_confusion(predictions: pd.DataFrame, classes, ax=None):
    """True against predicted classes, % of the row."""
    counts = pd.crosstab(predictions["label"], predictions["predicted"]).reindex(
        index=list(classes), columns=list(classes), fill_value=0
    )
    share = 100 * counts.values / np.maximum(counts.values.sum(1, keepdims=True), 1)
    ax = _table(share, classes, classes, "predicted", "% of row", ax, high=100)
    ax.set_ylabel("true")
    return ax


def plot_curve(predictions: pd.DataFrame, schema: Schema, kind: str = "roc", ax=None):
    """ROC ("roc") or precision and recall ("pr") of each class against the rest, or of each label."""
    from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay

    ax = _axes(ax, (4.0, 3.8))
    show = {"roc": RocCurveDisplay, "pr": PrecisionRecallDisplay}.get(kind)
    if show is None:
        raise InvalidInput(f"kind must be 'roc' or 'pr'; got {kind!r}.")
    for k, (name, truth, p, _) in enumerate(REPORTED[schema.kind].outputs(predictions, schema)):
        if 0 < truth.sum() < len(truth):
            show.from_predictions(truth, p, name=name, ax=ax, curve_kwargs={"color": LINES[k % len(LINES)]})
    if kind == "roc":
        ax.plot([0, 1], [0, 1], color="0.6", ls=":", lw=1)
        ax.set(xlabel="false alarms (share of the others)", ylabel="found (share)")
    else:
        ax.set(xlabel="found (share)", ylabel="right among those called (share)")
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize="small")
    return ax


def plot_calibration(predictions: pd.DataFrame, schema: Schema, ax=None):
    """Predicted probability against the share that happened: of the predicted class, or of each label."""
    ax = _axes(ax, (4.0, 3.8))
    ax.plot([0, 1], [0, 1], color="0.6", ls=":", lw=1)
    curves = REPORTED[schema.kind].calibration(predictions, schema)
    for k, (name, curve) in enumerate(curves.items()):
        known = np.isfinite(curve["low"])
        low, high = (curve[end][known] for end in ("low", "high"))
        ax.vlines(curve["predicted"][known], low, high, color=LINES[k % len(LINES)], lw=1)
        size = 10 + 150 * curve["count"] / curve["count"].sum()
        ax.plot(curve["predicted"], curve["happened"], color=LINES[k % len(LINES)], label=name or None)
        ax.scatter(curve["predicted"], curve["happened"], s=size, color=LINES[k % len(LINES)])
    ax.set(xlabel="predicted probability", ylabel="share that happened")
    if any(curves):
        ax.legend(fontsize="small")
    return ax


def plot_predicted(predictions: pd.DataFrame, ax=None):
    """Predicted against true numbers, a dot for each window."""
    ax = _axes(ax, (4.0, 3.8))
    true, predicted = predictions["label"], predictions["predicted"]
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    ax.plot(ends, ends, color="0.6", ls=":", lw=1)
    ax.plot(true, predicted, "o", color=LINES[0], markersize=3, alpha=0.4, rasterized=True, mew=0)
    ax.set(xlabel="true", ylabel="predicted")
    return ax


def plot_entities(predictions: pd.DataFrame, schema: Schema, ax=None):
    """Share of right predictions, or mean absolute error of a number, of each held-out entity."""
    kind = REPORTED[schema.kind]
    rows = kind.entities(predictions, schema)
    ax = _axes(ax, (4.6, 1.0 + 0.2 * len(rows["names"])))
    ax.plot(rows["value"], range(len(rows["names"])), "o", color=LINES[0])
    ax.set_yticks(range(len(rows["names"])), rows["names"])
    ax.set_xlabel(kind.entity_score)
    return ax


def plot_training(log: list[dict], ax=None):
    """The loss of the target by epoch."""
    ax = _axes(ax, (4.6, 3.0))
    name = next(name for name in LOSSES if name in log[0])
    losses = np.array([entry[name] for entry in log], dtype=float)
    values = bits(losses) if name == "cross_entropy" else losses
    ax.plot([entry["epoch"] for entry in log], values, "o-", color=LINES[0], markersize=3)
    ax.set(xlabel="epoch", ylabel=LOSSES[name])
    ax.set_ylim(bottom=0)
    return ax


def write_figures(run: Run | str | Path, folder: str | Path, *, overwrite: bool = False) -> list[Path]:
    """Write every figure of a run as PDF and PNG.

    Parameters
    ----------
    run : Run, or folder of a saved run
        Evaluated.
    folder : str or Path
        Made if it is not there; other files in it are left alone.
    overwrite : bool
        Replace figures that are there already.

    Returns
    -------
    list of Path
        The files, in the order of the report.
    """
    import matplotlib as mpl

    drawings = _drawings(evaluated(run))
    files = [Path(folder) / f"{name}.{suffix}" for name in drawings for suffix in ("pdf", "png")]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path in files:
        check_writable(path, overwrite=overwrite)
    with mpl.rc_context(STYLE):
        for name, drawn in drawings.items():
            figure = drawn().figure
            for path in (path for path in files if path.stem == name):
                with whole_file(path, overwrite=overwrite) as part:
                    figure.savefig(part, format=path.suffix[1:], dpi=DPI)
    return files


def _drawings(run: Run) -> dict[str, Callable]:
    """What to draw, by file name."""
    evaluation, schema = evaluation_of(run), run.schema
    drawings: dict[str, Callable] = {} if run.profile is None else _of_profile(run.profile)
    drawings["pooling"] = lambda: plot_pooling(evaluation.insight)
    for by in ("modality", "lag", "atom"):
        if ("use_by_atom" if by == "atom" else "expert_use") in evaluation.insight:
            drawings[f"experts_{by}"] = lambda by=by: plot_experts(evaluation.insight, by)
    n = evaluation.examples.sizes["window"]
    for k in evenly(n, MOST_WINDOWS):
        drawings[f"window_{k + 1}"] = lambda k=k: plot_relevance(evaluation.examples.isel(window=k))
    if len(scores_by_part(evaluation)) > 1:
        drawings["without"] = lambda: plot_without(evaluation, run.target.main_score)
    of_predictions = _of_predictions(evaluation.predictions, schema)
    drawings |= {name: of_predictions[name] for name in REPORTED[schema.kind].figures}
    drawings["entities"] = lambda: plot_entities(evaluation.predictions, schema)
    if run.log:
        drawings["training"] = lambda: plot_training(run.log)
    return drawings


def _of_predictions(predictions: pd.DataFrame, schema: Schema) -> dict[str, Callable]:
    """What a kind of target may have drawn, see `ReportedKind.figures`."""
    return {
        "confusion": lambda: plot_confusion(predictions, schema.classes),
        "predicted": lambda: plot_predicted(predictions),
        "roc": lambda: plot_curve(predictions, schema, "roc"),
        "pr": lambda: plot_curve(predictions, schema, "pr"),
        "calibration": lambda: plot_calibration(predictions, schema),
    }


def _of_profile(profile: InteractionProfile) -> dict[str, Callable]:
    drawings: dict[str, Callable] = {"alone": lambda: plot_informativeness(profile)}
    if len(profile.modalities) < 2:
        return drawings
    for atom in PAIR_ATOMS:
        drawings[f"map_{atom}"] = lambda atom=atom: plot_heatmap(profile, atom)
        drawings[f"network_{atom}"] = lambda atom=atom: plot_network(profile, atom)
    for rank, (i, j) in enumerate(text.strongest_pairs(profile)[:MOST_PAIRS], start=1):
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{i}_{j}")[:60]
        drawings[f"lags_{rank}_{name}"] = lambda i=i, j=j: plot_lags(profile, i, j)
    return drawings


def _table(values, rows, columns, xlabel: str, unit: str, ax, *, cmap="Blues", low=0.0, high=None, digits=0):
    """A heat map with its numbers where there is room."""
    n_r, n_c = values.shape
    ax = _axes(ax, (2.4 + 0.42 * n_c, 1.2 + 0.26 * n_r))
    top = high if high is not None else max(float(np.nanmax(values, initial=0.0)), 1e-9)
    image = ax.imshow(values, cmap=cmap, vmin=low, vmax=top, aspect="auto")
    ax.set_yticks(range(n_r), [str(name) for name in rows])
    ax.set_xticks(range(n_c), [str(name) for name in columns],
                  rotation=90 if max(len(str(name)) for name in columns) > 4 else 0)  # fmt: skip
    if n_c <= 16:
        for r, c in np.argwhere(np.isfinite(values)):
            far = abs(values[r, c]) > 0.6 * max(abs(low), abs(top))
            shade = "white" if far else "black"
            ax.text(c, r, f"{values[r, c]:.{digits}f}", ha="center", va="center", fontsize=7, color=shade)
    ax.set_xlabel(xlabel)
    ax.figure.colorbar(image, ax=ax, label=unit, shrink=0.8)
    return ax


def _axes(ax, size):
    if ax is not None:
        return ax
    # a figure of its own, outside pyplot: nothing to close, no display needed
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained").add_subplot()
