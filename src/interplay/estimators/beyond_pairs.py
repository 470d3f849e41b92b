"""beyond_pairs: what a third modality adds to a pair, by any estimator of pairs: the pair is laid out as one source."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import xarray as xr

from interplay.data import Windows
from interplay.data.pasts import pasts
from interplay.errors import InvalidInput
from interplay.estimators.base import BaseRUS
from interplay.estimators.given import names_given
from interplay.estimators.novel import with_additions
from interplay.estimators.predictions import PredictionsPID
from interplay.estimators.temporal import as_profile, fresh_estimator, steps_of_lags
from interplay.estimators.triple_screening import Chosen, Triple, choose_triples
from interplay.profile import InteractionProfile, TripleProfile
from interplay.profile.dataset import OVER_LAGS
from interplay.profile.significance import familywise, larger_p_value
from interplay.profile.triples import ARRANGED, ARRANGED_DIMS, ATOMS, DIMS, LEAST, PLACES
from interplay.progress import Progress, shown

SCREENING = 0.1
"""About the share of the work that choosing triples is, for the progress."""

ONE = "as one: "
"""What the name of a pair that is one source begins with."""


def beyond_pairs(
    windows: Windows,
    profile: InteractionProfile | None = None,
    *,
    triples: Sequence[Sequence[str]] | None = None,
    estimator: BaseRUS | type[BaseRUS] | str | None = None,
    lags_s=None,
    most: int = 12,
    progress: Progress | None = None,
) -> TripleProfile:
    """What a third modality adds to a pair, for chosen triples or those that look promising.

    Of each triple every modality in turn is the third, and the other two, side by side, are one source. Redundancy,
    uniqueness and synergy of these two sources are measured as those of any pair are: held out, signed, with standard
    errors and p-values. All three modalities are taken at the same lag.

    Parameters
    ----------
    windows : Windows
        Training windows; entities may not be evaluated on afterwards.
    profile : InteractionProfile, optional
        Of the same modalities. Its lags are measured, unless `lags_s` says others, and it says which modalities tell
        something when triples are chosen.
    triples : sequence of three names each, optional
        Without it at most `most` are chosen (`interplay.estimators.triple_screening`).
    estimator : BaseRUS, class or str, optional
        As of `interplay.TemporalRUS`, but not `PredictionsPID`. One that counts cells (`DiscretePID`) has as many for a
        pair as there are pairs of cells, at most 256: few cells of each are better.
    lags_s : sequence of float, s, optional
        Every step of the window, or lag of the profile, by default.
    most : int
        Triples that are chosen.
    progress : callable, optional
        Told the share of the work that is done, from 0 to 1; by default a bar on a terminal.

    Returns
    -------
    TripleProfile
        Without triples where none looks promising. p-values are adjusted over all triples that could have been
        chosen, so that choosing by the same windows costs nothing in honesty.

    Raises
    ------
    InvalidInput
        If a name is unknown, there are fewer than three sources, or the profile is of others.

    References
    ----------
    Stramaglia et al. (2021), Quantifying dynamical high-order interdependencies from the O-information. Rosas et al.
    (2019), Phys. Rev. E 100, 032305.

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> a, b, c = np.random.default_rng(0).integers(0, 2, (3, 500))
    >>> windows = ip.windows_from_arrays({"a": a[:, None], "b": b[:, None], "c": c[:, None]}, a ^ b ^ c, steps=1)
    >>> counts = ip.DiscretePID(cells="given")
    >>> ip.beyond_pairs(windows, estimator=counts).top(1)["atom"].item()
    'least_synergy'
    """
    fresh = fresh_estimator(estimator)
    given = names_given(getattr(fresh, "given", None))
    sources = [name for name in windows.modalities if name not in given]
    _check(fresh, windows, sources, profile)
    if lags_s is None and profile is not None:
        lags_s = profile.lag_s.tolist()
    lags = steps_of_lags(windows, lags_s)
    with shown(progress, "triples") as tell:
        if triples is None:
            if len(sources) < 3 or most < 1:
                raise InvalidInput(
                    f"there must be three sources at least, and most at least 1; got {sources} and {most}. Give more "
                    "modalities."
                )
            history = int(getattr(fresh, "target_history", 0))
            chosen = choose_triples(windows, sources, lags, history, most, profile)
        else:
            named = tuple(_checked(each, sources) for each in triples)
            chosen = Chosen(named, ("name",) * len(named), len(named))
        tell(SCREENING)
        asked, readable = fresh.side_by_side(windows, sources)
        asked.pairs = [(_one(pair), third) for each in chosen.triples for pair, third in _arrangements(each)]
        singles = windows.modalities if not chosen.triples else given
        grouped = pasts(readable, _members(readable, chosen.triples, singles))
        measured = asked.estimate(grouped, lags, lambda done: tell(SCREENING + (1 - SCREENING) * done))
    attrs = as_profile(measured, fresh, windows).dataset.attrs
    dataset = _of_triples(with_additions(measured), chosen)
    dataset.attrs.update(attrs, n_triples=chosen.n_triples)
    return TripleProfile(dataset)


def _check(
    estimator: BaseRUS, windows: Windows, sources: Sequence[str], profile: InteractionProfile | None
) -> None:
    if isinstance(estimator, PredictionsPID):
        raise InvalidInput(
            "beyond_pairs must read the modalities themselves; PredictionsPID has what others said of single ones and "
            "pairs. Decompose p1 of the pair, p2 of the third and p12 of all three with decompose_predictions."
        )
    estimator.check(windows, what="the windows to estimate from")
    if profile is None:
        return
    if not set(sources) <= set(profile.modalities) or profile.kind != OVER_LAGS or len(profile.axis.edges):
        raise InvalidInput(
            f"the profile must be over lags, of the sources {list(sources)}; it is of {list(profile.modalities)} over "
            f"{profile.axis.span}. Leave it out, or pass that of TemporalRUS."
        )


def _checked(triple: Sequence[str], sources: Sequence[str]) -> Triple:
    names = tuple(triple)
    if isinstance(triple, str) or len(set(names)) != 3 or len(names) != 3 or not set(names) <= set(sources):
        raise InvalidInput(
            f"a triple must be three different modalities of {list(sources)}; got {triple!r}. Correct the names."
        )
    return names


def _arrangements(triple: Triple) -> list[tuple[tuple[str, str], str]]:
    """The pair and the third, by the place of the third."""
    i, j, k = triple
    return [((j, k), i), ((i, k), j), ((i, j), k)]


def _one(pair: Sequence[str]) -> str:
    """The name of a pair that is one source, whichever way round."""
    return ONE + " and ".join(sorted(pair))


def _members(
    windows: Windows, triples: Sequence[Triple], others: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Every source that is asked about -> its modalities, of the same step; and other modalities that must be there."""
    names = dict.fromkeys([*(name for each in triples for name in each), *others])
    singles = {name: [(name, 0)] for name in names if name in windows.modalities}
    return singles | {
        _one(pair): [(name, 0) for name in pair] for each in triples for pair in combinations(each, 2)
    }


