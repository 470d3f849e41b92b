"""Draws demo.png, the picture of the README, from the run that `make demo` leaves in runs/demo, or from another.

``python docs/demo_picture.py [RUN]``. `tests/test_demo_picture.py` draws it anew and holds it to the file.
"""

import sys
from pathlib import Path

from matplotlib.figure import Figure

import interplay as ip

HERE = Path(__file__).parent
PICTURE = HERE / "demo.png"


def main() -> None:
    folder = sys.argv[1] if sys.argv[1:] else HERE.parent / "runs" / "demo"
    draw(ip.load_run(folder), PICTURE)


def draw(run, path: Path) -> None:
    """Redundancy of all pairs, one pair over lag, and what the predictions of each class rest on."""
    # outside pyplot: the same picture whatever backend and style somebody has
    figure = Figure(figsize=(15, 4.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    run.profile.plot_heatmap("redundancy", ax=left)
    run.profile.plot_lags("gravity", "gyro_horizontal", ax=middle)
    plot_pooling(run, right)
    figure.savefig(path, dpi=90)


def plot_pooling(run, ax) -> None:
    """Share of each modality in the predictions of each true class, summed over lags."""
    share = 100 * run.evaluation.insight["pooling"].sum("lag").transpose("class", "modality")
    image = ax.imshow(share, cmap="Blues", vmin=0)
    ax.set_xticks(range(share.sizes["modality"]), share["modality"].values, rotation=30, ha="right")
    ax.set_yticks(range(share.sizes["class"]), share["class"].values)
    for (row, column), value in zip(
        ((r, c) for r in range(share.shape[0]) for c in range(share.shape[1])), share.values.flat, strict=True
    ):
        ax.text(
            column, row, f"{value:.0f}", ha="center", va="center", color="white" if value > 50 else "black"
        )
    ax.set_title("what the model rests on (% of pooling)")
    ax.figure.colorbar(image, ax=ax, label="%")


if __name__ == "__main__":
    main()
