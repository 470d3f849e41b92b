"""tune: from training windows and a space of settings to the recipe of least cross-validated loss."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import yaml

from interplay.data import Windows, cross_folds
from interplay.data.check import check_disjoint, check_trainable
from interplay.errors import InvalidInput
from interplay.estimators import measured_profile
from interplay.estimators.measured import Chosen
from interplay.files import check_writable, unfinished_work, whole_file
from interplay.profile import InteractionProfile
from interplay.progress import Progress, shown, silent
from interplay.readers.scoring import loss_of_windows
from interplay.train import Recipe, Run, fit, make_recipe
from interplay.train.batches import ScaledWindows
from interplay.train.checkpoint import arrays_of
from interplay.train.logits import logits_of
from interplay.train.window_contexts import window_contexts
from interplay.tuning.space import Space, read_space
from interplay.units import bits

if TYPE_CHECKING:
    from optuna import Study

UNTUNED = "untuned_loss"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning:
    """What came of a search.

    Attributes
    ----------
    recipe : Recipe, of least loss; as it was where no trial did better
    settings : mapping of dotted name to value, what the search changed in it
    loss, untuned_loss : float
        Of this recipe and of the one before, mean over windows of held-out entities: bits of a class or label, or the
        squared error of a number over the variance in training. The least of many trials flatters; test apart.
    trials : DataFrame, a row for each trial: ``loss`` and its settings
    """

    recipe: Recipe
    settings: Mapping[str, object]
    loss: float
    untuned_loss: float
    trials: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Fold:
    """Windows to train on and entities held out of them, and what guides the model."""

    train: Windows
    held_out: Windows
    profile: InteractionProfile | None


def tune(
    train: Windows,
    *,
    space: Mapping | str | Path | None = None,
    trials: int = 20,
    folds: int = 3,
    recipe: str | Path | Mapping | Recipe = "default",
    profile: Chosen = "auto",
    out: str | Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tuning:
    """Search settings of a recipe by log-loss on training entities that are held out in turn.

    With `out`, what was tried is kept in a hidden folder beside it until the search is done, and the same call after an
    interruption goes on from there. Needs ``pip install 'interplay[tune]'``.

    Parameters
    ----------
    train : Windows
        Labelled windows of the training entities; those to be tested stay out of it.
    space : mapping, path of a YAML file, or None
        What may be tried, see `read_space`.
    trials : int
        How many are tried, by optuna's tree-structured Parzen estimator; the recipe as it is comes before.
    folds : int
        Groups of entities that are held out in turn.
    recipe : str, Path, mapping or Recipe
        What is not searched, see `interplay.train.make_recipe`.
    profile : "auto", None, InteractionProfile, TemporalRUS or BaseRUS
        What guides the models: measured once in the training part of each fold, or given, of other entities.
    out : str or Path, optional
        Recipe to write (.yaml); must not exist.
    seed : int
    progress : callable, optional
        Told the share of the work that is done; by default a bar on a terminal.

    Examples
    --------
    >>> import interplay as ip
    >>> train, test = ip.split_by_entity(ip.load_dataset("hapt_sample", step_s=1.0, steps=3))  # doctest: +SKIP
    >>> tuning = ip.tune(train, trials=10, out="tuned.yaml")  # doctest: +SKIP
    >>> run = ip.fit(train, recipe="tuned.yaml")  # doctest: +SKIP
    """
    optuna = _optuna()
    base = make_recipe(recipe)
    given = read_space(space, base)
    check_trainable(train, what="training windows")
    if trials < 1 or folds < 2:
        raise InvalidInput(
            f"a search must have at least 1 trial and 2 folds; got {trials} trials and {folds} folds."
        )
    if len(train.entities) < folds:
        raise InvalidInput(
            f"training windows must be of at least as many entities as folds ({folds}); they are of "
            f"{len(train.entities)}. Use fewer folds or more entities."
        )
    if isinstance(profile, InteractionProfile):
        check_disjoint(train.entities, profile.entities, what="the profile")
    if out is not None:
        _check_out(Path(out))
    work = nullcontext() if out is None else unfinished_work(out)
    with work as folder, _quiet(optuna), shown(progress, "tuning") as tell:
        study = _study(optuna, folder, _key(train, given, folds, base, profile, seed))
        parts = list(_folds(train, folds, profile, seed))
        total = len(parts) * (trials + 1)

        def loss_of(settings: Mapping[str, object], before: int) -> float:
            tried = make_recipe(base, settings)
            return _loss(parts, tried, seed, lambda k: tell((len(parts) * before + k) / total))

        if UNTUNED not in study.user_attrs:
            study.set_user_attr(UNTUNED, loss_of({}, 0))
        while (done := len(_finished(study))) < trials:
            # a sampler of its own for each trial: an interrupted search goes on as if it had not been
            study.sampler = optuna.samplers.TPESampler(seed=seed + done)
            trial = study.ask()
            settings = {name: values.draw(trial, name) for name, values in given.items()}
            study.tell(trial, loss_of(settings, done + 1))
        tuning = _best(study, base)
        if out is not None:
            _write(tuning, Path(out))
    return tuning


def _folds(train: Windows, folds: int, profile: Chosen, seed: int) -> Iterator[Fold]:
    fold = cross_folds(train, folds, seed=seed)
    for k in range(folds):
        part = train.select(fold != k)
        measured = measured_profile(profile, part, random_state=seed, progress=silent)
        yield Fold(part, train.select(fold == k), measured)


def _loss(parts: list[Fold], recipe: Recipe, seed: int, tell) -> float:
    """Mean over all windows, each predicted by the model that has not seen its entity."""
    losses = []
    for k, part in enumerate(parts):
        run = fit(part.train, profile=part.profile, recipe=recipe, seed=seed, rivals=False, progress=silent)
        losses.append(_losses(run, part.held_out))
        tell(k + 1)
    return float(np.concatenate(losses).mean())


def _losses(run: Run, windows: Windows) -> np.ndarray:
    """(N,) bits, or squared errors of a scaled number."""
    contexts = window_contexts(windows, run.profile, run.recipe.model.context)
    logits, y = logits_of(run.model.cpu(), ScaledWindows(windows, run.scaler, contexts))
    losses = loss_of_windows(logits, y, windows.kind).numpy().astype(np.float64)
    return losses if windows.continuous else bits(losses)


def _study(optuna, folder: Path | None, key: str) -> "Study":
    """Trials of the same search; one that was under way when its process ended counts as failed."""
    if folder is None:
        return optuna.create_study()
    backend = optuna.storages.journal.JournalFileBackend(str(folder / f"{key}.jsonl"))
    storage = optuna.storages.JournalStorage(backend)
    study = optuna.create_study(storage=storage, study_name=key, load_if_exists=True)
    for trial in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def _key(train: Windows, space: Space, folds: int, recipe: Recipe, profile: Chosen, seed: int) -> str:
    """Tells apart searches of other data, settings or libraries."""
    digest = blake2b(digest_size=8)
    for array in arrays_of(train):
        digest.update(np.ascontiguousarray(array).data)
    libraries = {name: version(name) for name in ("interplay", "torch", "optuna")}
    asked = (dict(space), folds, recipe.to_dict(), _asked(profile), seed, train.length, train.step_s)
    digest.update(repr((asked, train.modalities, train.steps.entities, libraries)).encode())
    return digest.hexdigest()


def _asked(profile: Chosen) -> object:
    """A profile, or what measures one, as it is written in every process."""
    if isinstance(profile, InteractionProfile):
        return profile.dataset.to_dict()
    if profile is None or isinstance(profile, str):
        return profile
    settings = {name: value for name, value in profile.get_params().items() if name != "progress"}
    return type(profile).__name__, settings


def _finished(study: "Study") -> list:
    return [trial for trial in study.trials if trial.value is not None]


def _best(study: "Study", base: Recipe) -> Tuning:
    trials, untuned = _finished(study), study.user_attrs[UNTUNED]
    best = min(trials, key=lambda trial: trial.value)
    better = best.value < untuned
    settings = dict(best.params) if better else {}
    return Tuning(
        recipe=make_recipe(base, settings),
        settings=settings,
        loss=best.value if better else untuned,
        untuned_loss=untuned,
        trials=pd.DataFrame([{"loss": trial.value, **trial.params} for trial in trials]),
    )


def _check_out(path: Path) -> None:
    if path.suffix not in (".yaml", ".yml"):
        raise InvalidInput(f"the recipe to write must end in .yaml; got {path.name!r}.")
    check_writable(path, overwrite=False)


def _write(tuning: Tuning, path: Path) -> None:
    lines = (
        f"# Of least loss on held-out training entities, {tuning.loss:.4f}, among {len(tuning.trials)} trials; "
        f"{tuning.untuned_loss:.4f} untuned.\n"
    )
    with whole_file(path) as part:
        part.write_text(lines + yaml.safe_dump(tuning.recipe.to_dict(), sort_keys=False), "utf-8")


def _optuna():
    try:
        import optuna
    except ImportError as error:
        raise InvalidInput(
            "tuning needs optuna, which is not installed. Install it with: pip install 'interplay[tune]'."
        ) from error
    return optuna


@contextmanager
def _quiet(optuna) -> Iterator[None]:
    """Without optuna's own reports, which would break the bar."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
