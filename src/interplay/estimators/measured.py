"""The profile of windows that somebody asked for: by default, by an estimator, as it is, or none."""

from sklearn.base import clone

from interplay.data import Windows
from interplay.errors import InvalidInput
from interplay.estimators.base import BaseRUS
from interplay.estimators.posterior.density import DensityPID
from interplay.estimators.posterior.estimator import PosteriorPID
from interplay.estimators.temporal import TemporalRUS
from interplay.profile import InteractionProfile
from interplay.progress import Progress

Chosen = InteractionProfile | TemporalRUS | BaseRUS | str | None
"""A profile, what measures one, "auto", or None for no profile."""


def default_estimator(windows: Windows, random_state: int = 0) -> BaseRUS:
    """`DensityPID` for a number, `PosteriorPID` for classes."""
    return (DensityPID if windows.continuous else PosteriorPID)(random_state=random_state)


def measured_profile(
    chosen: Chosen, windows: Windows, *, random_state: int = 0, progress: Progress | None = None
) -> InteractionProfile | None:
    """A profile that is given, or one measured of these windows.

    Parameters
    ----------
    chosen : InteractionProfile, TemporalRUS, BaseRUS, "auto" or None
        An estimator is cloned; "auto" is `default_estimator`.
    windows : Windows
    random_state : int
        Of the default estimator.
    progress : callable, optional
        Told by what is not a `TemporalRUS` of its own.
    """
    if chosen is None or isinstance(chosen, InteractionProfile):
        return chosen
    if isinstance(chosen, str) and chosen == "auto":
        chosen = default_estimator(windows, random_state)
    if isinstance(chosen, BaseRUS):
        chosen = TemporalRUS(chosen, progress=progress)
    if not isinstance(chosen, TemporalRUS):
        raise InvalidInput(
            "profile must be 'auto', None, an InteractionProfile, or an estimator such as ip.TemporalRUS() to "
            f"measure one in each fit; got {chosen!r}."
        )
    return clone(chosen).fit(windows).profile_
