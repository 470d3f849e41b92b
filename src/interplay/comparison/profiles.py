"""Profiles held against one another: the difference of every atom, its interval, and whether it is really there.

Letters: M modalities, L lags that both have.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from interplay.comparison.settings import Facts, differing, facts_of_profile
from interplay.errors import InvalidInput
from interplay.profile import PAIR_ATOMS, InteractionProfile
from interplay.profile.dataset import RATE
from interplay.profile.significance import RESOLUTION_BITS, Z_95, q_values, significant
from interplay.profile.time_axis import is_since_event

ONE_ATOM = ["profile", "atom", "source_i", "source_j"]
"""What a difference is of, at any lag."""

BY_HAND = "by hand"
NEAR_S = 1e-6
"""Lags that are nearer than this are the same, s."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ProfileComparison:
    """What differs between the first of some profiles and each of the others.

    Attributes
    ----------
    names : what the profiles are called, the first first
    differences : DataFrame
        A row for each other profile, atom, pair and lag that both have: ``profile, atom, source_i, source_j, lag_s``
        (NaN of a rate; of time since an event also ``when``); ``a`` and ``b``, bits in the first and in this profile,
        with ``a_stderr`` and ``b_stderr``, and ``a_clear`` and ``b_clear``, whether each is really there;
        ``difference``, b - a, with ``stderr, low, high`` (95 %), ``p_value`` (normal, two-sided), ``q_value`` (adjusted
        over all rows) and ``clear``, by the rule of `interplay.profile.significance`, which the larger of the two must
        pass by itself, too. Error and p-values are NaN where a profile has no errors.
    lacking : sentences about what only one side has, and what cannot be judged
    settings : DataFrame, a row for each setting that differs and a column for each profile
    """

    names: tuple[str, ...]
    differences: pd.DataFrame
    lacking: tuple[str, ...]
    settings: pd.DataFrame

    def top(self, n: int = 10) -> pd.DataFrame:
        """The largest differences, clear ones first, each atom of a pair at the lag where it differs most, and
        ``clear_lags``, at how many it is clear."""
        rows = self.differences.assign(size=self.differences["difference"].abs())
        rows["clear_lags"] = rows.groupby(ONE_ATOM)["clear"].transform("sum")
        rows = rows.sort_values(["clear", "size"], ascending=False, kind="stable")
        return rows.drop_duplicates(ONE_ATOM).drop(columns="size").head(n).reset_index(drop=True)

    def in_words(self, n: int = 10) -> str:
        """The n largest differences that are clear, what is lacking, and settings that differ."""
        from interplay.comparison.words import profiles_in_words

        return profiles_in_words(self, n)

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {
            "kind": "profiles",
            "names": list(self.names),
            "differences": self.differences.to_dict("records"),
            "lacking": list(self.lacking),
            "settings": self.settings.reset_index().to_dict("records"),
        }

    def __repr__(self) -> str:
        from interplay.comparison.words import profiles_headline

        return f"ProfileComparison: {profiles_headline(self)}"

    def _repr_html_(self) -> str:
        from interplay.notebook import table_html

        return table_html(self.top(), repr(self))


def compare_profiles(profiles: Sequence[InteractionProfile], names: Sequence[str]) -> ProfileComparison:
    """Hold profiles against the first of them.

    Parameters
    ----------
    profiles : two or more InteractionProfile
        Of one kind of lag and of the same classes; modalities and lags are matched by name and time.
    names : what to call them

    Raises
    ------
    InvalidInput
        If two profiles have no pair or no lag in common, or are about different things.
    """
    first, *others = profiles
    tables, lacking = [], []
    for name, other in zip(names[1:], others, strict=True):
        _check_alike(first, other, names[0], name)
        tables.append(_differences(first, other, names[0], name))
        lacking += _lacking(first, other, names[0], name)
    rows = pd.concat(tables, ignore_index=True)
    if rows.empty:
        raise InvalidInput(
            f"profiles must have an atom that is known in both to be compared; {', '.join(names)} have none. Estimate "
            "them anew."
        )
    rows["q_value"] = q_values(rows["p_value"].to_numpy())
    rows["clear"] = _clear(rows)
    lacking += _without_errors(profiles, names)
    facts: list[Facts] = [facts_of_profile(profile) for profile in profiles]
    return ProfileComparison(
        names=tuple(names), differences=rows, lacking=tuple(lacking), settings=differing(facts, names)
    )


def _clear(rows: pd.DataFrame) -> np.ndarray:
    """Whether each difference is really there."""
    beyond = significant(rows["difference"].abs(), rows["stderr"], rows["p_value"], rows["q_value"])
    # nothing tells less than nothing: where even the larger value is not really there, the smaller one is noise
    larger = np.where(rows["difference"] > 0, rows["b_clear"], rows["a_clear"])
    # without an error on either side nothing is known of the difference, which the rule takes for a value by hand
    return np.asarray(beyond) & larger & np.isfinite(rows["stderr"].to_numpy())


