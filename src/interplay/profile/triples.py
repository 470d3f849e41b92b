"""TripleProfile: what a third modality adds to a pair, the pair taken as one source, in all three arrangements."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from interplay.errors import DamagedFile, InvalidInput
from interplay.profile.sentences import given_in_words, given_past, in_brackets, with_interval
from interplay.profile.significance import significant
from interplay.profile.stored import load_triples, save_triples
from interplay.profile.time_axis import TimeAxis, time_axis

LEAST = "least_synergy"
ARRANGED = ("redundancy", "unique_pair", "unique_third", "synergy")
"""Atoms of an arrangement, of the pair as one source and the third."""

ATOMS = (LEAST, *ARRANGED)
ADDED = (LEAST, "unique_third", "redundancy")
"""Atoms that say what a third adds to a pair, which sentences tell unless others are asked for."""

WORDS = {
    LEAST: "{i}, {j} and {k} together tell {bits} that no two of them and the third tell apart",
    "redundancy": "{k} repeats {bits} of what {i} and {j} tell together",
    "unique_pair": "{i} and {j} together tell {bits} that {k} does not",
    "unique_third": "{k} tells {bits} that {i} and {j} together do not",
    "synergy": "{i} and {j} as one source tell {bits} with {k} that neither tells apart",
}
DIMS, ARRANGED_DIMS = ("triple", "lag"), ("triple", "third", "lag")
PLACES = ("first", "second", "last")


class TripleProfile:
    """Triples of modalities, decomposed as a pair that is one source, and a third.

    Parameters
    ----------
    dataset : xarray.Dataset
        Dims ``triple, third, lag``, where ``third`` is the place in the triple of the modality that is apart from the
        other two: ``redundancy, unique_pair, unique_third, synergy``, their sum ``joint_mi``, ``mi_pair`` and
        ``mi_third`` of the two sources, and ``adds``, what the third adds to the pair, I(Y; third | pair).
        Dims ``triple, lag``: ``least_synergy``, the least synergy of the three arrangements; ``dual_total_correlation``
        and ``o_information``, by how much the target raises those of the triple; above 0 redundancy prevails in it, and
        below 0 synergy. All in bits, with ``<name>_stderr``; of atoms also ``<name>_p_value`` and ``<name>_q_value``,
        adjusted over all triples that could have been chosen.
        Coordinates: ``member (triple, third)``, names; ``chosen_by (triple)``: "name", "product" or "strength", see
        `interplay.estimators.triple_screening`; ``lag_s``, seconds.
        Attributes: those of an `InteractionProfile`, and ``n_triples``, how many there were to choose from.

    See Also
    --------
    interplay.beyond_pairs : measures them.
    """

    def __init__(self, dataset: xr.Dataset):
        missing = [name for name in (*ATOMS, "member", "chosen_by", "lag_s") if name not in dataset.variables]
        if missing:
            raise InvalidInput(
                f"a profile of triples must hold {', '.join(ATOMS)}, member, chosen_by and lag_s; "
                f"{', '.join(missing)} are missing. Take one that beyond_pairs returned."
            )
        self.dataset = dataset

    @property
    def triples(self) -> tuple[tuple[str, str, str], ...]:
        """Names of the modalities of each triple."""
        return tuple((str(i), str(j), str(k)) for i, j, k in self.dataset["member"].values)

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities whose labels these values have seen."""
        return tuple(self.dataset.attrs["entities"])

    @property
    def given(self) -> tuple[str, ...]:
        """Confounders that all values are conditioned on."""
        return tuple(self.dataset.attrs.get("given", ()))

    @property
    def axis(self) -> TimeAxis:
        """How its lags are said."""
        return time_axis(self.dataset)

    def significant(self, atom: str) -> np.ndarray:
        """Whether each value of an atom is really there, (triple, third, lag) or of `LEAST` (triple, lag) bool; see
        `interplay.profile.significance`."""
        _check_atom(atom)
        bits, stderr, p_value, q_value = (
            self.dataset[f"{atom}{part}"].values for part in ("", "_stderr", "_p_value", "_q_value")
        )
        return significant(bits, stderr, p_value, q_value)

    def to_dataframe(self) -> pd.DataFrame:
        """One row per triple, third and lag: ``source_i, source_j, third, lag_s`` and every value, in bits."""
        d = self.dataset.drop_vars(("member", "chosen_by"))
        frame = d.to_dataframe(dim_order=list(ARRANGED_DIMS)).reset_index()
        arranged = zip(frame["triple"], frame["third"], strict=True)
        names = [_names(self.triples[triple], PLACES.index(place)) for triple, place in arranged]
        columns = pd.DataFrame(names, columns=["source_i", "source_j", "third"], index=frame.index)
        return pd.concat([columns, frame.drop(columns=["triple", "third"])], axis=1)

    def top(self, n: int = 10, *, atom: str | None = None) -> pd.DataFrame:
        """The strongest values, significant ones first, each at the lag where it is largest.

        Parameters
        ----------
        n : int
        atom : one of `ATOMS`, optional
            "least_synergy", "unique_third" and "redundancy" by default: what a third adds.

        Returns
        -------
        pandas.DataFrame
            Columns ``atom, source_i, source_j, third, lag_s, bits, stderr, p_value, q_value, significant``. Of
            "least_synergy" the order of the three names says nothing.
        """
        rows = self._strongest(atom).head(n)
        rows.insert(4, "lag_s", self.dataset["lag_s"].values[rows["moment"].to_numpy()])
        return rows.drop(columns="moment")

    def sentences(self, n: int = 5, *, atom: str | None = None) -> list[str]:
        """The n strongest significant values in words, with 95 % intervals; parameters are those of `top`."""
        rows = self._strongest(atom)
        return [self._sentence(row) for row in rows[rows["significant"]].head(n).itertuples()]

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write a NetCDF file, such as ``profile.triples.nc`` beside ``profile.nc``."""
        save_triples(self.dataset, Path(path), overwrite=overwrite)
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> "TripleProfile":
        """Read what `save` wrote."""
        try:
            return cls(load_triples(Path(path)))
        except InvalidInput as error:
            raise DamagedFile(f"{path} does not hold whole triples: {error}") from error

    def _strongest(self, atom: str | None) -> pd.DataFrame:
        tables = [self._peaks(name) for name in (ADDED if atom is None else (atom,))]
        rows = pd.concat(tables).sort_values(["significant", "bits"], ascending=False, kind="stable")
        return rows.reset_index(drop=True)

    def _peaks(self, atom: str) -> pd.DataFrame:
        """The largest value of one atom over lags, of every arrangement; of `LEAST` of every triple."""
        _check_atom(atom)
        last = (len(self.triples), 1 if atom == LEAST else 3, -1)
        values, clear = self.dataset[atom].values.reshape(last), self.significant(atom).reshape(last)
        asked = np.where(clear.any(-1, keepdims=True) & ~clear, -np.inf, values)
        triple, third = np.indices(asked.shape[:2]).reshape(2, -1)
        moment = asked.argmax(-1).reshape(-1)

        def at_peak(part: str) -> np.ndarray:
            return self.dataset[f"{atom}{part}"].values.reshape(last)[triple, third, moment]

        places = np.full(len(third), 2) if atom == LEAST else third
        names = [_names(self.triples[t], k) for t, k in zip(triple, places, strict=True)]
        return pd.DataFrame(
            {
                "atom": np.full(len(triple), atom, dtype=object),
                **{
                    column: [each[k] for each in names]
                    for k, column in enumerate(("source_i", "source_j", "third"))
                },
                "moment": moment,
                "bits": at_peak(""),
                "stderr": at_peak("_stderr"),
                "p_value": at_peak("_p_value"),
                "q_value": at_peak("_q_value"),
                "significant": clear[triple, third, moment],
            }
        )

    def _sentence(self, row) -> str:
        bits = f"{with_interval(row.bits, row.stderr)} bits"
        fact = WORDS[row.atom].format(i=row.source_i, j=row.source_j, k=row.third, bits=bits)
        where = f"most {self.axis.when[row.moment]}"
        words = ", ".join(filter(None, (fact, where, given_past(self))))
        return f"{given_in_words(self)}{words}{in_brackets(row.q_value)}."

    def __repr__(self) -> str:
        d = self.dataset
        head = (
            f"TripleProfile of {len(self.triples)} of {d.attrs['n_triples']} triples over {self.axis.span}; target "
            f"entropy {d.attrs['h_y_bits']:.3f} bits"
        )
        return f"{head}\n{self.top(5).to_string(index=False)}" if self.triples else head

    def __eq__(self, other) -> bool:
        return isinstance(other, TripleProfile) and self.dataset.identical(other.dataset)

    __hash__ = None


def _names(triple: tuple[str, str, str], third: int) -> tuple[str, str, str]:
    """The pair, then the third."""
    pair = [name for place, name in enumerate(triple) if place != third]
    return pair[0], pair[1], triple[third]


def _check_atom(atom: str) -> None:
    if atom not in ATOMS:
        raise InvalidInput(f"atom must be one of {list(ATOMS)}; got {atom!r}. Choose one of these.")
