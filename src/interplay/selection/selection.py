"""What came of a selection: the curve over how many modalities are kept, and what it means."""

import math
from dataclasses import dataclass

import pandas as pd

from interplay.errors import InvalidInput
from interplay.notebook import counted, table_html
from interplay.profile.budget import listed

ENOUGH = 0.95
"""Share of the most that any set tells from which on a set is enough."""

TITLES = {"macro_f1": "macro-F1", "auroc": "AUROC", "r2": "R²"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Selection:
    """Sets of modalities by size, and what each tells of the target in entities that were held out.

    Attributes
    ----------
    of : names to choose from
    sets : the names of each size, from one on; all of them come at the end
    curve : DataFrame
        A row for each of `sets`: ``k``, ``modalities``, ``bits`` with ``bits_low`` and ``bits_high``, ``share`` of what
        all tell, ``score`` with ``score_low`` and ``score_high``; intervals are of 95 % over entities. Sets were chosen
        by these bits, which therefore flatter; other entities tell how good they are.
    score : name of the score, "macro_f1", "auroc" or "r2"
    entities : names of the entities that it was chosen by
    """

    of: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...]
    curve: pd.DataFrame
    score: str
    entities: tuple[str, ...]

    def keep(self, k: int | None = None) -> tuple[str, ...]:
        """The names of k modalities, by default of as few as are enough."""
        return self.sets[self._row(k)]

    def sentence(self, k: int | None = None) -> str:
        """How much k modalities tell of what all do, in words; by default as few as are enough."""
        if not self.curve["bits"].max() > 0:
            return (
                f"No set of the {counted(len(self.of), 'modality', 'modalities')} tells anything of the target in "
                "entities that were held out."
            )
        n = self._row(k)
        row, everything = self.curve.iloc[n], self.curve.iloc[-1]
        keep = "keeps" if row["k"] == 1 else "keep"
        share = f"{100 * row['share']:.0f} %" if math.isfinite(row["share"]) else "more than all"
        return (
            f"{row['k']} of {counted(len(self.of), 'modality', 'modalities')} {keep} {share} of what all tell "
            f"together: {row['bits']:.2f} of {everything['bits']:.2f} bits, {TITLES[self.score]} {row['score']:.2f} "
            f"against {everything['score']:.2f} ({listed(self.sets[n])})."
        )

    def in_words(self, k: int | None = None) -> str:
        """The sentence, and the curve as a table of text."""
        rows = [("kept", "bits (95 % interval)", f"{TITLES[self.score]} (95 % interval)", "modalities")]
        for row in self.curve.to_dict("records"):
            bits, score = (
                _with_interval(row[what], row[f"{what}_low"], row[f"{what}_high"])
                for what in ("bits", "score")
            )
            names = row["modalities"] if row["k"] < len(self.of) else "all"
            rows.append((str(row["k"]), bits, score, names))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
                 for row in rows]  # fmt: skip
        return "\n".join([self.sentence(k), "", *(f"  {line}" for line in lines)])

    def to_dataframe(self) -> pd.DataFrame:
        """The curve, one row per size."""
        return self.curve.copy()

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        rows = self.curve.assign(
            modalities=pd.Series([list(names) for names in self.sets], index=self.curve.index)
        )
        return {
            "of": list(self.of),
            "keep": list(self.keep()),
            "score": self.score,
            "sentence": self.sentence(),
            "n_entities": len(self.entities),
            "curve": rows.to_dict("records"),
        }

    def plot(self, what: str = "bits", ax=None):
        """The curve; see `interplay.selection.plot_selection`."""
        from interplay.selection.figures import plot_selection

        return plot_selection(self, what, ax=ax)

    def __repr__(self) -> str:
        return f"Selection: {self.sentence()}"

    def _repr_html_(self) -> str:
        return table_html(self.curve, self.sentence())

    def _row(self, k: int | None) -> int:
        """Number of the row of k modalities, or of as few as are enough."""
        bits, sizes = self.curve["bits"].to_numpy(), self.curve["k"].tolist()
        if k is None:
            return int((bits >= ENOUGH * bits.max()).argmax()) if bits.max() > 0 else len(bits) - 1
        if k not in sizes:
            raise InvalidInput(f"k must be the size of a set that was measured, one of {sizes}; got {k!r}.")
        return sizes.index(k)


def _with_interval(value: float, low: float, high: float) -> str:
    """A number with its interval, where it has one."""
    return f"{value:.2f}" if math.isnan(low) else f"{value:.2f} ({low:.2f} to {high:.2f})"
