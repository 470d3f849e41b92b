"""decompose_predictions: what two sources tell together, from predictions of any models; nothing is trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from interplay.data import windows_from_arrays
from interplay.errors import InvalidInput
from interplay.estimators.collect import PAIRED
from interplay.estimators.prediction_tables import PredictionTables
from interplay.estimators.predictions import JOIN, PredictionsPID
from interplay.estimators.resampling import exchanged
from interplay.estimators.temporal import as_profile
from interplay.info import RedundancyMeasure
from interplay.profile import InteractionProfile
from interplay.profile.sentences import WORDS
from interplay.profile.significance import Z_95, significant
from interplay.units import bits

ATOMS = ("redundancy", "unique1", "unique2", "synergy")
ROWS = (*ATOMS, "mi1", "mi2", "joint_mi")
NOUNS = {"redundancy": "redundancy", "unique1": "uniqueness", "unique2": "uniqueness", "synergy": "synergy"}


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictedAtoms:
    """What two sources tell about a target, by the predictions that were made from them.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows ``redundancy, unique1, unique2, synergy, mi1, mi2, joint_mi``; columns ``bits, stderr, p_value, q_value,
        significant`` (see `interplay.profile.significance`). NaN where nothing is known; only atoms have q-values.
    pointwise : pandas.DataFrame
        Bits of every example, in the order and with the index that they came in; their means are the table's.
    profile : InteractionProfile
        The same as a profile of one pair at lag 0, to be saved and drawn.
    """

    table: pd.DataFrame
    pointwise: pd.DataFrame
    profile: InteractionProfile

    @property
    def names(self) -> tuple[str, ...]:
        """What the two sources are called."""
        return self.profile.modalities

    @property
    def redundancy(self) -> float:
        """Bits that either source tells."""
        return self._bits("redundancy")

    @property
    def unique1(self) -> float:
        """Bits that only the first source tells."""
        return self._bits("unique1")

    @property
    def unique2(self) -> float:
        """Bits that only the second source tells."""
        return self._bits("unique2")

    @property
    def synergy(self) -> float:
        """Bits that neither source tells alone; NaN where no predictions from both were given."""
        return self._bits("synergy")

    @property
    def measure(self) -> str:
        """What counted as redundant."""
        return str(self.profile.dataset.attrs["measure"])

    def _bits(self, name: str) -> float:
        return float(self.table["bits"][name])

    def to_frame(self) -> pd.DataFrame:
        """A copy of the table."""
        return self.table.copy()

    def sentences(self) -> list[str]:
        """One sentence for each atom: what is told with its 95 % interval, or that nothing is clear of chance."""
        return [self._sentence(atom) for atom in ATOMS]

    def _sentence(self, atom: str) -> str:
        row = self.table.loc[atom]
        i, j = self.names[::-1] if atom == "unique2" else self.names
        if np.isnan(row["bits"]):
            return (
                f"Of synergy nothing can be said: that takes predictions from {i} and {j} together (p12), and none "
                "were given."
            )
        # a zero has no sign
        amount = f"{round(row['bits'], 3) + 0.0:.3f} ± {Z_95 * row['stderr']:.3f} bits"
        if row["significant"]:
            fact = WORDS[atom.rstrip("12")].format(i=i, j=j, bits=amount)
            return f"{fact} (q = {row['q_value']:.2g})."
        whose = f" of {i}" if atom.startswith("unique") else ""
        return f"No {NOUNS[atom]}{whose} that stands clear of chance: {amount} (q = {row['q_value']:.2g})."

    def __repr__(self) -> str:
        attrs = self.profile.dataset.attrs
        n_groups = len(self.profile.entities)
        head = (
            f"{self.names[0]} and {self.names[1]} about a target of {self.profile.h_y_bits:.3f} bits, from predictions "
            f"of {attrs['n_examples']} examples in {n_groups} groups (redundancy by {self.measure}; ± is a 95 % "
            "interval)"
        )
        return "\n".join([head, *(f"  {sentence}" for sentence in self.sentences())])


def decompose_predictions(
    p1,
    p2,
    p12,
    y,
    groups=None,
    *,
    names: Sequence[str] = ("first", "second"),
    classes: Sequence | None = None,
    measure: RedundancyMeasure | None = None,
    folds: int = 5,
    n_bootstrap: int = 200,
    n_rotations: int = 99,
    random_state: int = 0,
) -> PredictedAtoms:
    """What two sources tell together about a target, from predictions of any models.

    The models may be anybody's: a language model without the image, without the question, and with both; two clinical
    scores and their combination. Predictions must be of examples that the models were not trained on. They need not be
    calibrated: scale, offsets and a mixture with the class frequencies are fitted here, out of fold, and groups stay
    together in folds, in errors and in p-values.

    Parameters
    ----------
    p1, p2 : (N, C) array_like or DataFrame
        Probabilities of the classes by models that saw the first source, and the second. Columns of data frames are
        names of classes. (N,) is the probability of the second of two classes.
    p12 : (N, C) array_like or DataFrame, or None
        By a model that saw both. With None synergy is NaN: what takes both cannot be seen in what either says.
    y : (N,) array_like
        True classes, as numbers of columns or as their names.
    groups : (N,) array_like, optional
        Whom each example belongs to (a person, a document, an image with several questions); at least ten. Without
        it examples are taken to be independent.
    names : two names of the sources
    classes : C names of the classes, optional
    measure : RedundancyMeasure, optional
        What counts as redundant; BROJA by default.
    folds, n_bootstrap, n_rotations, random_state
        As of `interplay.estimators.PredictionsPID`.

    Returns
    -------
    PredictedAtoms

    Raises
    ------
    InvalidInput
        If the tables do not agree, rows do not sum to 1, or groups or classes are too few.

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> a, b = np.random.default_rng(0).integers(0, 2, (2, 500))
    >>> half = np.full((500, 2), 0.5)
    >>> atoms = ip.decompose_predictions(half, half, np.eye(2)[a ^ b], a ^ b, names=("image", "question"))
    >>> print(atoms.sentences()[-1])
    image and question together tell 1.000 ± 0.038 bits that neither tells alone (q = 4e-12).
    """
    names = tuple(map(str, names))
    if len(names) != 2 or names[0] == names[1] or any(JOIN in name for name in names):
        raise InvalidInput(
            f"names must be two different names of the sources, without {JOIN!r}; got {list(names)}."
        )
    tables = PredictionTables.read(p1, p2, p12, y, groups, classes)
    order = np.argsort(tables.group, kind="stable")
    called = {"first": names[0], "second": names[1], "both": JOIN.join(names)}
    windows = windows_from_arrays(
        {called[name]: table[order, None] for name, table in tables.p.items()},
        tables.y[order],
        entity=None if groups is None else _padded(tables.group[order]),
        classes=tables.classes,
    )
    estimator = PredictionsPID(
        folds=folds,
        measure=measure,
        n_bootstrap=n_bootstrap,
        n_rotations=n_rotations,
        random_state=random_state,
    )
    estimator.check(windows, what="y and the predictions")
    _, starts, sizes = np.unique(tables.group[order], return_index=True, return_counts=True)
    # examples have no order in time, so groups exchange what was said of them
    rearranged = exchanged(starts, sizes, n_rotations, np.random.default_rng(random_state))
    dataset, scores = estimator.measured(windows, np.array([0]), rearranged)
    profile = as_profile(dataset, estimator, windows)
    back = np.argsort(order, kind="stable")
    index = next((each.index for each in (p1, p2, y) if isinstance(each, (pd.DataFrame, pd.Series))), None)
    alone = dict(zip(("mi1", "mi2"), scores.alone[:, 0], strict=True))
    columns = dict(zip(PAIRED, (*ATOMS, "joint_mi"), strict=True))
    together = {columns[name]: value[0, 0] for name, value in scores.atoms.items()}
    pointwise = {name: bits((together | alone)[name]).double().numpy()[back] for name in ROWS}
    return PredictedAtoms(
        table=_table(profile, *names), pointwise=pd.DataFrame(pointwise, index=index), profile=profile
    )


def _padded(group: np.ndarray) -> np.ndarray:
    """Names of groups that sort as their numbers do."""
    width = len(str(group.max()))
    return np.array([f"{number:0{width}d}" for number in group])


def _table(profile: InteractionProfile, first: str, second: str) -> pd.DataFrame:
    """The atoms of a profile of one pair, a row each."""
    d = profile.dataset.isel(lag=0)
    pair, swapped = {"source_i": first, "source_j": second}, {"source_i": second, "source_j": first}
    rows = {
        "redundancy": _row(d, "redundancy", pair),
        "unique1": _row(d, "unique", pair),
        "unique2": _row(d, "unique", swapped),
        "synergy": _row(d, "synergy", pair),
        "mi1": _row(d, "mi", {"source": first}),
        "mi2": _row(d, "mi", {"source": second}),
        "joint_mi": _row(d, "joint_mi", pair),
    }
    return pd.DataFrame.from_dict(rows, orient="index").astype({"significant": bool})


def _row(d: xr.Dataset, variable: str, at: Mapping[str, str]) -> dict[str, float]:
    """Value, error, p- and q-value of a variable; of the joint information the p-value that anything is told."""

    def read(name: str) -> float:
        return float(d[name].sel(at)) if name in d else np.nan

    row = {
        "bits": read(variable),
        "stderr": read(f"{variable}_stderr"),
        "p_value": read("p_value" if variable == "joint_mi" else f"{variable}_p_value"),
        "q_value": read(f"{variable}_q_value"),
    }
    return row | {"significant": bool(significant(*row.values()))}
