"""Measures and draws what the gallery shows: ``python docs/gallery/pictures.py DATA [page ...]``, DATA with the sets.

For each page: profiles of all entities (nothing is predicted here), kept as docs/gallery/*.json, and a picture.
"""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

import interplay as ip
from interplay.datasets import DATASETS

HERE = Path(__file__).parent
HOUR = 3600.0
# page -> data set -> lags (s), pairs to draw
PAGES = {
    "intensive_care": {
        "mimic3_demo_glucose": ([0, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 9 * HOUR], ("insulin", "glucose")),
        "mimic3_demo_potassium": (
            [0, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 9 * HOUR],
            ("furosemide", "potassium"),
        ),
    },
    "movement": {
        "hapt": ([0.0, 0.5, 1.0, 2.0, 4.0], ("gravity", "body_vertical")),
        "pt_exercises": ([0.0, 0.4, 0.8, 1.6, 3.2], ("unit1_acc", "unit3_acc")),
    },
    "stress": {"stress_predict": ([0.0, 1.0, 2.0, 5.0, 10.0, 19.0], ("eda", "hr"))},
}


def profile_of(name: str, data: Path, lags_s: list[float]):
    """The profile of all entities, and how many windows it is of."""
    card = DATASETS[name].card
    folder = next(path for path in sorted(data.iterdir(), reverse=True) if name.startswith(path.name))
    windows = ip.make_windows(DATASETS[name]().recordings(folder), **card.window_options)
    return ip.TemporalRUS(lags_s=lags_s).fit(windows).profile_, windows


def page(name: str, data: Path) -> None:
    """Draw one page's picture, and write down what was found."""
    sets = PAGES[name]
    figure, axes = plt.subplots(
        1, len(sets), figsize=(5.5 * len(sets), 3.6), layout="constrained", squeeze=False
    )
    found = {}
    for ax, (dataset, (lags_s, pair)) in zip(axes[0], sets.items(), strict=True):
        profile, windows = profile_of(dataset, data, lags_s)
        profile.plot_lags(*pair, ax=ax)
        ax.set_title(f"{dataset}: {pair[0]} and {pair[1]}", fontsize=10)
        found[dataset] = {
            "windows": len(windows),
            "entities": len(windows.entities),
            "h_y_bits": profile.h_y_bits,
            "sentences": {
                atom: profile.sentences(3, atom=atom) for atom in ("redundancy", "unique", "synergy")
            },
            "top": profile.top(12).round(4).to_dict("records"),
            "pair": profile.to_dataframe()
            .query("source_i in @pair and source_j in @pair")
            .round(4)
            .to_dict("records"),
        }
    figure.savefig(HERE / f"{name}.png", dpi=120)
    (HERE / f"{name}.json").write_text(json.dumps(found, indent=1, default=str) + "\n", "utf-8")


if __name__ == "__main__":
    for chosen in sys.argv[2:] or PAGES:
        page(chosen, Path(sys.argv[1]))
