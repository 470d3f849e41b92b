"""The command line: every command opens a library object, calls it and prints.

Data go to stdout, progress and messages to stderr. Exit codes: 0; 1 for something about your data or run,
told in one line; 2 for usage.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace, lazy_instance

from interplay.errors import InterplayError, InvalidInput
from interplay.files import json_text
from interplay.progress import bar

PROGRAM = "interplay"
DESCRIPTION = "Measure how modalities act together over time, and train models guided by what was found."


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        parser = make_parser(argv)
        chosen = parser.instantiate(parser.parse_args(argv))
        _, _, command = COMMANDS[chosen.command]
        command(chosen[chosen.command])
    except InterplayError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped; no file was left half-written.", file=sys.stderr)
        return 130
    return 0


def make_parser(argv: list[str]) -> ArgumentParser:
    """The parser for `argv`; only the command that is named there learns its options, which are slow to load."""
    parser = ArgumentParser(prog=PROGRAM, description=DESCRIPTION, version=version("interplay"))
    commands = parser.add_subcommands(dest="command", metavar="COMMAND")
    for name, (text, options, _) in COMMANDS.items():
        part = ArgumentParser(description=text)
        commands.add_subcommand(name, part, help=text)
        if name in argv[:1]:
            options(part, argv)
    return parser


def demo(args: Namespace) -> None:
    from interplay.demo import run_demo

    made = run_demo(args.out, overwrite=args.overwrite, bar=bar)
    if args.json:
        print(json_text(made.summary()), end="")
        return
    _say_interactions(made.profile)
    _say_scores(made.scores)
    print(f"\nReport: {made.report}\nRun:    {args.out}   ({made.seconds:.0f} s)")


def datasets(args: Namespace) -> None:
    from interplay.datasets import DATASETS, find_dataset

    if args.what == "list":
        cards = {name: dataset.card for name, dataset in DATASETS.items()}
        if args.list.json:
            print(json_text({name: card.to_dict() for name, card in cards.items()}), end="")
            return
        width = max(map(len, cards))
        for name, card in cards.items():
            print(f"{name:{width}}  {card.title} ({card.entities}; {card.licence})")
        return
    card = find_dataset(args.info.name).card
    if args.info.json:
        print(json_text(card.to_dict()), end="")
        return
    for name, value in card.to_dict().items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, text in value.items():
                print(f"  {key}: {text}")
        else:
            print(f"{name}: {value}")


def estimate(args: Namespace) -> None:
    from interplay.files import check_writable

    check_writable(args.out, overwrite=args.overwrite)
    train, _ = _split(args, args.source)
    profile = _estimated(args, train, args.estimator)
    profile.save(args.out, overwrite=args.overwrite)
    if args.json:
        print(json_text(profile.to_dataframe().to_dict("records")), end="")
        return
    _say_interactions(profile)
    print(f"\nProfile: {args.out}   (of {len(train.entities)} training entities; the others may test it)")


def train(args: Namespace) -> None:
    from interplay.datasets import find_dataset
    from interplay.files import check_writable
    from interplay.profile import InteractionProfile
    from interplay.train import Recipe, fit

    args.out.parent.mkdir(parents=True, exist_ok=True)
    check_writable(args.out, overwrite=False)
    recipe = Recipe(model=args.model, losses=args.losses, optimiser=args.optimiser)
    known = None if args.profile in ("estimate", "none") else InteractionProfile.load(args.profile)
    windows, test = _split(args, args.data)
    profile = _estimated(args, windows, None) if args.profile == "estimate" else known
    card = find_dataset(args.data).card.to_dict()
    with bar("training") as tell:
        run = fit(
            windows, profile=profile, recipe=recipe, out=args.out, seed=args.seed, card=card, progress=tell
        )
    last = run.log[-1]
    if args.json:
        print(json_text({"run": str(args.out), "n_train_entities": len(run.data.entities), **last}), end="")
        return
    print(f"Run: {args.out}   ({run.data.n_windows} windows of {len(run.data.entities)} entities, "
          f"accuracy on them {last['accuracy']:.3f})")  # fmt: skip
    print(f"Next: {PROGRAM} evaluate {args.out} --data {args.data}   "
          f"judges it on the {len(test.entities)} entities that were kept apart")  # fmt: skip


def evaluate(args: Namespace) -> None:
    from interplay.train import load_run

    run = load_run(args.run)
    windows = _windows_like(run, args)
    fresh = [name for name in windows.entities if name not in run.data.entities]
    if not fresh:
        raise InvalidInput(
            f"data to evaluate on must have entities that the run was not trained on; all "
            f"{len(windows.entities)} of {args.data!r} were."
        )
    with bar("evaluating") as tell:
        scores = run.evaluate(windows.of_entities(fresh), progress=tell)
    if args.json:
        print(json_text(scores), end="")
        return
    _say_scores(scores)
    print(f"Next: {PROGRAM} report {args.run}")


def predict(args: Namespace) -> None:
    from interplay.files import whole_file
    from interplay.train import load_run

    writers = {".parquet": "to_parquet", ".csv": "to_csv"}
    if args.out.suffix not in writers:
        raise InvalidInput(f"the table to write must end in .parquet or .csv; got {args.out.name!r}.")
    run = load_run(args.run)
    with whole_file(args.out, overwrite=args.overwrite) as part:
        with bar("predicting") as tell:
            table = run.predict(_windows_like(run, args), progress=tell)
        getattr(table, writers[args.out.suffix])(part, index=False)
    print(f"Predictions: {args.out}   ({len(table)} windows)")


def report(args: Namespace) -> None:
    from interplay.report import write_report
    from interplay.train import load_run

    out = args.out or args.run / "report.html"
    print(f"Report: {write_report(load_run(args.run), out, overwrite=args.overwrite)}")


def export(args: Namespace) -> None:
    from interplay.train import export_run, load_run

    made = export_run(load_run(args.run), args.out or args.run / "model.pt2", overwrite=args.overwrite)
    if args.json:
        told = {"program": str(made.path), "inputs": str(made.sidecar), "difference": made.difference}
        print(json_text(told), end="")
        return
    print(f"Program: {made.path}   (what goes in and comes out: {made.sidecar})")
    print(f"It agrees with the run: the largest difference over drawn windows is {made.difference:.1e}.")


def _demo_options(part: ArgumentParser, argv: list[str]) -> None:
    part.add_argument("-o", "--out", type=Path, default=Path("runs/demo"), help="run folder")
    part.add_argument("--overwrite", action="store_true", help="replace the run folder if it exists")
    part.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")


def _datasets_options(part: ArgumentParser, argv: list[str]) -> None:
    kinds = part.add_subcommands(dest="what", metavar="WHAT")
    for name, text in (("list", "names and what they are"), ("info", "all that a data set says of itself")):
        kind = ArgumentParser(description=text)
        kinds.add_subcommand(name, kind, help=text)
        if name == "info":
            kind.add_argument("name", help="a data set's name")
        kind.add_argument("--json", action="store_true", help="print JSON")


def _estimate_options(part: ArgumentParser, argv: list[str]) -> None:
    from interplay.estimators import BaseRUS, PosteriorPID

    part.add_argument("source", help=f"a data set's name (see `{PROGRAM} datasets list`)")
    part.add_argument("-o", "--out", type=Path, required=True, help="profile to write (.nc)")
    part.add_argument("--overwrite", action="store_true", help="replace the profile if it exists")
    part.add_argument("--json", action="store_true", help="print the profile's rows as JSON")
    _window_options(part)
    part.add_subclass_arguments(BaseRUS, "estimator", default=lazy_instance(PosteriorPID))


def _train_options(part: ArgumentParser, argv: list[str]) -> None:
    from interplay.train import RECIPES, Recipe, make_recipe

    part.add_argument("--data", required=True, help=f"a data set's name (see `{PROGRAM} datasets list`)")
    part.add_argument("-o", "--out", type=Path, required=True, help="run folder to make")
    part.add_argument("--recipe", default="default", help=f"{', '.join(RECIPES)}, or a YAML file")
    part.add_argument(
        "--profile", default="estimate", help="a saved profile; 'estimate' from the training part; or 'none'"
    )
    part.add_argument("--seed", type=int, default=0, help="of first weights and the order of windows")
    part.add_argument("--json", action="store_true", help="print one JSON object")
    _window_options(part)
    part.add_class_arguments(Recipe)
    part.set_defaults(make_recipe(_recipe_named(argv)).to_dict())


def _recipe_named(argv: list[str]) -> str:
    """The recipe on the command line, whose values become the defaults of the settings."""
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if word == "--recipe" and following:
            return following
        if word.startswith("--recipe="):
            return word.partition("=")[2]
    return "default"


def _window_options(part: ArgumentParser) -> None:
    part.add_argument("--root", type=Path | None, default=None, help="folder that holds the data set's files")
    part.add_argument(
        "--step-s", type=float | None, default=None, help="seconds per step; the data set's own"
    )
    part.add_argument("--steps", type=int | None, default=None, help="steps per window; the data set's own")
    part.add_argument(
        "--stride",
        type=int | None,
        default=None,
        help="steps from one window to the next; the data set's own",
    )
    part.add_argument("--lags-s", type=list[float] | None, default=None, help="lags to measure, s; all")
    part.add_argument("--test", type=float, default=0.3, help="share of the entities kept for testing")
    part.add_argument("--split-seed", type=int, default=0, help="which entities are kept for testing")


def _run_options(part: ArgumentParser, argv: list[str]) -> None:
    part.add_argument("run", type=Path, help="folder of a run")
    part.add_argument("--data", required=True, help=f"a data set's name (see `{PROGRAM} datasets list`)")
    part.add_argument("--root", type=Path | None, default=None, help="folder that holds the data set's files")
    part.add_argument(
        "--stride",
        type=int | None,
        default=None,
        help="steps from one window to the next; the data set's own",
    )


def _evaluate_options(part: ArgumentParser, argv: list[str]) -> None:
    _run_options(part, argv)
    part.add_argument("--json", action="store_true", help="print one JSON object")


def _predict_options(part: ArgumentParser, argv: list[str]) -> None:
    _run_options(part, argv)
    part.add_argument("-o", "--out", type=Path, required=True, help="table to write (.parquet or .csv)")
    part.add_argument("--overwrite", action="store_true", help="replace the table if it exists")


def _report_options(part: ArgumentParser, argv: list[str]) -> None:
    part.add_argument("run", type=Path, help="folder of an evaluated run")
    part.add_argument("-o", "--out", type=Path | None, default=None, help="page to write; RUN/report.html")
    part.add_argument("--overwrite", action="store_true", help="replace the page if it exists")


def _export_options(part: ArgumentParser, argv: list[str]) -> None:
    part.add_argument("run", type=Path, help="folder of a run")
    part.add_argument(
        "-o", "--out", type=Path | None, default=None, help="program to write, .pt2 or .onnx; RUN/model.pt2"
    )
    part.add_argument("--overwrite", action="store_true", help="replace the program if it exists")
    part.add_argument("--json", action="store_true", help="print one JSON object")


COMMANDS = {
    "demo": ("real bundled data end to end: interactions, model, report", _demo_options, demo),
    "datasets": ("data sets that can be named", _datasets_options, datasets),
    "estimate": ("measure interactions over time, of training entities", _estimate_options, estimate),
    "train": ("train a guided mixture of experts", _train_options, train),
    "evaluate": ("judge a run on entities it has not seen", _evaluate_options, evaluate),
    "predict": ("predict windows with a run", _predict_options, predict),
    "export": ("a run as a torch.export or ONNX program, checked against the run", _export_options, export),
    "report": ("one offline HTML page about an evaluated run", _report_options, report),
}


def _split(args: Namespace, source: str):
    """Training and test windows of a data set, with its own steps where none are given."""
    from interplay.data import make_windows, split_by_entity
    from interplay.datasets import find_dataset, load_dataset

    given = {name: getattr(args, name) for name in ("step_s", "steps", "stride") if getattr(args, name)}
    options = find_dataset(source).card.window_options | given
    windows = make_windows(load_dataset(source, args.root), **options)
    return split_by_entity(windows, test=args.test, seed=args.split_seed)


def _windows_like(run, args: Namespace):
    from interplay.data import make_windows
    from interplay.datasets import find_dataset, load_dataset

    options = find_dataset(args.data).card.window_options
    options |= {"step_s": run.schema.step_s, "steps": run.schema.steps}
    if args.stride:
        options["stride"] = args.stride
    return make_windows(load_dataset(args.data, args.root), **options)


def _estimated(args: Namespace, windows, estimator):
    from interplay.estimators import TemporalRUS

    with bar("measuring interactions") as tell:
        return TemporalRUS(estimator, lags_s=args.lags_s, progress=tell).fit(windows).profile_


def _say_interactions(profile) -> None:
    from interplay.profile import PAIR_ATOMS

    print(f"Strongest interactions (the target holds {profile.h_y_bits:.2f} bits; ± is a 95 % interval):")
    for atom in PAIR_ATOMS:
        told = profile.sentences(2, atom=atom) or [f"No {atom} that stands clear of its error."]
        print("".join(f"  {sentence}\n" for sentence in told), end="")


def _say_scores(scores: dict[str, float]) -> None:
    print(
        f"\nOn {scores['n_windows']} windows of {scores['n_entities']} entities that nothing was fitted on:"
    )
    for name, title in (("macro_f1", "macro-F1"), ("accuracy", "accuracy")):
        low, high = scores[f"{name}_low"], scores[f"{name}_high"]
        print(f"  {title} {scores[name]:.3f}   (95 % interval over entities {low:.3f} to {high:.3f})")