def _of_triples(measured: xr.Dataset, chosen: Chosen) -> xr.Dataset:
    """The variables of `TripleProfile`, from those of a profile whose pairs are a pair and a third."""
    n_l, n_t = measured.sizes["lag"], len(chosen.triples)
    arranged = [(_one(pair), third) for each in chosen.triples for pair, third in _arrangements(each)]
    pair, third = (np.array([each[k] for each in arranged], dtype=object) for k in (0, 1))
    source = measured["source"].values.tolist()
    one, other = (np.array([source.index(name) for name in names], dtype=np.int64) for names in (pair, third))

    def read(variable: str, *at: np.ndarray) -> np.ndarray:
        values = (
            measured[variable].values
            if variable in measured
            else np.full((len(source),) * len(at) + (n_l,), np.nan)
        )
        return values[at].reshape(n_t, 3, n_l)

    places = {
        "redundancy": ("redundancy", one, other),
        "unique_pair": ("unique", one, other),
        "unique_third": ("unique", other, one),
        "synergy": ("synergy", one, other),
        "joint_mi": ("joint_mi", one, other),
        "adds": ("adds", other, one),
        "mi_pair": ("mi", one),
        "mi_third": ("mi", other),
    }
    data = {
        f"{name}{part}": read(f"{variable}{part}", *at)
        for name, (variable, *at) in places.items()
        for part in ("", "_stderr")
    }
    for name in ARRANGED:
        variable, *at = places[name]
        chance = read(f"{variable}_p_value" if f"{variable}_p_value" in measured else "p_value", *at)
        data[f"{name}_p_value"] = larger_p_value(data[name], data[f"{name}_stderr"], chance)
    data |= _of_three(data)
    data |= _adjusted(data, chosen.n_triples)
    dims = {3: ARRANGED_DIMS, 2: DIMS}
    return xr.Dataset(
        {name: (dims[value.ndim], value) for name, value in data.items()},
        coords={
            "triple": np.arange(n_t),
            "third": list(PLACES),
            "lag": measured["lag"].values,
            "lag_s": ("lag", measured["lag_s"].values),
            "member": (("triple", "third"), np.array(chosen.triples, dtype=str).reshape(n_t, 3)),
            "chosen_by": ("triple", np.array(chosen.by, dtype=str)),
        },
    )


def _of_three(data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is said of a triple as a whole, (triple, lag).

    The target raises the dual total correlation of three by the sum of what each adds to the other two, and the total
    correlation by what they tell together; the O-information is the latter less the former. Errors of sums are sums of
    errors, which no correlation makes too small.
    """
    least = data["synergy"].argmin(1)[:, None]
    added, error = data["adds"].sum(1), data["adds_stderr"].sum(1)
    return {
        LEAST: np.take_along_axis(data["synergy"], least, 1)[:, 0],
        f"{LEAST}_stderr": np.take_along_axis(data["synergy_stderr"], least, 1)[:, 0],
        # all three must be there, so the least sure counts
        f"{LEAST}_p_value": data["synergy_p_value"].max(1),
        "dual_total_correlation": added,
        "dual_total_correlation_stderr": error,
        "o_information": data["joint_mi"].mean(1) - added,
        "o_information_stderr": data["joint_mi_stderr"].mean(1) + error,
    }


def _adjusted(data: dict[str, np.ndarray], n_triples: int) -> dict[str, np.ndarray]:
    """q-values over all atoms, arrangements and lags of all triples that there were to choose from."""
    raw = [data[f"{name}_p_value"] for name in ATOMS]
    n_l = raw[0].shape[-1]
    flat = np.concatenate([each.reshape(-1) for each in raw])
    q = familywise(flat, n_triples * n_l * (1 + 3 * len(ARRANGED)))
    parts = np.split(q, np.cumsum([each.size for each in raw])[:-1])
    return {
        f"{name}_q_value": part.reshape(each.shape)
        for name, part, each in zip(ATOMS, parts, raw, strict=True)
    }
