"""`interplay train`."""

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command, needs_more_options
from interplay.cli.options import DATA, json_option, out_option, training_windows_options
from interplay.cli.output import note, progress, tell_next, tell_result
from interplay.cli.settings import given_recipe, setting_options
from interplay.cli.workflow import (
    continued,
    estimate_interactions,
    training_and_test_windows,
    windows_to_adapt_to,
)
from interplay.errors import InvalidInput
from interplay.files import check_writable

if TYPE_CHECKING:
    from interplay.train import Recipe

SETTINGS = (
    "setting of the recipe that can be given as an option, such as --model.width or --optimiser.epochs,"
)


def options(part: ArgumentParser, words: list[str] | None) -> None:
    training = part.add_argument_group("training")
    training.add_argument("--data", required=True, help=DATA)
    out_option(training, "run folder to make", required=True)
    training.add_argument("--recipe", default="default", help=f"{', '.join(_recipe_names())}, or a YAML file")
    training.add_argument(
        "--profile",
        default="estimate",
        help="a saved profile, with its triples (.triples.nc) if they lie beside it; 'estimate' from the training "
        "part; or 'none'",
    )
    training.add_argument(
        "--start-from",
        type=Path | None,
        default=None,
        metavar="RUN",
        help="a run to adapt to these data, of a new person, ward or machine with few labels; its recipe and profile "
        "are taken, and all that it learned is frozen",
    )
    training.add_argument("--seed", type=int, default=0, help="of first weights and the order of windows")
    training_windows_options(part)
    curves = part.add_argument_group("curves")
    curves.add_argument(
        "--track",
        type=Literal["tensorboard", "mlflow"] | None,
        default=None,
        help="also write curves, with tensorboard or mlflow, beside the run",
    )
    curves.add_argument(
        "--track-to",
        type=str | None,
        default=None,
        help="folder of the curves or URI of the MLflow store, instead of beside the run",
    )
    part.add_argument(
        "--dry-run",
        action="store_true",
        help="say how many windows, classes and entities there are and about how long it will take, and write nothing",
    )
    part.add_argument("--help-settings", action="help", help=f"show every {SETTINGS} too, and end")
    json_option(part)
    if needs_more_options(part, words, asked_by=("--help-settings",)):
        setting_options(part, _recipe_named(words or []), words or [])


def run(args: Namespace) -> None:
    from interplay.train import make_trackers
    from interplay.train.devices import machine_of

    recipe = given_recipe(args)
    if not args.dry_run:
        args.out.parent.mkdir(parents=True, exist_ok=True)
    if args.out.parent.is_dir():
        check_writable(args.out, overwrite=False)
    if args.start_from is not None:
        _adapt(args, recipe)
        return
    if args.dry_run:
        _rehearse(args, recipe)
        return
    trackers = make_trackers([args.track] if args.track else [], args.out, args.track_to)
    if not args.quiet:
        trackers.append(Beginning())
    if machine_of(recipe.devices):
        with TemporaryDirectory() as folder:
            _trained(args, recipe, [], Path(folder))
        tell_result(args, {"run": None}, f"Trained along; the first machine writes {args.out}.")
        return
    with continued(args.out) as folder:
        run, test = _trained(args, recipe, trackers, folder)
    last = run.log[-1] if run.log else {}
    n_entities = len(run.data.entities)
    fitted = f", accuracy on them {last['accuracy']:.3f}" if "accuracy" in last else ""
    tell_result(
        args,
        {"run": str(args.out), "n_train_entities": n_entities, **last},
        f"Run: {args.out}   ({run.data.n_windows} windows of {n_entities} entities{fitted})",
    )
    root = f" --root {args.root}" if args.root else ""
    tell_next(args, f"Next: {PROGRAM} evaluate {args.out} --data {args.data}{root}   "
                    f"judges it on the {len(test.entities)} entities that were kept apart")  # fmt: skip


def _rehearse(args: Namespace, recipe: "Recipe") -> None:
    """Say what would be trained on what, and for how long."""
    from interplay.estimators import PosteriorPID, TemporalRUS
    from interplay.profile import InteractionProfile
    from interplay.progress import silent
    from interplay.train import rehearse
    from interplay.train.target_kinds import TARGETS

    if args.profile not in ("estimate", "none"):
        InteractionProfile.load(args.profile)
    train, test, _ = training_and_test_windows(args.data, args)
    estimator = None
    if args.profile == "estimate":
        novel = "pairs" if args.novel_pairs else args.novel
        estimator = TemporalRUS(PosteriorPID(), lags_s=args.lags_s, novel=novel, progress=silent)
    times = rehearse(train, recipe, estimator)
    sides = {"training": train, "test": test}
    counts = {name: TARGETS[train.kind].counts(side) for name, side in sides.items()}
    tell_result(
        args,
        {
            "windows": {name: len(side) for name, side in sides.items()},
            "entities": {name: list(side.entities) for name, side in sides.items()},
            "classes": {name: dict(zip(train.classes, many, strict=False)) for name, many in counts.items()},
            "modalities": list(train.modalities),
            "seconds": {"interactions": times.interactions_s, "readers": times.readers_s, "network": times.network_s},
        },
        "\n".join([
            *(f"{name}: {len(side)} windows of {len(side.entities)} entities" for name, side in sides.items()),
            *_table_of_classes(train.classes, counts),
            times.sentence(),
            f"Nothing was written; without --dry-run the run will be {args.out}.",
        ]),
    )  # fmt: skip


