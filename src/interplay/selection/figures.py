"""The curve of a selection: axes in, axes out."""

from typing import TYPE_CHECKING

import numpy as np

from interplay.errors import InvalidInput
from interplay.notebook import own_axes
from interplay.selection.selection import TITLES

if TYPE_CHECKING:
    from interplay.selection.selection import Selection

COLOUR = "#0072B2"


def plot_selection(selection: "Selection", what: str = "bits", ax=None):
    """What the best sets of each size tell, with 95 % intervals over entities, beside what all tell.

    Parameters
    ----------
    selection : Selection
    what : "bits" or "score"
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    if what not in ("bits", "score"):
        raise InvalidInput(f"what to draw must be 'bits' or 'score'; got {what!r}.")
    ax = own_axes(ax, (5.0, 3.4))
    curve = selection.curve
    at, values = np.arange(len(curve)), curve[what].to_numpy(dtype=float)
    low, high = (curve[f"{what}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    ax.fill_between(at, low, high, color=COLOUR, alpha=0.2, lw=0)
    ax.plot(at, values, color=COLOUR, marker="o", markersize=4)
    ax.axhline(values[-1], color="0.5", lw=0.8, ls="--", label="all together")
    enough = selection.sets.index(selection.keep())
    ax.plot(
        at[enough], values[enough], "o", color=COLOUR, markersize=9, markerfacecolor="none", label="enough"
    )
    ticks = [str(k) for k in curve["k"]]
    ax.set_xticks(at, [*ticks[:-1], f"all {ticks[-1]}"])
    ax.set_xlabel("modalities kept")
    ax.set_ylabel("held-out information (bits)" if what == "bits" else TITLES[selection.score])
    ax.legend(frameon=False, fontsize="small", loc="lower right")
    return ax
