"""DiscretePID: contingency tables of cells, and the exact solver.

For small alphabets and as ground truth. Letters: M modalities, L lags, N windows, K cells, C classes,
G contexts of the target's past.
"""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from sklearn.base import clone

from interplay.data import Windows, cross_folds
from interplay.errors import InvalidInput
from interplay.estimators.base import BaseRUS
from interplay.estimators.collect import ProfileBuilder, pair_atoms
from interplay.estimators.discretise import MOST_GIVEN, cells_at_lags, in_cells
from interplay.estimators.given import Given
from interplay.estimators.posterior.fold_probe import fold_parts
from interplay.estimators.resampling import WORK_BYTES, check_rotations, rearrangements, tail_p_values
from interplay.estimators.strata import Known
from interplay.estimators.target_history import past_labels
from interplay.info import RedundancyMeasure
from interplay.info.measures import chosen_measure
from interplay.progress import Progress, silent
from interplay.units import nats

CELLS = ("kmeans", "quantile", "given")
CORRECTIONS = ("miller-madow", "shuffle", "none")

FOLDS = 5
"""Of what reads a confounder with many values."""


class DiscretePID(BaseRUS):
    """Interactions about a categorical target from counts.

    Parameters
    ----------
    cells : "kmeans", "quantile" or "given"
        How a step becomes a cell: the nearest of `n_cells` centres; quantile bins, for one channel with one
        sample per step; or every distinct step is a cell of its own. Unobserved steps are a cell too.
    n_cells : int
        Cells of each modality; of no use where they are given.
    correction : "miller-madow", "shuffle" or "none"
        Of the upward bias of plug-in information. Miller-Madow subtracts (surplus of occupied cells) / 2N
        from I1, I2 and I12, and from I_Q the larger of the first two; shuffling subtracts the mean over
        rearranged sources.
    target_history : int
        h, how many of the target's own last labels are conditioned on; atoms are averaged over pasts.
    given : str or list of str, optional
        Confounders that are conditioned on, see `interplay.estimators.given`; of numbers in strata, within which what
        is left of them still counts.
    tol_bits : float
        Certified accuracy of the solver.
    measure : RedundancyMeasure, optional
        What counts as redundant; BROJA by default.
    n_shuffles : int
        Rearrangements behind the shuffle correction.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    n_rotations : int
        Rearrangements of the sources in time, or between entities, behind each p-value.
    random_state : int
        Seed of all that is drawn.

    References
    ----------
    Miller G. (1955), Note on the bias of information estimates. Bertschinger et al., Entropy 2014.
    """

    counts_cells = True

    def __init__(
        self,
        *,
        cells: str = "kmeans",
        n_cells: int = 8,
        correction: str = "miller-madow",
        target_history: int = 0,
        given: str | list[str] | None = None,
        tol_bits: float = 1e-6,
        measure: RedundancyMeasure | None = None,
        n_shuffles: int = 10,
        n_bootstrap: int = 200,
        n_rotations: int = 199,
        random_state: int = 0,
    ):
        self.cells = cells
        self.n_cells = n_cells
        self.correction = correction
        self.target_history = target_history
        self.given = given
        self.tol_bits = tol_bits
        self.measure = measure
        self.n_shuffles = n_shuffles
        self.n_bootstrap = n_bootstrap
        self.n_rotations = n_rotations
        self.random_state = random_state

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Progress = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`."""
        for name, known in (("cells", CELLS), ("correction", CORRECTIONS)):
            if getattr(self, name) not in known:
                raise InvalidInput(f"{name} must be one of {list(known)}; got {getattr(self, name)!r}.")
        if self.n_cells < 2:
            raise InvalidInput(f"n_cells must be at least 2, or nothing is told apart; got {self.n_cells}.")
        rng = np.random.default_rng(self.random_state)
        windows, past = past_labels(windows, self.target_history)
        given = Given.of(windows, self.given, lags)
        windows, known = given.windows, self._known(given, past)
        builder = ProfileBuilder(windows, lags, n_bootstrap=self.n_bootstrap, rng=rng, pairs=self.pairs)
        cell = cells_at_lags(windows, lags, self.cells, self.n_cells, self.random_state)
        y, n_classes = torch.from_numpy(windows.y), len(windows.classes)
        group = torch.from_numpy(known.context)
        check_rotations(self.n_rotations)
        draws = max(self.n_rotations, self.n_shuffles)
        rearranged = torch.from_numpy(rearrangements(windows, windows.length, draws, rng, known.stratum))
        alone = []
        for codes in cell:
            source = _Source(_Counts(codes[None], y, group, n_classes), rearranged, self.n_rotations)
            alone.append(source)
            builder.add_modality(
                source.counts.pointwise(),
                shift=-self._bias(source.counts, source.null),
                doubt=source.counts.doubt(source.null),
                p_value=source.p_value.numpy(),
            )
        for k, (i, j) in enumerate(builder.pairs):
            self._add_pair(builder, alone[i], alone[j], rearranged)
            progress((k + 1) / len(builder.pairs))
        return builder.dataset()

    def side_by_side(self, windows: Windows, names: Sequence[str]) -> tuple[BaseRUS, Windows]:
        """See `BaseRUS.side_by_side`: cells of two are pairs of the cells of each, and no coarser."""
        if self.cells != "given" and self.n_cells**2 > MOST_GIVEN:
            raise InvalidInput(
                f"n_cells must be at most {int(MOST_GIVEN**0.5)} where two modalities are one source, since every "
                f"pair of cells is one; got {self.n_cells}. Ask for fewer cells."
            )
        cells = in_cells(windows, names, self.cells, self.n_cells, self.random_state)
        return clone(self).set_params(cells="given"), cells

    def _known(self, given: Given, past: np.ndarray) -> Known:
        """What is known before the sources are counted; folds are those of what reads a confounder with many values."""
        windows, parts = given.windows, []
        if given.columns.shape[1]:
            within = given.within_entities
            fold = cross_folds(windows, FOLDS, seed=self.random_state, within_entities=within)
            parts = fold_parts(windows, fold)
        return Known.of(given, past, parts, len(windows.classes), self.random_state)

    def _add_pair(
        self, builder: ProfileBuilder, one: "_Source", two: "_Source", rearranged: torch.Tensor
    ) -> None:
        first, second = one.counts, two.counts
        joint = first.beside(second)
        null = joint.rearranged(rearranged)
        least, gap = _least(first, second, self._measure)
        i1, i2, i12 = first.pointwise(), second.pointwise(), joint.pointwise()
        b1, b2, b12 = self._bias(first, one.null), self._bias(second, two.null), self._bias(joint, null)
        b_q = self._least_bias(first, second, b1, b2, rearranged)
        d1, d2, d12 = first.doubt(one.null), second.doubt(two.null), joint.doubt(null)
        shifts = {name: -value for name, value in pair_atoms(b1, b2, b_q, b12).items()}
        doubts = {name: value.abs() for name, value in pair_atoms(d1, d2, torch.maximum(d1, d2), d12).items()}
        draws = rearranged[: self.n_rotations]
        # what each adds to the other, which is what is unique to it and what only both tell
        adds = [joint.p_value(joint.rearranged(draws, moved=(k,))) for k in (0, 1)]
        p_values = {
            "redundancy": torch.maximum(one.p_value, two.p_value),
            "unique_ij": torch.maximum(one.p_value, adds[0]),
            "unique_ji": torch.maximum(two.p_value, adds[1]),
            "synergy": torch.maximum(*adds),
        }
        p_value = joint.p_value(null[: self.n_rotations])
        builder.add_pair(
            i1, i2, least, i12, p_value=p_value, p_values=p_values, gap_nats=gap, shifts=shifts, doubts=doubts
        )

    @property
    def _measure(self) -> RedundancyMeasure:
        return chosen_measure(self.measure, tol_bits=self.tol_bits)

    def _bias(self, counted: "_Counts", null: torch.Tensor) -> torch.Tensor:
        """Upward bias of plug-in information, nats (L,); `null` (R, L) is that of rearranged sources."""
        if self.correction == "miller-madow":
            return counted.miller_madow()
        if self.correction == "shuffle":
            return null[: self.n_shuffles].mean(0)
        return torch.zeros(counted.codes.shape[1], dtype=torch.float64)

    def _least_bias(self, first, second, b1, b2, rearranged) -> torch.Tensor:
        """The same of I_Q."""
        if self.correction != "shuffle":
            return torch.maximum(b1, b2)
        shuffled = [
            _least(first.of(window), second.of(window), self._measure)[0].mean(-1)
            for window in rearranged[: self.n_shuffles]
        ]
        return torch.stack(shuffled).mean(0)


class _Source:
    """One modality alone: its counts, what its rearranged cells tell, nats (R, L), and the p-value of what it tells."""

    def __init__(self, counts: "_Counts", rearranged: torch.Tensor, n_rotations: int):
        self.counts = counts
        self.null = counts.rearranged(rearranged)
        self.p_value = counts.p_value(self.null[:n_rotations])


class _Counts:
    """Counts of one or two sources' cells against the target, in every context.

    Parameters
    ----------
    codes : (S, L, N) int64, cells of S sources
    y : (N,) int64
    group : (N,) int64, contexts
    n_classes : int
    """

    def __init__(self, codes: torch.Tensor, y: torch.Tensor, group: torch.Tensor, n_classes: int):
        self.codes, self.y, self.group, self.n_classes = codes, y, group, n_classes
        self.n_cells = int(codes.max()) + 1
        self.size = self.n_cells ** len(codes)
        place = self.n_cells ** torch.arange(len(codes) - 1, -1, -1)
        self.by_source = codes * place[:, None, None]
        self.cell = self.by_source.sum(0)
        self.n_groups = int(group.max()) + 1
        lag = torch.arange(codes.shape[1])[:, None]
        self.base = (lag * self.n_groups + group) * self.size * n_classes + y

    def of(self, window: torch.Tensor) -> "_Counts":
        """Sources of other windows (N,) beside the same labels."""
        return _Counts(self.codes[..., window], self.y, self.group, self.n_classes)

    def beside(self, other: "_Counts") -> "_Counts":
        """Both sources together."""
        return _Counts(torch.cat([self.codes, other.codes]), self.y, self.group, self.n_classes)

    def table(self) -> torch.Tensor:
        """Counts (L, G, size, C) float64."""
        return self._counted(self.base + self.cell * self.n_classes)

    def rearranged(self, windows: torch.Tensor, moved: tuple[int, ...] = (0, 1)) -> torch.Tensor:
        """Plug-in information given the context where the sources `moved`, by number, are those of other windows (R, N)
        and the others stay, nats (R, L)."""
        sources = set(range(len(self.codes)))
        moving = self.by_source[sorted(sources & set(moved))].sum(0) * self.n_classes
        staying = self.base + self.by_source[sorted(sources - set(moved))].sum(0) * self.n_classes
        n_l = len(self.cell)
        at_once = max(1, int(WORK_BYTES // (8 * n_l * self.n_groups * self.size * self.n_classes)))
        return torch.cat(
            [
                _information(torch.stack([self._counted(staying + moving[:, w]) for w in some]))
                for some in windows.split(at_once)
            ]
        )

    def _counted(self, index: torch.Tensor) -> torch.Tensor:
        shape = (len(self.cell), self.n_groups, self.size, self.n_classes)
        return torch.bincount(index.flatten(), minlength=int(np.prod(shape))).view(shape).double()

    def pointwise(self) -> torch.Tensor:
        """log p(y | cell, context) / p(y | context) of every window, (L, N)."""
        counts = self.table()
        ratio = torch.log(counts * counts.sum((-2, -1), keepdim=True)) - torch.log(
            counts.sum(-1, keepdim=True) * counts.sum(-2, keepdim=True)
        )
        return self.read(ratio, self.cell)

    def read(self, values: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
        """Entries of tables (L, G, K, C) at each window, (L, N)."""
        lag = torch.arange(len(cell))[:, None]
        return values[lag, self.group, cell, self.y]

    def miller_madow(self) -> torch.Tensor:
        """(occupied pairs - occupied cells - occupied classes + 1) / 2N, summed over contexts, nats (L,)."""
        full = self.table() > 0
        surplus = full.sum((-2, -1)) - full.any(-1).sum(-1) - full.any(-2).sum(-1) + 1
        return surplus.sum(-1).double() / (2 * len(self.y))

    def doubt(self, null: torch.Tensor) -> torch.Tensor:
        """How far two estimates of the bias are apart, nats (L,).

        That of Miller and Madow is too small where most pairs of cell and class are not met; that of rearranged sources
        (R, L) is of sources that tell nothing, which meet more of them.
        """
        return (self.miller_madow() - null.mean(0)).abs()

    def p_value(self, null: torch.Tensor) -> torch.Tensor:
        """How often rearranged sources (R, L) tell as much, (L,)."""
        # counts repeat exactly; ties count against the finding
        seen = _information(self.table()) - 1e-12
        return tail_p_values(seen * len(self.y), null.T * len(self.y))


def _information(counts: torch.Tensor) -> torch.Tensor:
    """Plug-in I(cell; Y | context) of counts (..., G, K, C), nats (...)."""

    def summed(part: torch.Tensor) -> torch.Tensor:
        return torch.special.xlogy(part, part).sum((-3, -2, -1))

    total = counts.sum((-2, -1), keepdim=True)
    cells, classes = counts.sum(-1, keepdim=True), counts.sum(-2, keepdim=True)
    n = total.sum((-3, -2, -1))
    return (summed(counts) + summed(total) - summed(cells) - summed(classes)) / n


def _least(first: _Counts, second: _Counts, measure: RedundancyMeasure) -> tuple[torch.Tensor, torch.Tensor]:
    """Pointwise union information (L, N), and the solver's gap (L,) averaged over contexts, nats."""
    counts = [source.table() for source in (first, second)]
    total = counts[0].sum((-2, -1))
    p1, p2 = (table / total[..., None, None] for table in counts)
    union = measure.union_information(p1.flatten(0, 1), p2.flatten(0, 1))
    n_g = total.shape[1]
    one, two = (source.cell.repeat_interleave(n_g, 0) for source in (first, second))
    by_context = union.log_score(one, two, first.y[None]).unflatten(0, total.shape)
    log_p = by_context.gather(1, first.group.expand(len(total), 1, -1))[:, 0]
    log_prior = torch.log(p1.sum(-2))[:, first.group, first.y]
    weight = total / total.sum(-1, keepdim=True)
    return log_p - log_prior, nats((union.gap_bits.view(total.shape) * weight).sum(-1))