def _check_alike(a: InteractionProfile, b: InteractionProfile, name_a: str, name_b: str) -> None:
    """Refuse profiles whose numbers mean different things."""
    for what, of_a, of_b in (
        ("one kind of lag", a.kind, b.kind),
        ("the same event", a.dataset.attrs.get("event"), b.dataset.attrs.get("event")),
    ):
        if of_a != of_b:
            raise InvalidInput(
                f"profiles must be of {what} to be compared; {name_a} has {of_a!r} and {name_b} {of_b!r}. Estimate "
                "both in the same way."
            )
    classes_a, classes_b = (list(profile.dataset.attrs.get("classes", ())) for profile in (a, b))
    if classes_a and classes_b and sorted(classes_a) != sorted(classes_b):
        raise InvalidInput(
            f"profiles must be about the same classes to be compared; {name_a} has {classes_a} and {name_b} "
            f"{classes_b}. Compare profiles of one target."
        )
    if len(_shared(a, b)) < 2:
        raise InvalidInput(
            f"profiles must have two modalities in common to be compared; {name_a} has {list(a.modalities)} and "
            f"{name_b} {list(b.modalities)}. Give streams the same names in both."
        )
    if a.kind != RATE and not len(_lags(a, b)[0]):
        raise InvalidInput(
            f"profiles must have a lag in common to be compared; {name_a} has {_seconds(a.lag_s)} and {name_b} "
            f"{_seconds(b.lag_s)}. Estimate both with the same lags_s."
        )


def _differences(a: InteractionProfile, b: InteractionProfile, name_a: str, name_b: str) -> pd.DataFrame:
    """Every atom of the pairs and lags that both have, without q-values."""
    names = _shared(a, b)
    at_a, at_b = ([profile.modalities.index(name) for name in names] for profile in (a, b))
    lag_a, lag_b = ([0], [0]) if a.kind == RATE else _lags(a, b)
    lag_s = np.full(1, np.nan) if a.kind == RATE else a.lag_s[lag_a]
    when = np.array(a.axis.when, dtype=object)[lag_a]
    tables = []
    for atom in PAIR_ATOMS:
        off = ~np.eye(len(names), dtype=bool)
        i, j = np.nonzero(off if atom == "unique" else np.triu(off))
        values = {}
        for side, profile, at, lags in (("a", a, at_a, lag_a), ("b", b, at_b, lag_b)):
            square = np.ix_(at, at, lags)
            values[side] = profile.dataset[atom].values[square][i, j]
            values[f"{side}_stderr"] = _stderr(profile, atom)[square][i, j]
            values[f"{side}_clear"] = profile.significant(atom)[square][i, j]
        n_l = len(lag_s)
        table = {
            "profile": name_b,
            "atom": atom,
            "source_i": np.array(names, dtype=object)[i].repeat(n_l),
            "source_j": np.array(names, dtype=object)[j].repeat(n_l),
            "lag_s": np.tile(lag_s, len(i)),
            **({"when": np.tile(when, len(i))} if is_since_event(a.dataset) else {}),
            **{name: value.ravel() for name, value in values.items()},
        }
        tables.append(pd.DataFrame(table))
    return _judged(pd.concat(tables, ignore_index=True))


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """The difference of each row, its interval and its p-value; rows without a value on one side are left out."""
    rows = rows[rows["a"].notna() & rows["b"].notna()].reset_index(drop=True)
    difference = rows["b"] - rows["a"]
    stderr = np.hypot(rows["a_stderr"], rows["b_stderr"])
    return rows.assign(
        difference=difference,
        stderr=stderr,
        low=difference - Z_95 * stderr,
        high=difference + Z_95 * stderr,
        # an error below what the solver certifies is none
        p_value=2 * norm.sf(difference.abs() / np.hypot(stderr, RESOLUTION_BITS)),
    )


def _stderr(profile: InteractionProfile, atom: str) -> np.ndarray:
    """Standard errors of an atom, (M, M, L); 0 of what was written by hand, NaN where an estimate has none."""
    d = profile.dataset
    if f"{atom}_stderr" in d:
        return d[f"{atom}_stderr"].values
    return np.full(d[atom].shape, 0.0 if _is_by_hand(profile) else np.nan)


def _is_by_hand(profile: InteractionProfile) -> bool:
    return profile.dataset.attrs.get("estimator") == BY_HAND


def _shared(a: InteractionProfile, b: InteractionProfile) -> list[str]:
    """Modalities of both, in the order of the first."""
    return [name for name in a.modalities if name in b.modalities]


def _lags(a: InteractionProfile, b: InteractionProfile) -> tuple[list[int], list[int]]:
    """Numbers of the lags that both have, in a and in b."""
    at_a, at_b = np.nonzero(np.abs(a.lag_s[:, None] - b.lag_s[None]) < NEAR_S)
    return at_a.tolist(), at_b.tolist()


def _lacking(a: InteractionProfile, b: InteractionProfile, name_a: str, name_b: str) -> Iterator[str]:
    """What one of two profiles has and the other lacks; and that both rest on the same entities."""
    for profile, other, name, without in ((a, b, name_a, name_b), (b, a, name_b, name_a)):
        more = [modality for modality in profile.modalities if modality not in other.modalities]
        if more:
            yield f"Only {name} has {', '.join(more)}, which {without} lacks."
        if a.kind != RATE:
            lags = np.delete(profile.lag_s, _lags(profile, other)[0])
            if len(lags):
                yield f"Only {name} has lags of {_seconds(lags)}, which {without} lacks."
    both = set(a.entities) & set(b.entities)
    if both:
        yield (
            f"{name_a} and {name_b} were estimated from {len(both)} of the same entities: intervals of their "
            "differences are then rather too wide than too narrow."
        )


def _without_errors(profiles: Sequence[InteractionProfile], names: Sequence[str]) -> Iterator[str]:
    for profile, name in zip(profiles, names, strict=True):
        if "synergy_stderr" in profile.dataset:
            continue
        if _is_by_hand(profile):
            yield f"{name} was written by hand, without errors: its values are taken as exact."
        else:
            yield (
                f"{name} has no errors, so that nothing can be called clear. Estimate it again with n_bootstrap of at "
                "least 100."
            )


def _seconds(lags_s: np.ndarray) -> str:
    return f"{', '.join(f'{lag:g}' for lag in lags_s)} s"
