"""write_comparison: one offline HTML page about what differs between profiles or between runs."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from interplay.comparison import ProfileComparison, RunComparison
from interplay.comparison.words import SCORES, chance, few_entities, profile_sentences, run_sentence
from interplay.profile import PAIR_ATOMS
from interplay.report.shell import Part, render_other, write_page
from interplay.report.text import counted, number

MOST_ROWS = 300
"""Differences that the table shows; the download has all."""

MOST_SENTENCES = 8

Comparison = ProfileComparison | RunComparison


class ProfilesInShort(Part):
    """What differs, in sentences."""

    name, title, link = "compared_short", "In short", "In short"

    def context(self, comparison: ProfileComparison) -> Mapping[str, object]:
        rows = comparison.differences
        clear, pairs = int(rows["clear"].sum()), rows[["source_i", "source_j"]].drop_duplicates()
        lags = rows["lag_s"].nunique()
        return {
            "sentences": profile_sentences(comparison, MOST_SENTENCES),
            "cards": [
                (f"{clear:,}", f"of {counted(len(rows), 'difference')} of atoms are clear"),
                (f"{(pairs['source_i'] < pairs['source_j']).sum():,}", "pairs of modalities that both have"),
                *([(f"{lags:,}", "lags that both have")] if lags else []),
            ],
            "lacking": comparison.lacking,
        }


class Differ(Part):
    """Every difference: drawn, as a table and to download."""

    name, title, link = "differ", "Where do they differ?", "Differences"
    scripts = ("differ",)

    def context(self, comparison: ProfileComparison) -> Mapping[str, object]:
        rows = comparison.top(len(comparison.differences))
        return {
            "first": comparison.names[0],
            "rows": [_difference_cells(row) for _, row in rows.head(MOST_ROWS).iterrows()],
            "more": max(len(rows) - MOST_ROWS, 0),
        }

    def data(self, comparison: ProfileComparison) -> Mapping[str, object]:
        rows = comparison.differences
        modalities = list(dict.fromkeys([*rows["source_i"], *rows["source_j"]]))
        number_of = {name: k for k, name in enumerate(modalities)}
        numbers = ("a", "a_stderr", "b", "b_stderr", "difference", "stderr")
        return {
            "names": comparison.names,
            "modalities": modalities,
            "atoms": PAIR_ATOMS,
            "rows": {
                "profile": rows["profile"].map(list(comparison.names).index).to_numpy(),
                "atom": rows["atom"].map(PAIR_ATOMS.index).to_numpy(),
                "i": rows["source_i"].map(number_of).to_numpy(),
                "j": rows["source_j"].map(number_of).to_numpy(),
                "lag": rows["lag_s"].to_numpy(),
                "when": rows["when"].tolist() if "when" in rows else None,
                "q": rows["q_value"].to_numpy(),
                "clear": rows["clear"].to_numpy(),
                **{name: rows[name].to_numpy() for name in numbers},
            },
        }


class OverLag(Part):
    """A pair over lag in all profiles."""

    name, title, link = "over_lag", "How do they differ over lag?", "Over lag"
    scripts = ("over_lag",)

    def data(self, comparison: ProfileComparison) -> Mapping[str, object]:
        since = "when" in comparison.differences
        return {"axis": "time since the event (s)" if since else "lag before the target (s)", "since": since}


class RunsInShort(Part):
    """Which run is better, in sentences."""

    name, title, link = "compared_short", "In short", "In short"

    def context(self, comparison: RunComparison) -> Mapping[str, object]:
        rows, first = comparison.differences, comparison.names[0]
        main = rows[rows["score"] == comparison.main_score]
        name = SCORES[comparison.main_score]
        cards = [(number(main["a"].iloc[0]), f"{name} of {first}")]
        cards += [(number(row["b"]), f"{name} of {row['run']}") for _, row in main.iterrows()]
        return {
            "sentences": [f"{run_sentence(row, first)}." for _, row in main.iterrows()],
            "cards": cards,
            "lacking": [*few_entities(comparison), *comparison.lacking],
        }


class Scored(Part):
    """Every score of every run against the first."""

    name, title, link = "scored", "How much better or worse?", "Scores"
    scripts = ("scored",)

    def context(self, comparison: RunComparison) -> Mapping[str, object]:
        rows = [
            {
                "run": row["run"],
                "score": SCORES[row["score"]],
                "a": number(row["a"]),
                "b": number(row["b"]),
                "difference": _signed(row["difference"]),
                "interval": _interval(row),
                "p": _chance(row["p_adjusted"]),
                "p_value": row["p_adjusted"],
                "clear": row["clear"],
            }
            for _, row in comparison.differences.iterrows()
        ]
        return {"first": comparison.names[0], "rows": rows}

    def data(self, comparison: RunComparison) -> Mapping[str, object]:
        columns = ["run", "score", "a", "b", "difference", "low", "high", "p_adjusted", "clear"]
        rows = comparison.differences[columns].rename(columns={"p_adjusted": "p"})
        return {**_scores_of(comparison), "rows": rows.to_dict("records")}


class ByEntity(Part):
    """Every entity under the first run and another."""

    name, title, link = "by_entity", "For whom?", "Entities"
    scripts = ("by_entity",)

    def context(self, comparison: RunComparison) -> Mapping[str, object]:
        rows = comparison.entities.query("score == @comparison.main_score and run == @comparison.names[1]")
        gained = int((rows["difference"] > 0).sum())
        first, other = comparison.names[:2]
        entities = counted(len(rows), "entity", "entities")
        name = SCORES[comparison.main_score]
        return {"sentence": f"{name} is larger under {other} than under {first} for {gained} of {entities}."}

    def data(self, comparison: RunComparison) -> Mapping[str, object]:
        rows = {name: column.tolist() for name, column in comparison.entities.items()}
        return {**_scores_of(comparison), "rows": rows}


class Settings(Part):
    """What was set differently."""

    name, title, link = "compared_settings", "What was set differently?", "Settings"

    def context(self, comparison: Comparison) -> Mapping[str, object]:
        rows = comparison.settings.reset_index().itertuples(index=False, name=None)
        return {"names": comparison.names, "settings": list(rows)}


PROFILE_PARTS = (ProfilesInShort(), Differ(), OverLag(), Settings())
RUN_PARTS = (RunsInShort(), Scored(), ByEntity(), Settings())


def write_comparison(comparison: Comparison, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write one HTML page about a comparison that needs no network and nothing beside it.

    Parameters
    ----------
    comparison : ProfileComparison or RunComparison
        From `interplay.compare`.
    path : str or Path
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the file exists.
    """
    of_runs = isinstance(comparison, RunComparison)
    first, *others = comparison.names
    page = render_other(
        _parts(comparison),
        (comparison,),
        what="comparison",
        title=f"{', '.join(others)} against {first}",
        about=_about(comparison),
        sources="" if of_runs else "Decomposition: Bertschinger, Rauh, Olbrich, Jost, Ay, Entropy 2014.",
    )
    return write_page(page, path, overwrite=overwrite)


