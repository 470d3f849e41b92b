"""Figures of a profile: axes in, axes out."""

import numpy as np

from interplay.errors import InvalidInput
from interplay.profile.dataset import RATE
from interplay.profile.novelty import ALONE, significant_novel
from interplay.profile.significance import Z_95
from interplay.profile.since_event import significant_stretches
from interplay.profile.time_axis import is_since_event
from interplay.settings import near_first

# Okabe and Ito's palette, which stays apart for colour-blind eyes
COLOURS = {"redundancy": "#0072B2", "unique_i": "#E69F00", "unique_j": "#D55E00", "synergy": "#009E73"}

NEWS = "#CC79A7"


def plot_lags(profile, source_i: str, source_j: str, ax=None):
    """Redundancy, uniqueness and synergy of one pair over lag, with 95 % intervals where there are errors.

    Over time since an event, values stand at the middle of their bins, and bars at the foot show the stretches
    that are significant, see `interplay.profile.stretches`.

    Parameters
    ----------
    profile : InteractionProfile
    source_i, source_j : str
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    _check_sources(profile, source_i, source_j)
    if profile.kind == RATE:
        raise InvalidInput(
            "a profile must be over lags to be drawn over them; this is a rate, over all lags together. Use "
            "plot_heatmap, or estimate with TemporalRUS."
        )
    ax = _axes(ax, (6.0, 3.6))
    d, axis = profile.dataset, profile.axis
    rows = (
        ("redundancy", "redundancy", source_i, source_j, "redundant"),
        ("unique_i", "unique", source_i, source_j, f"only {source_i}"),
        ("unique_j", "unique", source_j, source_i, f"only {source_j}"),
        ("synergy", "synergy", source_i, source_j, "synergistic"),
    )
    for key, variable, a, b, label in rows:
        values = d[variable].sel(source_i=a, source_j=b).values
        ax.plot(axis.at, values, color=COLOURS[key], label=label, marker="o", markersize=3)
        if f"{variable}_stderr" in d:
            half = Z_95 * d[f"{variable}_stderr"].sel(source_i=a, source_j=b).values
            ax.fill_between(axis.at, values - half, values + half, color=COLOURS[key], alpha=0.2, lw=0)
    ax.axhline(0.0, color="0.6", lw=0.8)
    if is_since_event(d):
        _mark_clusters(profile, ax, [(key, variable, a, b) for key, variable, a, b, _ in rows])
    time_to_the_right(profile, ax)
    ax.set_xlabel(axis.title)
    ax.set_ylabel("information (bits)")
    ax.set_title(f"{source_i} and {source_j}")
    ax.legend(frameon=False, fontsize="small")
    return ax


def plot_novel(profile, source: str, ax=None):
    """What a modality tells at each lag, and what of it is new to all more recent lags, with 95 % intervals.

    Parameters
    ----------
    profile : InteractionProfile
        Estimated with ``TemporalRUS(novel=True)``.
    source : str
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    _check_sources(profile, source)
    d = profile.dataset
    if ALONE not in d:
        raise InvalidInput(
            "a profile must hold what is new at each lag to draw it; this one does not. Estimate it with "
            "TemporalRUS(novel=True)."
        )
    ax = _axes(ax, (6.0, 3.6))
    at, clear = d.sel(source=source), significant_novel(d.sel(source=source))
    width = 0.7 * np.diff(profile.lag_s).min(initial=profile.step_s * len(profile.lag_s))
    shades = np.where(clear, NEWS, "#c8c8c8")
    error = Z_95 * at["novel_stderr"].values
    ax.bar(profile.lag_s, at["novel"].values, width, yerr=error, color=shades, capsize=2)
    ax.plot(
        profile.lag_s,
        at["mi"].values,
        color="0.25",
        marker="o",
        markersize=3,
        label="told at this lag by itself",
    )
    ax.plot([], [], color=NEWS, lw=6, label="new to all more recent lags")
    # room for the legend
    ax.set_ylim(top=1.3 * ax.get_ylim()[1])
    time_to_the_right(profile, ax)
    ax.set_xlabel("lag of the source before the target (s)")
    ax.set_ylabel("information (bits)")
    ax.set_title(source)
    ax.legend(frameon=False, fontsize="small")
    return ax


def time_to_the_right(profile, ax) -> None:
    """Turn an axis of lags, so that the newest moment is on the right, as it is on an axis of time."""
    if not is_since_event(profile.dataset):
        ax.invert_xaxis()


def plot_heatmap(profile, atom: str = "synergy", *, lag_s: float | None = None, ax=None):
    """One atom of every pair, at one lag or at its largest over lags.

    Parameters
    ----------
    profile : InteractionProfile
    atom : "redundancy", "unique" (row not column) or "synergy"
    lag_s : float, s, optional
        The measured lag nearest to it, or the bin of time since an event that it lies in; without it the largest value
        over all.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    if atom not in ("redundancy", "unique", "synergy"):
        raise InvalidInput(f"atom must be 'redundancy', 'unique' or 'synergy'; got {atom!r}.")
    values = profile.dataset[atom].values
    if lag_s is None:
        moment = f"largest over {profile.axis.over}"
        moment = "bits per step over all lags together" if profile.kind == RATE else moment
        values = np.where(np.isnan(values), -np.inf, values).max(-1)
        values = np.where(np.isinf(values), np.nan, values)
    else:
        k = profile.axis.nearest(lag_s)
        moment = profile.axis.points[k]
        values = values[..., k]
    side = 1.6 + 0.55 * len(values)
    ax = _axes(ax, (side + 1.2, side))
    top = max(float(np.nanmax(values, initial=0.0)), 1e-3)
    image = ax.imshow(values, cmap="viridis", vmin=0.0, vmax=top)
    ticks = np.arange(len(values))
    ax.set_xticks(ticks, profile.modalities, rotation=45, ha="right")
    ax.set_yticks(ticks, profile.modalities)
    if len(values) <= 12:
        for i, j in np.argwhere(np.isfinite(values)):
            shade = "black" if values[i, j] > 0.6 * top else "white"
            ax.text(j, i, f"{values[i, j]:.2f}", ha="center", va="center", color=shade, fontsize=8)
    ax.set_title(f"{atom}, {moment}")
    ax.figure.colorbar(image, ax=ax, label="bits", shrink=0.8)
    return ax


def _mark_clusters(profile, ax, rows) -> None:
    """The whole time that was looked at, with bars at the foot, one row an atom."""
    edges = profile.axis.edges
    ax.set_xlim(edges[0], edges[-1])
    low, high = ax.get_ylim()
    for place, (key, variable, a, b) in enumerate(rows):
        i, j = profile.modalities.index(a), profile.modalities.index(b)
        for start, stop in significant_stretches(profile, variable, i, j):
            y = low - (0.03 + 0.03 * place) * (high - low)
            ax.plot(edges[[start, stop]], [y, y], color=COLOURS[key], lw=3, solid_capstyle="butt")


def _axes(ax, size):
    if ax is not None:
        return ax
    # a figure of its own, outside pyplot: nothing to close, no display needed
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained").add_subplot()


def _check_sources(profile, *names: str) -> None:
    for name in names:
        if name not in profile.modalities:
            raise InvalidInput(
                f"a source must be one of {near_first(name, profile.modalities)}; got {name!r}."
            )
    if len(set(names)) < len(names):
        raise InvalidInput(f"the two sources must differ; got {names[0]!r} twice.")
