"""Comparisons in words: what is clear, what is not, and which settings differ."""

import textwrap
from collections.abc import Iterator

import pandas as pd

from interplay.comparison.folder import RunEntry, RunList
from interplay.comparison.profiles import ProfileComparison
from interplay.comparison.runs import RunComparison
from interplay.metrics.paired import smallest_p_value
from interplay.profile.significance import LEVEL

SCORES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "log_loss_bits": "log-loss (bits)",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "r2": "R²",
}
WORSE_WHEN_LARGER = ("log_loss_bits", "mae", "rmse")
ATOMS = {
    "redundancy": "the redundancy of {i} and {j}",
    "unique": "what {i} tells and {j} does not",
    "synergy": "the synergy of {i} and {j}",
}
MOST_SETTINGS = 30
LEAST = 1e-6
"""Smaller p-values are told as smaller than this."""

WIDTH = 110


def profiles_headline(comparison: ProfileComparison) -> str:
    """How much was compared, and how much of it differs."""
    first, *others = comparison.names
    rows = comparison.differences
    clear = int(rows["clear"].sum())
    said = "none is" if not clear else "1 is" if clear == 1 else f"{clear:,} are"
    return f"{', '.join(others)} against {first}; of {len(rows):,} differences of atoms {said} clear"


def profiles_in_words(comparison: ProfileComparison, n: int) -> str:
    """All of a comparison of profiles as lines."""
    lines = [f"{profiles_headline(comparison)}.", *profile_sentences(comparison, n)]
    rest = len(comparison.top(len(comparison.differences)).query("clear")) - n
    if rest > 0:
        lines.append(f"and {rest:,} more; --json has all." if rest > 1 else "and 1 more; --json has all.")
    return "\n".join([*lines, *_ending(comparison)])


def profile_sentences(comparison: ProfileComparison, n: int) -> list[str]:
    """The n largest differences that are clear; of none, the largest there is."""
    rows = comparison.top(len(comparison.differences))
    first = comparison.names[0]
    clear = rows[rows["clear"]]
    if not len(clear):
        return [f"No difference stands clear of its error. The largest: {_of_atom(rows.iloc[0], first)}."]
    sentences = [_of_atom(row, first) for _, row in clear.head(n).iterrows()]
    return [f"{one[0].upper()}{one[1:]}." for one in sentences]


def _of_atom(row: pd.Series, first: str) -> str:
    what = ATOMS[row["atom"]].format(i=row["source_i"], j=row["source_j"])
    around = "" if pd.isna(row["stderr"]) else f", {_interval(row, 2)}"
    q = "" if pd.isna(row["q_value"]) else f"; q {chance(row['q_value'])}"
    where = row.get("when") or ("" if pd.isna(row["lag_s"]) else f"at a lag of {row['lag_s']:g} s")
    more = "more" if row["difference"] > 0 else "less"
    a, b = (f"{round(row[side], 2) + 0.0:.2f}" for side in ("a", "b"))  # no zero has a sign
    lags = f"; clear at {row['clear_lags']} lags" if row["clear_lags"] > 1 else ""
    return (
        f"{what} is {abs(row['difference']):.2f} bits {more} in {row['profile']} ({b}) than in {first} "
        f"({a}){f' {where}' if where else ''}: {row['difference']:+.2f}{around}{q}{lags}"
    )


def chance(p: float) -> str:
    """A p- or q-value with its sign; what is too small for a normal tail to mean anything is told as a bound."""
    return f"= {p:.2g}" if p >= LEAST else f"< {LEAST:g}"


def runs_headline(comparison: RunComparison) -> str:
    """The main score of each run against the first."""
    rows = comparison.differences.query("score == @comparison.main_score")
    return "; ".join(run_sentence(row, comparison.names[0]) for _, row in rows.iterrows())


def run_sentence(row: pd.Series, first: str) -> str:
    """One score of a run against the first."""
    name = SCORES[row["score"]]
    if pd.isna(row["difference"]):
        return f"{name} of {row['run']} and {first} is not defined on these windows"
    better = (row["difference"] > 0) != (row["score"] in WORSE_WHEN_LARGER)
    verdict = (
        "no clear difference" if not row["clear"] else f"{row['run']} is {'better' if better else 'worse'}"
    )
    p = f"; p {chance(row['p_adjusted'])}"
    return (
        f"{name} {row['b']:.3f} of {row['run']} against {row['a']:.3f} of {first}: {row['difference']:+.3f}, "
        f"{_interval(row, 3)}{p}: {verdict}"
    )


