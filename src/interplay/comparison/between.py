"""compare: profiles or runs, from memory or from disk, held against the first of them."""

from collections.abc import Sequence
from pathlib import Path

from interplay.comparison.profiles import ProfileComparison, compare_profiles
from interplay.comparison.runs import RunComparison, compare_runs
from interplay.errors import InvalidInput
from interplay.profile import InteractionProfile
from interplay.train import Run, load_run

Source = Run | InteractionProfile | str | Path


def compare(
    *sources: Source, names: Sequence[str] | None = None, trust: bool = False
) -> ProfileComparison | RunComparison:
    """What differs between profiles, or between runs, with intervals and a test.

    Parameters
    ----------
    *sources : two or more InteractionProfile or Run, or paths of them
        A profile is a file, a run a folder. The others are held against the first.
    names : what to call them, optional
        By default the names of their files or folders.
    trust : bool
        Whether to import parts that runs on disk name by import path, see `load_run`.

    Returns
    -------
    ProfileComparison or RunComparison

    Raises
    ------
    InvalidInput
        If they cannot be compared; the sentence says why.

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> zeros, one = np.zeros((2, 2, 1)), np.ones((2, 2, 1))
    >>> about = {"redundancy": zeros, "unique": zeros, "step_s": 1.0, "h_y_bits": 1.0}
    >>> with_it = ip.InteractionProfile.from_arrays(["ecg", "resp"], synergy=one, **about)
    >>> without = ip.InteractionProfile.from_arrays(["ecg", "resp"], synergy=zeros, **about)
    >>> ip.compare(with_it, without, names=["with", "without"]).top(1)[["atom", "difference", "clear"]]
          atom  difference  clear
    0  synergy        -1.0   True
    """
    if len(sources) < 2:
        raise InvalidInput(f"compare must be given two or more profiles or runs; got {len(sources)}.")
    if names is not None and (len(names) != len(sources) or len(set(names)) < len(names)):
        raise InvalidInput(
            f"names must be {len(sources)} different ones, one for each source; got {list(names)}."
        )
    opened = [_opened(source, trust) for source in sources]
    names = _names(sources) if names is None else tuple(map(str, names))
    profiles = [one for one in opened if isinstance(one, InteractionProfile)]
    runs = [one for one in opened if isinstance(one, Run)]
    if profiles and runs:
        raise InvalidInput(
            f"compare must be given profiles alone or runs alone; got {len(profiles)} and {len(runs)}. The profile of "
            "a run is profile.nc in its folder."
        )
    return compare_profiles(profiles, names) if profiles else compare_runs(runs, names)


def _opened(source: Source, trust: bool) -> Run | InteractionProfile:
    if isinstance(source, (Run, InteractionProfile)):
        return source
    if not isinstance(source, (str, Path)):
        raise InvalidInput(
            f"compare must be given profiles, runs or their paths; got {type(source).__name__}."
        )
    path = Path(source)
    if not path.exists():
        raise InvalidInput(
            f"compare must be given files of profiles or folders of runs that exist; there is no {path}."
        )
    return load_run(path, trust=trust) if path.is_dir() else InteractionProfile.load(path)


def _names(sources: Sequence[Source]) -> tuple[str, ...]:
    """The last part of each path where that tells them apart, else all of it; letters for what has no path."""
    paths = [_path(source) for source in sources]
    letters = [chr(ord("A") + k) if k < 26 else str(k + 1) for k in range(len(sources))]
    ends = [letter if path is None else path.stem if path.suffix == ".nc" else path.name
            for path, letter in zip(paths, letters, strict=True)]  # fmt: skip
    if len(set(ends)) == len(ends):
        return tuple(ends)
    whole = [letter if path is None else str(path) for path, letter in zip(paths, letters, strict=True)]
    return tuple(whole if len(set(whole)) == len(whole) else letters)


def _path(source: Source) -> Path | None:
    if isinstance(source, Run):
        return source.folder
    return None if isinstance(source, InteractionProfile) else Path(source)
