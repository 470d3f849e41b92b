"""`interplay train`."""

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import DATA, json_option, out_option, training_windows_options
from interplay.cli.work import measured, training_and_test_windows
from interplay.files import check_writable, json_text
from interplay.progress import bar


def options(part: ArgumentParser, words: list[str]) -> None:
    from interplay.train import RECIPES, Recipe, make_recipe

    part.add_argument("--data", required=True, help=DATA)
    out_option(part, "run folder to make", required=True)
    part.add_argument("--recipe", default="default", help=f"{', '.join(RECIPES)}, or a YAML file")
    part.add_argument(
        "--profile", default="estimate", help="a saved profile; 'estimate' from the training part; or 'none'"
    )
    part.add_argument("--seed", type=int, default=0, help="of first weights and the order of windows")
    json_option(part, "one JSON object")
    training_windows_options(part)
    part.add_class_arguments(Recipe)
    part.set_defaults(make_recipe(_recipe_named(words)).to_dict())


def run(args: Namespace) -> None:
    from interplay.datasets import find_dataset
    from interplay.profile import InteractionProfile
    from interplay.train import Recipe, fit

    args.out.parent.mkdir(parents=True, exist_ok=True)
    check_writable(args.out, overwrite=False)
    recipe = Recipe(model=args.model, losses=args.losses, optimiser=args.optimiser)
    known = None if args.profile in ("estimate", "none") else InteractionProfile.load(args.profile)
    windows, test, split = training_and_test_windows(args.data, args)
    profile = measured(windows, None, args) if args.profile == "estimate" else known
    card = find_dataset(args.data).card.to_dict()
    with bar("training") as tell:
        run = fit(
            windows,
            profile=profile,
            recipe=recipe,
            out=args.out,
            seed=args.seed,
            card=card,
            split=split,
            progress=tell,
        )
    last = run.log[-1]
    if args.json:
        print(json_text({"run": str(args.out), "n_train_entities": len(run.data.entities), **last}), end="")
        return
    print(f"Run: {args.out}   ({run.data.n_windows} windows of {len(run.data.entities)} entities, "
          f"accuracy on them {last['accuracy']:.3f})")  # fmt: skip
    print(f"Next: {PROGRAM} evaluate {args.out} --data {args.data}   "
          f"judges it on the {len(test.entities)} entities that were kept apart")  # fmt: skip


def _recipe_named(words: list[str]) -> str:
    """The recipe on the command line, whose values become the defaults of the settings."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--recipe" and following:
            return following
        if word.startswith("--recipe="):
            return word.partition("=")[2]
    return "default"


COMMAND = Command("train a guided mixture of experts", options, run)
