"""write_blind_page: how much of a benchmark can be answered blind, as one offline page."""

from collections.abc import Mapping
from pathlib import Path

from interplay.report.shell import Part, render_other, write_page
from interplay.report.text import number
from interplay.vision_language import BlindTest

BAR = 120
"""Width of a bar of all bits of an answer, px."""
PARTS_OF_AN_ANSWER = ("question alone", "image alone", "either", "both together")


class BlindInShort(Part):
    """What can be answered without looking, in sentences."""

    name, title, link = "compared_short", "In short", "In short"

    def context(self, test: BlindTest) -> Mapping[str, object]:
        left_out = [f"{name}: {reason}" for name, reason in test.left_out.items()]
        return {"sentences": test.sentences(), "cards": [], "lacking": left_out}


class ByCategory(Part):
    """Atoms of image and question in each category."""

    name, title, link = "blind", "What tells the answer?", "By category"

    def context(self, test: BlindTest) -> Mapping[str, object]:
        table = test.table()
        return {"parts": PARTS_OF_AN_ANSWER, "rows": [_cells(name, row) for name, row in table.iterrows()]}


class Accuracy(Part):
    """How often the likeliest option is right, by what the model saw."""

    name, title, link = "blind_accuracy", "How often is the model right?", "Accuracy"

    def context(self, test: BlindTest) -> Mapping[str, object]:
        rows = [(name, *(f"{share:.1%}" for share in row)) for name, row in test.accuracy.iterrows()]
        return {"saw": list(test.accuracy.columns), "rows": rows}


PARTS = (BlindInShort(), ByCategory(), Accuracy())


def write_blind_page(test: BlindTest, path: str | Path, *, title: str, overwrite: bool = False) -> Path:
    """Write one HTML page about what images and questions tell; it needs no network.

    Parameters
    ----------
    test : BlindTest
    path : str or Path
    title : str
        The benchmark and the model.
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the file exists.
    """
    return write_page(blind_page(test, title), path, overwrite=overwrite)


def blind_page(test: BlindTest, title: str) -> str:
    """The page, see `write_blind_page`."""
    return render_other(
        PARTS,
        (test,),
        what="blind test",
        title=title,
        about="Redundancy, uniqueness and synergy of image and question about the right answer, by what one model says "
        "when it sees either and both.",
        sources="Decomposition: Bertschinger, Rauh, Olbrich, Jost, Ay, Entropy 2014.",
    )


def _cells(name, row) -> dict[str, object]:
    asked = max(row["asked"], 1e-9)
    widths = [BAR * min(max(row[part], 0.0) / asked, 1.0) for part in PARTS_OF_AN_ANSWER]
    starts = [sum(widths[:k]) for k in range(len(widths))]
    return {
        "name": name,
        "questions": f"{row['questions']:,.0f}",
        "asked": number(row["asked"], 2),
        "blind": f"{number(row['blind'])} ± {number(row['blind ±'])}",
        "atoms": [f"{number(row[part])} ± {number(row[f'{part} ±'])}" for part in PARTS_OF_AN_ANSWER],
        "bars": [(f"{x:.1f}", f"{width:.1f}") for x, width in zip(starts, widths, strict=True)],
    }