def runs_in_words(comparison: RunComparison) -> str:
    """All of a comparison of runs as lines."""
    first = comparison.names[0]
    lines: list[str] = []
    for name, rows in comparison.differences.groupby("run", sort=False):
        n, g = int(rows["n_windows"].iloc[0]), int(rows["n_entities"].iloc[0])
        lines.append(f"{name} against {first}, on {n:,} windows of {g} entities that both were tested on:")
        lines += table_lines(_score_table(rows, first, str(name)))
    return "\n".join([*lines, *few_entities(comparison), *_ending(comparison)])


def few_entities(comparison: RunComparison) -> list[str]:
    """Whether there are too few entities for anything to be clear."""
    g = int(comparison.differences["n_entities"].min())
    least = smallest_p_value(g)
    if least <= LEVEL:
        return []
    return [
        f"With {g} {'entity' if g == 1 else 'entities'} no p-value is below {least:.2g}, so nothing can be clear: test "
        "on at least 6."
    ]


def _score_table(rows: pd.DataFrame, first: str, name: str) -> pd.DataFrame:
    cells = [
        [SCORES[row["score"]], f"{row['a']:.3f}", f"{row['b']:.3f}", f"{row['difference']:+.3f}",
         _interval(row, 3).removeprefix("95 % interval "), f"{row['p_adjusted']:.2g}", "yes" if row["clear"] else "no"]
        for _, row in rows.iterrows()
    ]  # fmt: skip
    return pd.DataFrame(cells, columns=["score", first, name, "difference", "95 % interval", "p", "clear"])


def _interval(row: pd.Series, digits: int) -> str:
    if pd.isna(row["low"]):
        return "no interval"
    return f"95 % interval {row['low']:+.{digits}f} to {row['high']:+.{digits}f}"


def _ending(comparison: ProfileComparison | RunComparison) -> Iterator[str]:
    """What is lacking, and which settings differ."""
    yield from comparison.lacking
    settings = comparison.settings
    if settings.empty:
        yield "No setting differs."
        return
    yield "Settings that differ:"
    yield from table_lines(settings.head(MOST_SETTINGS).reset_index())
    if len(settings) > MOST_SETTINGS:
        yield f"  and {len(settings) - MOST_SETTINGS} more; --json has all."


def list_in_words(runs: RunList) -> str:
    """The runs of a folder as a table, a line each."""
    rows = [
        [run.name, run.data, run.recipe, "yes" if run.guided else "no", score_in_words(run), run_entities(run),
         f"{run.date:%Y-%m-%d %H:%M}", f"{run.mb:.1f} MB"]
        for run in runs.runs
    ]  # fmt: skip
    columns = ["run", "data", "recipe", "guided", "score (95 % interval)", "entities", "date", "size"]
    return "\n".join(line.removeprefix("  ") for line in table_lines(pd.DataFrame(rows, columns=columns)))


def score_in_words(run: RunEntry) -> str:
    """The main score of a run with its interval."""
    if not run.scores:
        return "not evaluated"
    if run.score is None:
        return f"{SCORES[run.score_name]} not defined"
    low, high = (run.scores.get(f"{run.score_name}_{end}") for end in ("low", "high"))
    around = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{SCORES[run.score_name]} {run.score:.3f}{around}"


def run_entities(run: RunEntry) -> str:
    """How many entities a run was trained and tested on."""
    tested = run.scores.get("n_entities")
    return f"{run.trained_on}" if tested is None else f"{run.trained_on} + {tested:g} tested"


def table_lines(table: pd.DataFrame, most: int = 40) -> list[str]:
    """A table of texts as lines, two spaces in; what is longer than `most` letters is cut short."""
    cells = [list(map(str, table.columns)), *(list(map(str, row)) for row in table.itertuples(index=False))]
    cells = [[textwrap.shorten(cell, most, placeholder="…") for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