def _table_of_classes(classes, counts) -> list[str]:
    """Windows of each class or label on either side, as lines."""
    if not counts["training"]:
        return []
    width = max(map(len, classes))
    return [
        f"  {name:<{width}}  {n:>7,}  {m:>7,}"
        for name, n, m in zip(classes, counts["training"], counts["test"], strict=True)
    ]


def _adapt(args: Namespace, recipe: "Recipe") -> None:
    """Adapt a run to data that it has not seen; of a single entity to all of it."""
    from interplay.train import fit, load_run, make_recipe

    if recipe != make_recipe() or args.profile != "estimate" or args.track:
        raise InvalidInput(
            "--recipe, --profile, --track and settings must be left out beside --start-from: an adapted run has those "
            "of the run that it starts from."
        )
    source = load_run(args.start_from)
    args.step_s, args.steps = args.step_s or source.schema.step_s, args.steps or source.schema.steps
    windows, test, split = windows_to_adapt_to(args)
    with progress(args, "adapting") as tell:
        run = fit(windows, start_from=source, out=args.out, seed=args.seed, split=split, progress=tell)
    assert run.adaptation is not None
    tell_result(
        args,
        {
            "run": str(args.out),
            "entities": list(run.adaptation.entities),
            "n_windows": run.adaptation.n_windows,
            "weight": list(run.adaptation.weight),
        },
        f"Run: {args.out}   (started from {args.start_from})\n{run.adaptation.sentence()}",
    )
    if test is not None:
        root = f" --root {args.root}" if args.root else ""
        tell_next(args, f"Next: {PROGRAM} evaluate {args.out} --data {args.data}{root}   "
                        f"judges it on the {len(test.entities)} entities that were kept apart")  # fmt: skip


def _trained(args: Namespace, recipe: "Recipe", trackers: list, folder: Path):
    """The run, and the windows that were kept apart."""
    from interplay.study import find_source
    from interplay.train import fit

    profile, triples = saved_profiles(args.profile)
    windows, test, split = training_and_test_windows(args.data, args)
    if args.profile == "estimate":
        profile = estimate_interactions(windows, None, args, folder / "interactions")
    card = find_source(args.data, args.root)[0].card.to_dict()
    with progress(args, "training") as tell:
        run = fit(
            windows,
            profile=profile,
            triples=triples,
            recipe=recipe,
            out=args.out,
            seed=args.seed,
            card=card,
            split=split,
            track=trackers,
            progress=tell,
        )
    return run, test


def saved_profiles(chosen: str):
    """A saved profile and the triples beside it, as `interplay estimate --beyond-pairs` writes them; None for what is
    not there."""
    from interplay.profile import InteractionProfile, TripleProfile

    if chosen in ("estimate", "none"):
        return None, None
    beside = Path(chosen).with_suffix(".triples.nc")
    return InteractionProfile.load(chosen), TripleProfile.load(beside) if beside.is_file() else None


class Beginning:
    """Says whether an interrupted training is continued; a `Tracker`."""

    def start(self, settings, epochs) -> None:
        if epochs:
            note(f"continuing after epoch {len(epochs)} of {settings['optimiser']['epochs']}.")

    def epoch(self, values) -> None:
        pass

    def stop(self, *, finished: bool) -> None:
        pass


def _recipe_names() -> list[str]:
    """Those of `interplay.train.RECIPES`, without loading what trains."""
    return sorted(
        file.name.removesuffix(".yaml")
        for file in files("interplay.recipes").iterdir()
        if file.name.endswith(".yaml")
    )


def _recipe_named(words: list[str]) -> str:
    """The recipe on the command line, whose values become the defaults of the settings."""
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word == "--recipe" and following:
            return following
        if word.startswith("--recipe="):
            return word.partition("=")[2]
    return "default"


COMMAND = Command(
    "train a guided mixture of experts",
    options,
    run,
    examples=(
        "interplay train --data hapt_sample -o runs/first --dry-run",
        "interplay train --data hapt_sample -o runs/first",
        "interplay train --data hapt_sample -o runs/small --profile none --model.width 32 --optimiser.epochs 3",
        "interplay train --data my_study --start-from runs/first -o runs/mine",
        "interplay train --data hapt_sample -o runs/tracked --profile none --optimiser.epochs 3 --track tensorboard",
    ),
)