def _parts(comparison: Comparison) -> tuple[Part, ...]:
    if isinstance(comparison, RunComparison):
        return RUN_PARTS
    # a rate has no lags to be drawn over
    over_lags = comparison.differences["lag_s"].notna().any()
    return tuple(part for part in PROFILE_PARTS if over_lags or not isinstance(part, OverLag))


def _about(comparison: Comparison) -> str:
    """What was compared, under the title."""
    n = counted(len(comparison.names), "profile" if isinstance(comparison, ProfileComparison) else "run")
    if isinstance(comparison, ProfileComparison):
        return f"{n}, atom by atom, in bits."
    rows = comparison.differences
    windows = counted(int(rows["n_windows"].min()), "window")
    entities = counted(int(rows["n_entities"].min()), "entity", "entities")
    return f"{n}, scored on {windows} of {entities} that all were tested on."


def _scores_of(comparison: RunComparison) -> dict[str, object]:
    names = list(dict.fromkeys(comparison.differences["score"]))
    return {
        "names": comparison.names,
        "main": comparison.main_score,
        "scores": [(name, SCORES[name]) for name in names],
    }


def _difference_cells(row: pd.Series) -> dict[str, object]:
    return {
        "profile": row["profile"],
        "atom": row["atom"],
        "first": row["source_i"],
        "second": row["source_j"],
        "lag": row.get("when") or _short(row["lag_s"]),
        "a": number(row["a"]),
        "b": number(row["b"]),
        "difference": _signed(row["difference"]),
        "interval": _interval(row),
        "q": _chance(row["q_value"]),
        "q_value": row["q_value"],
        "clear": row["clear"],
    }


def _interval(row: pd.Series) -> str:
    return "–" if pd.isna(row["low"]) else f"{_signed(row['low'])} to {_signed(row['high'])}"


def _signed(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:+.3f}"


def _chance(p: float) -> str:
    return "–" if pd.isna(p) else chance(p).removeprefix("= ")


def _short(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2g}"
