"""Draws demo.png, the picture of the README, from the run that `make demo` leaves in runs/demo."""

from pathlib import Path

import matplotlib.pyplot as plt

import interplay as ip

HERE = Path(__file__).parent


def main() -> None:
    run = ip.load_run(HERE.parent / "runs" / "demo")
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.2), layout="constrained")
    run.profile.plot_heatmap("redundancy", ax=left)
    run.profile.plot_lags("gravity", "gyro_horizontal", ax=middle)
    plot_pooling(run, right)
    figure.savefig(HERE / "demo.png", dpi=90)


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
