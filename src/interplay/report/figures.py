"""Interactive figures of the report: profile or evaluation in, plotly figure out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots
from sklearn.metrics import roc_curve

from interplay.metrics import confusion, reliability
from interplay.profile import PAIR_ATOMS, InteractionProfile
from interplay.profile.figures import COLOURS, Z_95

# Okabe and Ito's palette, which stays apart for colour-blind eyes
LINES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
TITLES = {"redundancy": "redundant", "unique": "in row, not in column", "synergy": "synergistic"}
FONT = {"family": "system-ui, sans-serif", "size": 13}


def plot_pairs(profile: InteractionProfile) -> go.Figure:
    """Redundancy, uniqueness and synergy of every pair, with a slider over lags."""
    names = list(profile.modalities)
    figure = make_subplots(
        1, 3, subplot_titles=[TITLES[atom] for atom in PAIR_ATOMS], horizontal_spacing=0.04, shared_yaxes=True
    )
    top = max(float(np.nanmax(profile.dataset[atom].values)) for atom in PAIR_ATOMS)
    n_l = len(profile.lag_s)
    for k in range(n_l):
        for column, atom in enumerate(PAIR_ATOMS, start=1):
            values = profile.dataset[atom].values[:, :, k]
            figure.add_trace(
                go.Heatmap(
                    z=_plain(values),
                    x=names,
                    y=names,
                    text=_cell_texts(profile, atom, k),
                    texttemplate="%{text}",
                    zmin=0,
                    zmax=max(top, 1e-6),
                    colorscale="Blues",
                    showscale=column == 3,
                    colorbar={"title": "bits"},
                    hovertemplate="%{y}, %{x}: %{z:.3f} bits<extra></extra>",
                    visible=k == 0,
                ),
                1,
                column,
            )
    steps = [
        {
            "label": f"{lag:g} s",
            "method": "update",
            "args": [{"visible": [trace // 3 == k for trace in range(3 * n_l)]}],
        }
        for k, lag in enumerate(profile.lag_s)
    ]
    figure.update_layout(sliders=[{"steps": steps, "currentvalue": {"prefix": "lag "}, "pad": {"t": 70}}])
    figure.update_yaxes(autorange="reversed")
    return _styled(figure, 330 + 40 * len(names))


def plot_lags(profile: InteractionProfile, pairs: list[tuple[str, str]]) -> go.Figure:
    """Atoms over lag of one pair at a time, chosen from a list, with 95 % bands."""
    figure = go.Figure()
    owner: list[int] = []
    for rank, (i, j) in enumerate(pairs):
        for key, atom, a, b, label in (
            ("redundancy", "redundancy", i, j, "both tell the same"),
            ("unique_i", "unique", i, j, f"only {i}"),
            ("unique_j", "unique", j, i, f"only {j}"),
            ("synergy", "synergy", i, j, "only both together"),
        ):
            values = profile.dataset[atom].sel(source_i=a, source_j=b).values
            error = _error(profile.dataset, f"{atom}_stderr", source_i=a, source_j=b)
            _add_band(figure, profile.lag_s, values, error, COLOURS[key], label, visible=rank == 0)
            owner += [rank] * (1 if error is None else 2)
    buttons = [
        {"label": f"{i} and {j}", "method": "update", "args": [{"visible": [k == rank for rank in owner]}]}
        for k, (i, j) in enumerate(pairs)
    ]
    figure.update_layout(
        updatemenus=[{"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.03, "yanchor": "bottom"}]
    )
    _lag_axes(figure)
    return _styled(figure, 430)


def plot_informativeness(profile: InteractionProfile) -> go.Figure:
    """What each modality tells alone, over lag."""
    figure = go.Figure()
    for k, name in enumerate(profile.modalities):
        values = profile.dataset["mi"].sel(source=name).values
        error = _error(profile.dataset, "mi_stderr", source=name)
        _add_band(figure, profile.lag_s, values, error, LINES[k % len(LINES)], name)
    _lag_axes(figure)
    figure.update_yaxes(rangemode="tozero")
    return _styled(figure, 380)


def plot_without(scores: Mapping) -> go.Figure:
    """Macro-F1 as trained, without the context and without each modality, with 95 % intervals."""
    kinds = [name for name in scores if name == "compared" or name.startswith("without")]
    titles = {"compared": "as trained", "without_context": "without the interactions"}
    labels = [titles.get(name, name) for name in kinds]
    value = [scores[name]["macro_f1"] for name in kinds]
    low, high = ([_or(scores[name][f"macro_f1_{end}"], v) for name, v in zip(kinds, value, strict=True)]
                 for end in ("low", "high"))  # fmt: skip
    figure = go.Figure(
        go.Scatter(
            x=value,
            y=labels,
            mode="markers",
            marker={"size": 11, "color": [LINES[0]] + [LINES[3]] * (len(kinds) - 1)},
            error_x={
                "color": "#444",
                "array": [h - v for h, v in zip(high, value, strict=True)],
                "arrayminus": [v - b for v, b in zip(value, low, strict=True)],
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    figure.add_vline(x=value[0], line={"color": "#888", "dash": "dot"})
    figure.update_xaxes(title="macro-F1 on held-out entities", range=[0, 1.02])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return _styled(figure, 130 + 34 * len(kinds))


def plot_pooling(insight: xr.Dataset) -> go.Figure:
    """Which modality (by true class) and which lag the pooled window is made of."""
    share = 100 * insight["pooling"]
    by_class = share.sum("lag").transpose("class", "modality")
    weight = insight["windows"] / insight["windows"].sum()
    by_lag = (share * weight).sum("class").transpose("modality", "lag")
    figure = make_subplots(1, 2, subplot_titles=["by true class", "by lag (s)"], horizontal_spacing=0.2)
    for column, (table, x) in enumerate(
        ((by_class, list(insight["modality"].values)), (by_lag, [f"{s:g}" for s in insight["lag_s"].values])),
        1,
    ):
        figure.add_trace(
            go.Heatmap(
                z=table.values,
                x=x,
                y=list(table[table.dims[0]].values),
                texttemplate="%{z:.0f}",
                colorscale="Greens",
                zmin=0,
                showscale=False,
                hovertemplate="%{y}, %{x}: %{z:.1f} %<extra></extra>",
            ),
            1,
            column,
        )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(type="category")
    return _styled(figure, 230 + 30 * max(by_class.shape[0], by_lag.shape[0]))


def plot_experts(insight: xr.Dataset) -> go.Figure:
    """Mean weight of each expert by modality, in the last layer."""
    use = 100 * insight["expert_use"].isel(layer=-1).mean("lag")
    n_s = int(insight.attrs["synergy_experts"])
    experts = [f"{k + 1}{' (synergy)' if k < n_s else ''}" for k in range(use.sizes["expert"])]
    figure = go.Figure(
        go.Heatmap(
            z=_plain(use.values),
            x=experts,
            y=list(insight["modality"].values),
            texttemplate="%{z:.0f}",
            colorscale="Purples",
            zmin=0,
            colorbar={"title": "%"},
            hovertemplate="%{y}, expert %{x}: %{z:.1f} %<extra></extra>",
        )
    )
    figure.update_xaxes(title="expert", type="category")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return _styled(figure, 200 + 30 * use.sizes["modality"])


def plot_confusion(predictions: pd.DataFrame, classes: list[str]) -> go.Figure:
    """True against predicted class: share of the row, and counts."""
    y, predicted, _ = _codes(predictions, classes)
    table = confusion(y, predicted, len(classes))
    share = 100 * table / np.maximum(table.sum(1, keepdims=True), 1)
    text = [[f"{share[r, c]:.0f} %<br>{table[r, c]}" if table[r, c] else "" for c in range(len(classes))]
            for r in range(len(classes))]  # fmt: skip
    figure = go.Figure(
        go.Heatmap(
            z=share, x=classes, y=classes, text=text, texttemplate="%{text}", colorscale="Blues", zmin=0, zmax=100,
            colorbar={"title": "% of row"}, hovertemplate="true %{y}, predicted %{x}: %{z:.1f} %<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="predicted", type="category")
    figure.update_yaxes(title="true", autorange="reversed", type="category", automargin=True)
    return _styled(figure, 220 + 52 * len(classes))


def plot_reliability(predictions: pd.DataFrame, classes: list[str]) -> go.Figure:
    """How often predictions of a given confidence are right."""
    y, _, probs = _codes(predictions, classes)
    found = reliability(y, probs, bins=10)
    full = found["count"] > 0
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1], y=[0, 1], mode="lines", line={"color": "#888", "dash": "dot"}, name="perfect"
            ),
            go.Scatter(
                x=found["confidence"][full],
                y=found["accuracy"][full],
                mode="lines+markers",
                line={"color": LINES[0]},
                marker={"size": 6 + 20 * np.sqrt(found["count"][full] / len(y))},
                customdata=found["count"][full],
                name="model",
                hovertemplate="confidence %{x:.2f}: %{y:.2f} right, %{customdata} windows<extra></extra>",
            ),
        ]
    )
    figure.update_xaxes(title="confidence of the prediction", range=[0, 1.02])
    figure.update_yaxes(title="share that is right", range=[0, 1.05])
    return _styled(figure, 400)


def plot_roc(predictions: pd.DataFrame, classes: list[str]) -> go.Figure:
    """One class against the rest."""
    y, _, probs = _codes(predictions, classes)
    figure = go.Figure()
    for c in np.unique(y):
        if (y == c).all():
            continue
        false, true, _ = roc_curve(y == c, probs[:, c])
        keep = np.unique(np.linspace(0, len(false) - 1, 200).astype(int))
        figure.add_scatter(
            x=false[keep], y=true[keep], mode="lines", name=classes[c], line={"color": LINES[c % len(LINES)]}
        )
    figure.update_xaxes(title="false alarms (share of other windows)", range=[-0.01, 1])
    figure.update_yaxes(title="found (share of the class)", range=[0, 1.02])
    return _styled(figure, 400)


def plot_entities(predictions: pd.DataFrame) -> go.Figure:
    """Accuracy of each held-out entity."""
    right = predictions["label"] == predictions["predicted"]
    table = right.groupby(predictions["entity"]).agg(["mean", "size"]).sort_values("mean")
    figure = go.Figure(
        go.Scatter(
            x=table["mean"].values,
            y=[str(name) for name in table.index],
            mode="markers",
            marker={"size": 11, "color": LINES[0]},
            customdata=table["size"].values,
            hovertemplate="%{y}: %{x:.3f} of %{customdata} windows<extra></extra>",
        )
    )
    figure.update_xaxes(title="accuracy", range=[0, 1.02])
    figure.update_yaxes(type="category", automargin=True)
    return _styled(figure, 140 + 22 * len(table))


def plot_training(log: list[dict]) -> go.Figure:
    """Cross-entropy and accuracy on training windows by epoch."""
    epochs = [entry["epoch"] for entry in log]
    figure = make_subplots(specs=[[{"secondary_y": True}]])
    for name, title, colour, second in (
        ("cross_entropy", "cross-entropy (nats)", LINES[0], False),
        ("accuracy", "accuracy on training windows", LINES[3], True),
    ):
        figure.add_trace(
            go.Scatter(x=epochs, y=[entry[name] for entry in log], name=title, line={"color": colour}),
            secondary_y=second,
        )
    figure.update_xaxes(title="epoch", dtick=max(1, len(epochs) // 10))
    figure.update_yaxes(title="nats", rangemode="tozero", secondary_y=False)
    figure.update_yaxes(title="share right", range=[0, 1.02], dtick=0.2, showgrid=False, secondary_y=True)
    return _styled(figure, 340)


def _cell_texts(profile: InteractionProfile, atom: str, k: int) -> list[list[str]]:
    """Bits, in brackets where they are not clear of their error, nothing on the diagonal."""
    values = profile.dataset[atom].values[:, :, k]
    name = f"{atom}_stderr"
    error = profile.dataset[name].values[:, :, k] if name in profile.dataset else np.zeros_like(values)
    return [
        [
            "" if np.isnan(v) else f"{v:.2f}" if v > Z_95 * e else f"({v:.2f})"
            for v, e in zip(row, line, strict=True)
        ]
        for row, line in zip(values, error, strict=True)
    ]


def _add_band(figure, x, values, error, colour: str, label: str, *, visible: bool = True) -> None:
    if error is not None:
        half = Z_95 * error
        figure.add_scatter(
            x=[*x, *x[::-1]],
            y=[*(values + half), *(values - half)[::-1]],
            mode="lines",
            fill="toself",
            fillcolor=_faint(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            visible=visible,
        )
    figure.add_scatter(
        x=x,
        y=values,
        mode="lines+markers",
        line={"color": colour},
        name=label,
        visible=visible,
        hovertemplate="lag %{x:g} s: %{y:.3f} bits<extra></extra>",
    )


def _lag_axes(figure: go.Figure) -> None:
    figure.update_xaxes(title="lag: how long before the target the sources are taken (s)")
    figure.update_yaxes(title="information (bits)", zeroline=True, zerolinecolor="#888")


def _error(dataset: xr.Dataset, name: str, **where) -> np.ndarray | None:
    return dataset[name].sel(**where).values if name in dataset else None


def _codes(predictions: pd.DataFrame, classes: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class numbers of labels and predictions, and probabilities (N, C)."""
    number = {name: c for c, name in enumerate(classes)}
    y, predicted = (predictions[name].map(number).to_numpy() for name in ("label", "predicted"))
    return y, predicted, predictions[[f"p_{name}" for name in classes]].to_numpy()


def _plain(values: np.ndarray) -> list:
    """Nested lists with None for NaN, which plotly leaves blank."""
    return [[None if np.isnan(v) else float(v) for v in row] for row in values]


def _or(value: float | None, other: float) -> float:
    return other if value is None or np.isnan(value) else value


def _faint(colour: str) -> str:
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({r},{g},{b},0.18)"


def _styled(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        template="plotly_white",
        font=FONT,
        height=height,
        margin={"l": 70, "r": 30, "t": 60, "b": 60},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
    )
    return figure
