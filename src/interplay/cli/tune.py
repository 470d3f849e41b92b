"""`interplay tune`."""

from pathlib import Path
from typing import Literal

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import DATA, json_option, out_option, training_windows_options
from interplay.cli.output import progress, tell_next, tell_result
from interplay.cli.workflow import continued, training_and_test_windows


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("--data", required=True, help=DATA)
    out_option(part, "recipe to write (.yaml)", required=True)
    part.add_argument("--recipe", default="default", help="name or YAML file of what is not searched")
    part.add_argument(
        "--space",
        type=Path | None,
        default=None,
        help="YAML file of settings, each with a list of values or with low, high and log (default: size, dropout, "
        "learning rate, weight decay and noise of the network)",
    )
    part.add_argument("--trials", type=int, default=20, help="settings to try")
    part.add_argument("--folds", type=int, default=3, help="groups of training entities held out in turn")
    part.add_argument(
        "--profile",
        type=Literal["estimate", "none"],
        default="estimate",
        help="'estimate' in each fold what guides the models; or 'none'",
    )
    part.add_argument("--seed", type=int, default=0, help="of the search and of every training")
    json_option(part)
    training_windows_options(part)


def run(args: Namespace) -> None:
    from interplay.estimators import TemporalRUS, default_estimator
    from interplay.progress import silent
    from interplay.tuning import tune

    train, _, _ = training_and_test_windows(args.data, args)
    profile = None
    if args.profile == "estimate":
        estimator = default_estimator(train, args.seed)
        profile = TemporalRUS(estimator, lags_s=args.lags_s, novel=args.novel, progress=silent)
    with continued(args.out), progress(args, "tuning") as tell:
        tuning = tune(
            train,
            space=args.space,
            trials=args.trials,
            folds=args.folds,
            recipe=args.recipe,
            profile=profile,
            out=args.out,
            seed=args.seed,
            progress=tell,
        )
    changed = [f"  {name}: {value:.3g}" if isinstance(value, float) else f"  {name}: {value}"
               for name, value in tuning.settings.items()]  # fmt: skip
    loss = "squared error over variance" if train.continuous else "log-loss, bits"
    tell_result(
        args,
        {
            "recipe": str(args.out),
            "loss": tuning.loss,
            "untuned_loss": tuning.untuned_loss,
            "settings": dict(tuning.settings),
            "trials": tuning.trials.to_dict("records"),
        },
        "\n".join([
            f"Recipe: {args.out}   ({loss}, on held-out training entities: {tuning.loss:.3f}, untuned "
            f"{tuning.untuned_loss:.3f}, of {len(tuning.trials)} trials)",
            *(changed or ["  No trial was better than the recipe as it is."]),
        ]),
    )  # fmt: skip
    tell_next(args, f"Next: {PROGRAM} train --data {args.data} --recipe {args.out} -o runs/tuned")


COMMAND = Command(
    "search settings of a recipe on held-out training entities",
    options,
    run,
    examples=(
        "interplay tune --data hapt_sample -o tuned.yaml --recipe network --trials 3 --stride 64",
        "interplay tune --data hapt_sample -o quick.yaml --recipe dense --profile none --trials 2 --stride 64 --json",
    ),
)
