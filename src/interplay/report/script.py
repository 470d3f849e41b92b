"""How to make a run again: the lines of Python that its folder stands for."""

from collections.abc import Mapping
from pprint import pformat

from interplay.estimators import BaseRUS
from interplay.profile import InteractionProfile, TripleProfile
from interplay.profile.dataset import RATE
from interplay.profile.time_axis import is_since_event
from interplay.train import Recipe, Run


def repeat_script(run: Run) -> str:
    """Lines that measure, train and judge anew, with the entities, settings and seed of the run.

    A run remembers its entities and settings, not its samples: of a data set that cannot be loaded by name the lines
    say where the recordings belong. They check that as many windows come out as the run was trained on.
    """
    return "\n".join([*_windows(run), *_profile(run), *_triples(run), *_training(run)]) + "\n"


def _windows(run: Run) -> list[str]:
    card = run.data.card or {}
    schema = run.schema
    options = {"step_s": schema.step_s, "steps": schema.steps}
    options |= {
        name: card[name] for name in ("stride", "min_steps", "fill") if card.get(name) not in (None, 1)
    }
    lines = ["import interplay as ip", ""]
    if "name" in card:
        root = "" if card.get("bundled") else ', root="FOLDER OF ITS FILES"'
        lines.append(f"recordings = ip.load_dataset({card['name']!r}{root})")
    else:
        lines.append(
            "recordings = ...  # the run does not say which data set it was trained on: yours goes here"
        )
    arguments = ", ".join(f"{name}={value!r}" for name, value in options.items())
    tested = run.evaluation.entities if run.evaluation else ()
    return [
        *lines,
        f"windows = ip.make_windows(recordings, {arguments})",
        f"train = windows.of_entities({_listed(run.data.entities)})",
        f"test = windows.of_entities({_listed(tested)})",
        f"assert len(train) == {run.data.n_windows}  # as many as the run was trained on",
        "",
    ]


def _profile(run: Run) -> list[str]:
    if run.profile is None:
        return []
    estimator = _estimator(run.profile)
    if estimator is None:
        return [
            'profile = ip.InteractionProfile.load("profile.nc")  # of the run folder; it was not estimated',
            "",
        ]
    if run.profile.kind == RATE:
        lags_s = run.profile.dataset.attrs["lags_s"]
        return [f"profile = ip.DirectedInformation({estimator}, lags_s={lags_s!r}).fit(train).profile_", ""]
    if is_since_event(run.profile.dataset):
        event = run.profile.dataset.attrs["event"]
        return [
            f'profile = ip.InteractionProfile.load("profile.nc")  # of time since {event}, by ip.EventResolved',
            "",
        ]
    lags = ", ".join(f"{lag:g}" for lag in run.profile.lag_s)
    novel = {"novel": ", novel=True", "novel_joint": ", novel='pairs'"}
    more = [argument for name, argument in novel.items() if name in run.profile.dataset]
    return [
        f"profile = ip.TemporalRUS({estimator}, lags_s=[{lags}]{''.join(more[-1:])}).fit(train).profile_",
        "",
    ]


def _triples(run: Run) -> list[str]:
    if run.triples is None:
        return []
    estimator = _estimator(run.triples)
    if estimator is None:
        return ['triples = ip.TripleProfile.load("profile.triples.nc")  # of the run folder', ""]
    d = run.triples.dataset
    lags = ", ".join(f"{lag:g}" for lag in d["lag_s"].values)
    if (d["chosen_by"] == "name").all():
        which = f"triples={list(run.triples.triples)!r}"
    else:
        which = "profile" if run.profile is not None else f"most={max(1, len(run.triples.triples))}"
    return [f"triples = ip.beyond_pairs(train, {which}, estimator={estimator}, lags_s=[{lags}])", ""]


def _estimator(profile: InteractionProfile | TripleProfile) -> str | None:
    """The call that makes the estimator, with the settings that are not its own defaults; None if it is unknown."""
    attrs = profile.dataset.attrs
    known = {kind.__name__: kind for kind in _kinds(BaseRUS)}
    kind = known.get(str(attrs.get("estimator")))
    if kind is None:
        return None
    usual = kind().get_params(deep=False)
    given = {k: v for k, v in dict(attrs.get("parameters") or {}).items() if k not in usual or usual[k] != v}
    # measures are objects, and profiles hold how they are made
    made = {k: f"ip.info.{v}" if k == "measure" else repr(v) for k, v in given.items()}
    return f"ip.{kind.__name__}({', '.join(f'{k}={v}' for k, v in made.items())})"


def _kinds(parent: type) -> list[type]:
    return [kind for child in parent.__subclasses__() for kind in (child, *_kinds(child))]


def _training(run: Run) -> list[str]:
    usual = _flat(Recipe().to_dict())
    settings = {
        name: value for name, value in _flat(run.recipe.to_dict()).items() if usual.get(name) != value
    }
    arguments = ["train"]
    arguments += ["profile=profile"] if run.profile is not None else []
    arguments += ["triples=triples"] if run.triples is not None else []
    arguments += [f"settings={settings!r}"] if settings else []
    return [f"run = ip.fit({', '.join(arguments)}, seed={run.seed})", "print(run.evaluate(test))"]


def _flat(values: Mapping, prefix: str = "") -> dict[str, object]:
    """Settings by names with dots."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _listed(names) -> str:
    text = pformat(list(names), width=100, compact=True)
    return text if "\n" not in text else "\n    " + text.replace("\n", "\n    ") + "\n"
