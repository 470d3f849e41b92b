"""The page of `benchmarks.budget`: the score against k, and what a way to choose is worth beside the others."""

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.records import days, machine, markdown

OURS, RIVALS = ("keep", "select"), ("permutation", "single", "random")
TITLES = {
    "random": "random",
    "permutation": "permutation importance",
    "single": "single information",
    "keep": "profile.keep",
    "select": "select_modalities",
    "all": "all",
}


def table(rows: list[dict]) -> str:
    """The page of the rows so far; of each set the splits that have every way."""
    rows = whole_splits(rows)
    lines = [
        "# Sensor budget",
        "",
        f"{days(rows)}, {machine()}. Sets of k modalities chosen on training entities in several ways; 500 extremely "
        "randomised trees on the summaries of these modalities, trained on the same windows, asked about test "
        "entities. AUROC for two classes, macro-F1 for more; means over splits by entity.",
        "",
        "## Score against k",
        "",
        markdown(curves(rows)),
        "",
        "## What a way of choosing is worth",
        "",
        "Score less that of the rival at the same split and k, mean over k below all and over splits; 95 % intervals "
        "(Student's t) over splits of one set, and over sets of their means in the last row.",
        "",
        markdown(differences(rows)),
        "",
        "## Seconds of choosing",
        "",
        "Single information, `keep` and `select` use one profile, which whoever comes first is charged for.",
        "",
        markdown(seconds(rows)),
        "",
    ]
    return "\n".join(lines)


def whole_splits(rows: list[dict]) -> list[dict]:
    """Rows of splits in which every way was measured."""
    ways: dict[tuple, set] = {}
    for row in rows:
        ways.setdefault((row["set"], row["split"]), set()).add(row["way"])
    return [row for row in rows if ways[row["set"], row["split"]] == set(TITLES)]


def points(rows: list[dict]) -> pd.DataFrame:
    """One row for each set, split, way and k: its score."""
    return pd.DataFrame(
        [
            {
                "set": row["set"],
                "split": row["split"],
                "way": row["way"],
                "k": point["k"],
                "score": point["score"],
            }
            for row in rows
            for point in row["curve"]
        ]
    )


def curves(rows: list[dict]) -> pd.DataFrame:
    """Mean score of each set and way, a column for each k."""
    frame = points(rows)
    of_all = frame[frame["way"] == "all"].groupby("set")["score"].mean()
    below = frame[frame["way"] != "all"]
    wide = below.pivot_table(index=["set", "way"], columns="k", values="score", aggfunc="mean")
    known = {row["set"]: row for row in rows}
    splits = frame.groupby("set")["split"].nunique()
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        head = f"{name}, {known[name]['modalities']} modalities, {splits[name]} splits"
        for way in (*RIVALS[::-1], *OURS):
            line: dict[str, object] = {"set": head, "chosen by": TITLES[way]}
            line |= {f"k = {k}": number(wide.loc[(name, way), k]) for k in wide.columns}
            lines.append(line | {"all": number(of_all[name])})
    return pd.DataFrame(lines).set_index("set")


def number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def differences(rows: list[dict]) -> pd.DataFrame:
    """Of both ways of ours against every rival, for each set and over sets."""
    frame = points(rows)
    wide = frame[frame["way"] != "all"].pivot_table(
        index=["set", "split", "k"], columns="way", values="score"
    )
    lines, means = [], {}
    for name in dict.fromkeys(row["set"] for row in rows):
        line: dict[str, object] = {"set": name}
        for ours in OURS:
            for rival in (*RIVALS, *(("keep",) if ours == "select" else ())):
                by_split = (wide[ours] - wide[rival]).loc[name].groupby("split").mean()
                line[f"{ours} - {rival}"] = with_interval(by_split.to_numpy())
                means.setdefault(f"{ours} - {rival}", []).append(by_split.mean())
        lines.append(line)
    lines.append({"set": "over sets"} | {name: with_interval(np.array(of)) for name, of in means.items()})
    return pd.DataFrame(lines).set_index("set")


def with_interval(values: np.ndarray) -> str:
    """Mean and 95 % interval by Student's t."""
    mean = float(values.mean())
    if len(values) < 2:
        return f"{mean:+.3f}"
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})"


def seconds(rows: list[dict]) -> pd.DataFrame:
    """Median of each set and way."""
    frame = pd.DataFrame([{key: row[key] for key in ("set", "way", "seconds")} for row in rows])
    wide = frame[frame["way"] != "all"].pivot_table(
        index="set", columns="way", values="seconds", aggfunc="median"
    )
    return wide[[*RIVALS, *OURS]].rename(columns=TITLES).round(0)
