"""InteractionProfile: what `TemporalRUS` found, as an xarray.Dataset with manners."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from interplay.data import Windows
from interplay.errors import DamagedFile, InvalidInput
from interplay.notebook import table_html
from interplay.probe.instance import InstanceProbe
from interplay.profile.budget import Budget, budget
from interplay.profile.dataset import (
    NOBODY,
    OVER_LAGS,
    PAIR_DIMS,
    RATE,
    REQUIRED,
    check_dataset,
    square_of,
)
from interplay.profile.ranking import check_atom, strongest
from interplay.profile.significance import significant_atoms
from interplay.profile.stored import load_profile, save_profile
from interplay.profile.time_axis import TimeAxis, is_since_event, time_axis


class InteractionProfile:
    """Interactions of all pairs of modalities at all lags.

    Parameters
    ----------
    dataset : xarray.Dataset
        Dims ``source_i``, ``source_j``, ``lag`` (steps): ``redundancy, unique, synergy, joint_mi``, where
        ``unique[i, j]`` is in i and not in j; dims ``source, lag``: ``mi``; all in bits, NaN where i = j.
        Optional: ``adds[i, j]``, what i adds to j, ``novel (source, lag)`` and ``novel_joint (source_i, source_j,
        lag)``, what a lag adds to all more recent ones; ``<name>_stderr``, ``p_value``, ``q_value`` (p-values adjusted
        over all pairs and lags), ``gap_bits`` (solver), ``residual_bits`` (largest violation of a sum rule).
        Coordinate ``lag_s``, seconds.
        Attributes: ``step_s``, ``target_history``, ``given`` (confounders), ``h_y_bits`` (entropy of the target),
        ``classes``, ``class_prior``, ``kind`` ("rate" where all lags were looked at together, with ``lags_s`` of each
        modality), ``entities`` the profile was fitted on, ``n_examples``, ``estimator``, ``parameters``, ``measure`` of
        redundancy, ``version``; where the lag is time since an event also ``event`` and ``bins_s``.
    probe : InstanceProbe, optional
        What `explain` reads new windows with; `PosteriorPID` and `DensityPID` leave one.

    See Also
    --------
    from_arrays : for profiles written by hand.
    """

    def __init__(self, dataset: xr.Dataset, probe: InstanceProbe | None = None):
        check_dataset(dataset)
        self.dataset = dataset
        self.probe = probe

    @classmethod
    def from_arrays(
        cls,
        modalities: Sequence[str],
        *,
        redundancy,
        unique,
        synergy,
        step_s: float,
        h_y_bits: float,
        lags: Sequence[int] | None = None,
        mi=None,
        entities: Sequence[str] | None = None,
    ) -> "InteractionProfile":
        """A profile from plain arrays, in bits.

        Parameters
        ----------
        modalities : M names
        redundancy, unique, synergy : (M, M, L) float
            The diagonal is ignored; ``unique[i, j]`` is in i and not in j.
        step_s : float, s
        h_y_bits : float
            Entropy of the target, to which the model scales the atoms.
        lags : L numbers of steps, optional
            0 .. L-1 by default.
        mi : (M, L) float, optional
            By default the mean of R + U over partners.
        entities : names of the entities that the values were taken from; () if they come from no data, as those of a
            theory do. Without it nobody knows, and no model is trained by the profile.
        """
        n_m = len(modalities)
        r, u, s = (square_of(array, n_m, name) for array, name in
                   ((redundancy, "redundancy"), (unique, "unique"), (synergy, "synergy")))  # fmt: skip
        steps = np.arange(r.shape[2]) if lags is None else np.asarray(lags)
        mi = np.nanmean(r + u, axis=1) if mi is None and n_m > 1 else mi
        mi = np.zeros((n_m, len(steps))) if mi is None else np.asarray(mi, dtype=np.float64)
        data = {
            "redundancy": (PAIR_DIMS, r),
            "unique": (PAIR_DIMS, u),
            "synergy": (PAIR_DIMS, s),
            "joint_mi": (PAIR_DIMS, r + u + u.transpose(1, 0, 2) + s),
            "mi": (("source", "lag"), mi),
        }
        names = list(modalities)
        coords = {"source_i": names, "source_j": names, "source": names, "lag": steps}
        dataset = xr.Dataset(data, coords={**coords, "lag_s": ("lag", steps * float(step_s))})
        dataset.attrs.update(
            step_s=float(step_s),
            h_y_bits=float(h_y_bits),
            target_history=0,
            entities=list(entities or ()),
            estimator="by hand",
        )
        if entities is not None and not len(entities):
            dataset.attrs[NOBODY] = 1
        return cls(dataset)

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(map(str, self.dataset["source"].values))

    @property
    def kind(self) -> str:
        """ "lags": every lag by itself; "rate": all lags together, as `DirectedInformation` measures it."""
        return str(self.dataset.attrs.get("kind", OVER_LAGS))

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities whose labels the profile has seen."""
        return tuple(self.dataset.attrs["entities"])

    @property
    def fitted(self) -> bool:
        """Whether its values come from data, of `entities` or, where there are none, of nobody knows whom."""
        return not self.dataset.attrs.get(NOBODY, 0)

    @property
    def lag_s(self) -> np.ndarray:
        return self.dataset["lag_s"].values

    @property
    def axis(self) -> TimeAxis:
        """What its time is called, in which unit, and how its moments are said."""
        return time_axis(self.dataset)

    @property
    def step_s(self) -> float:
        return float(self.dataset.attrs["step_s"])

    @property
    def given(self) -> tuple[str, ...]:
        """Confounders that all values are conditioned on."""
        return tuple(self.dataset.attrs.get("given", ()))

    @property
    def h_y_bits(self) -> float:
        return float(self.dataset.attrs["h_y_bits"])

    def clipped(self) -> "InteractionProfile":
        """The profile with negative estimates set to zero, for consumers that need non-negative values."""
        return InteractionProfile(
            self.dataset.assign({n: self.dataset[n].clip(min=0.0) for n in REQUIRED}), self.probe
        )

    def to_dataframe(self) -> pd.DataFrame:
        """One row per pair (i before j) and lag, of a rate per pair: atoms with errors, in bits, and p-values.

        Of time since an event, ``start_s`` and ``stop_s`` of each bin stand for ``lag`` and ``lag_s``.
        """
        d = self.dataset
        i, j = np.triu_indices(len(self.modalities), 1)
        n_l = d.sizes["lag"]
        names = np.array(self.modalities, dtype=object)
        frame = {"source_i": names[i].repeat(n_l), "source_j": names[j].repeat(n_l)}
        moments = {} if self.kind == RATE else self.axis.columns
        if "lag_s" in moments:
            moments = {"lag": d["lag"].values, **moments}
        frame |= {name: np.tile(values, len(i)) for name, values in moments.items()}

        def column(variable: str, a, b):
            return d[variable].values[a, b].ravel()

        for suffix in ("", "_stderr"):
            if f"redundancy{suffix}" not in d:
                continue
            frame[f"redundancy{suffix}"] = column(f"redundancy{suffix}", i, j)
            frame[f"unique_i{suffix}"] = column(f"unique{suffix}", i, j)
            frame[f"unique_j{suffix}"] = column(f"unique{suffix}", j, i)
            frame[f"synergy{suffix}"] = column(f"synergy{suffix}", i, j)
            frame[f"joint_mi{suffix}"] = column(f"joint_mi{suffix}", i, j)
        for variable in ("p_value", "q_value", "gap_bits", "residual_bits"):
            if variable in d:
                frame[variable] = column(variable, i, j)
        return pd.DataFrame(frame)

    def significant(self, atom: str) -> np.ndarray:
        """Whether each value of an atom is really there, (M, M, L) bool; see `interplay.profile.significance`."""
        check_atom(atom)
        return significant_atoms(self.dataset, atom)

    def top(self, n: int = 10, *, atom: str | None = None) -> pd.DataFrame:
        """The strongest interactions, significant ones first, each pair and atom at the lag where it is largest.

        Parameters
        ----------
        n : int
        atom : "redundancy", "unique" or "synergy", optional
            All three by default.

        Returns
        -------
        pandas.DataFrame
            Columns ``atom, source_i, source_j, lag_s, bits, low, high, stderr, p_value, q_value, significant``; for
            "unique" the information is in source_i and not in source_j. ``low`` and ``high`` are the ends of a 95 %
            interval. It, error, p- and q-value are NaN where there is none. The lag of a pair is that of its largest
            significant value, if it has one; of a rate it is NaN. Of time since an event ``start_s`` and ``stop_s`` of
            the bin stand for it, and ``when`` says them in words. What is given, if anything, is in ``attrs["given"]``.
        """
        rows, axis = strongest(self, atom).head(n), self.axis
        moment = rows["moment"].to_numpy()
        for k, (name, values) in enumerate(axis.columns.items()):
            rows.insert(3 + k, name, values[moment])
        rows = rows.drop(columns="moment")
        if self.given:
            rows.attrs["given"] = self.given
        return rows.assign(when=np.array(axis.when)[moment]) if is_since_event(self.dataset) else rows

    def sentences(self, n: int = 5, *, atom: str | None = None) -> list[str]:
        """The n strongest interactions in words; see `interplay.profile.sentences`."""
        from interplay.profile.sentences import sentences

        return sentences(self, n, atom)

    def keep(self, k: int) -> Budget:
        """The k modalities that tell most of the target jointly, as far as single modalities and pairs say.

        Each modality and pair counts at the lag where it tells most, and what a pair tells only together counts where
        it is significant. A copy adds nothing to its original; what takes three or more is not seen, see
        `interplay.select_modalities` for what sets tell in data.

        Parameters
        ----------
        k : int, from 1 to the number of modalities

        Returns
        -------
        Budget
            Names, the one that is missed least last, what each adds in bits to those before it, and a `sentence`.

        Examples
        --------
        >>> import interplay as ip
        >>> about = {"step_s": 1.0, "h_y_bits": 1.0, "unique": [[[0], [0.5]], [[0.2], [0]]]}
        >>> profile = ip.InteractionProfile.from_arrays(
        ...     ["ecg", "resp"], redundancy=[[[0], [0.1]]] * 2, synergy=[[[0], [0.1]], [[0.1], [0]]], **about)
        >>> profile.keep(1)
        Budget: 1 of 2, 0.600 bits: ecg
        """
        return budget(self, k)

    def plot_lags(self, source_i: str, source_j: str, ax=None):
        """Atoms of one pair over lag; see `interplay.profile.figures.plot_lags`."""
        from interplay.profile.figures import plot_lags

        return plot_lags(self, source_i, source_j, ax=ax)

    def novel_sentences(self, n: int = 5) -> list[str]:
        """What lags add to all more recent ones, of single modalities and of pairs that add more; see
        `interplay.profile.novelty`."""
        from interplay.profile.novelty import novel_sentences

        return novel_sentences(self, n)

    def plot_novel(self, source: str, ax=None):
        """When the information of a modality arrives; see `interplay.profile.figures.plot_novel`."""
        from interplay.profile.figures import plot_novel

        return plot_novel(self, source, ax=ax)

    def plot_heatmap(self, atom: str = "synergy", lag_s: float | None = None, ax=None):
        """One atom of all pairs; see `interplay.profile.figures.plot_heatmap`."""
        from interplay.profile.figures import plot_heatmap

        return plot_heatmap(self, atom, lag_s=lag_s, ax=ax)

    def explain(self, windows: Windows) -> xr.Dataset:
        """Interactions of each window and token; labels are not looked at (`interplay.probe.instance`).

        Parameters
        ----------
        windows : Windows
            Of the modalities and steps that the profile was estimated from, at least as long as its lags.
            On windows that the profile was estimated from, beliefs are too sure of themselves.

        Returns
        -------
        xarray.Dataset
            In bits. Dims ``window, source, lag``: ``informativeness``, KL(p(y|x) || p(y)) of each token. Dims
            ``window, source_i, source_j, lag``: ``redundancy, unique, synergy`` and their sum ``joint``, the same
            divergence of the pair; NaN where i = j. Single windows may have negative atoms.

        Raises
        ------
        InvalidInput
            If the profile has no probe, or the windows do not fit it.
        """
        if self.probe is None:
            raise InvalidInput(
                "a profile must have a probe to explain windows; this one has none. Estimate it with PosteriorPID, or "
                "of a number DensityPID, with target_history=0 and nothing given, and keep the file that ends in "
                ".probe.safetensors beside the saved profile."
            )
        return self.probe.explain(windows)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write a NetCDF file, and the probe beside it, both or neither; what exists is kept unless `overwrite`."""
        save_profile(self.dataset, self.probe, Path(path), overwrite=overwrite)
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> "InteractionProfile":
        """Read a profile that `save` wrote, with its probe if that lies beside it."""
        dataset, probe = load_profile(Path(path))
        try:
            return cls(dataset, probe)
        except InvalidInput as error:
            raise DamagedFile(f"{path} does not hold a whole profile: {error}") from error

    def __repr__(self) -> str:
        from interplay.profile.sentences import headline

        return f"{headline(self)}\n{self.top(5).to_string(index=False)}"

    def _repr_html_(self) -> str:
        from interplay.profile.sentences import headline

        return table_html(self.top(10), headline(self))

    def __eq__(self, other) -> bool:
        return isinstance(other, InteractionProfile) and self.dataset.identical(other.dataset)

    __hash__ = None
