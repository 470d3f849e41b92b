"""How much of a benchmark can be answered blind: what image and question tell about the right answer, by category."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from interplay.errors import InvalidInput
from interplay.estimators.decompose import ATOMS, PredictedAtoms, decompose_predictions
from interplay.profile.significance import Z_95
from interplay.vision_language.answers import Answers

NAMES = ("image", "question")
CALLED = {
    "redundancy": "either",
    "unique1": "image alone",
    "unique2": "question alone",
    "synergy": "both together",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindTest:
    """Atoms of image and question about the right answer.

    Attributes
    ----------
    overall : PredictedAtoms of all questions; ``unique2`` is what the question alone tells
    by_category : category -> PredictedAtoms
    left_out : category -> why nothing can be said of it
    accuracy : pandas.DataFrame, share of right answers in each category and "overall", by what the model saw
    """

    overall: PredictedAtoms
    by_category: Mapping[str, PredictedAtoms]
    left_out: Mapping[str, str]
    accuracy: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """A row for each category and "overall": ``questions``, then bits, those of atoms with 95 % half-widths.

        ``asked`` is the entropy of the right answer, ``blind`` what the question alone tells of it.
        """
        every = {**self.by_category, "overall": self.overall}
        return pd.DataFrame.from_dict({name: _row(atoms) for name, atoms in every.items()}, orient="index")

    def sentences(self) -> list[str]:
        """What can be answered blind, overall and where most."""
        atoms = self.overall
        asked = max(atoms.profile.h_y_bits, 1e-9)
        lines = [
            f"Of the {asked:.2f} bits of an answer, the question alone tells {_amount(atoms, 'mi2')}: "
            f"{_percent(atoms.table['bits']['mi2'] / asked)} of this benchmark can be answered without looking.",
            f"Of that, {_amount(atoms, 'unique2')} are in the question only, and not in the image.",
            f"Image and question together tell {_amount(atoms, 'synergy')} that neither tells alone.",
        ]
        if self.by_category:
            worst = max(self.by_category, key=lambda name: self.by_category[name].unique2)
            lines.append(
                f"Most is given away by questions in {worst}: {_amount(self.by_category[worst], 'unique2')}."
            )
        return lines


def blind_test(image: Answers, question: Answers, both: Answers) -> BlindTest:
    """Decompose what a model says when it sees the image, the question, and both.

    Parameters
    ----------
    image : Answers of a run without the question (with the options)
    question : Answers of a run without the image
    both : Answers of the usual run

    Returns
    -------
    BlindTest

    Raises
    ------
    InvalidInput
        If the three runs are not about the same questions.
    """
    runs = {"image": image, "question": question, "both": both}
    ids = both.probs.index
    for name, run in runs.items():
        if set(run.probs.index) != set(ids) or not run.right.loc[ids].equals(both.right):
            raise InvalidInput(
                f"the three runs must be about the same questions with the same right answers; {name!r} has "
                f"{len(run.probs)}, of which {len(run.probs.index.intersection(ids))} are among the {len(ids)} of both."
            )
    options = sorted(set().union(*(run.probs.columns for run in runs.values())))
    probs = {name: run.probs.reindex(columns=options, fill_value=0.0).loc[ids] for name, run in runs.items()}
    by_category, left_out = {}, {}
    for category, of_category in both.category.groupby(both.category):
        try:
            by_category[str(category)] = _atoms(probs, both, of_category.index)
        except InvalidInput as error:
            left_out[str(category)] = str(error)
    right = {name: table.idxmax(axis=1) == both.right for name, table in probs.items()}
    accuracy = pd.DataFrame(right).groupby(both.category).mean()
    accuracy.loc["overall"] = pd.DataFrame(right).mean()
    return BlindTest(
        overall=_atoms(probs, both, ids), by_category=by_category, left_out=left_out, accuracy=accuracy
    )


def _atoms(probs: Mapping[str, pd.DataFrame], both: Answers, ids: pd.Index) -> PredictedAtoms:
    """Atoms of some questions, over the options that are right in any of them or may be."""
    tables = {name: table.loc[ids] for name, table in probs.items()}
    right = both.right.loc[ids]
    possible = [x for x in tables["both"] if any((table[x] > 0).any() for table in tables.values())]
    image, question, together = (tables[name][possible] for name in ("image", "question", "both"))
    return decompose_predictions(image, question, together, right, both.group.loc[ids], names=NAMES)


def _row(atoms: PredictedAtoms) -> dict[str, float]:
    table = atoms.table.loc[list(ATOMS)]
    row: dict[str, float] = {"questions": len(atoms.pointwise), "asked": atoms.profile.h_y_bits}
    row |= {"blind": atoms.table["bits"]["mi2"], "blind ±": Z_95 * atoms.table["stderr"]["mi2"]}
    for atom in ATOMS:
        row |= {CALLED[atom]: table["bits"][atom], f"{CALLED[atom]} ±": Z_95 * table["stderr"][atom]}
    return row


def _amount(atoms: PredictedAtoms, atom: str) -> str:
    row = atoms.table.loc[atom]
    return f"{round(row['bits'], 3) + 0.0:.3f} ± {Z_95 * row['stderr']:.3f} bits"


def _percent(share: float) -> str:
    return f"{max(share, 0.0):.0%}"
