"""`interplay evaluate`."""

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import accelerator_option, json_option, run_options
from interplay.cli.output import evaluation_in_words, progress, tell_next, tell_result
from interplay.cli.workflow import source_of, windows_like, windows_of_split
from interplay.errors import InvalidInput


def options(part: ArgumentParser, words: list[str] | None) -> None:
    run_options(part)
    part.add_argument(
        "--retrain-control",
        action="store_true",
        help="also train the same recipe without the profile, on the run's own training windows, and compare",
    )
    part.add_argument(
        "--allow-twins",
        action="store_true",
        help="also evaluate on entities whose samples the run was trained on under other names",
    )
    part.add_argument(
        "--no-streams",
        action="store_true",
        help="keep no samples of the tested recordings in the run; the report then draws no signals",
    )
    accelerator_option(part)
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.train import load_run

    run = load_run(args.run, trust=args.trust)
    windows = windows_like(run, args)
    fresh = _held_out(run.split, windows.entities)
    if not fresh:
        raise InvalidInput(
            f"data to evaluate on must have entities that the run was not trained on; all "
            f"{len(windows.entities)} of {source_of(run, args)!r} were. Train with a larger --test, or name other data."
        )
    control = None
    if args.retrain_control:
        from interplay.train import train_control

        with progress(args, "training the control") as tell:
            control = train_control(run, windows_of_split(run, args), progress=tell)
    with progress(args, "evaluating") as tell:
        scores = run.evaluate(
            windows.of_entities(fresh),
            control=control,
            allow_twins=args.allow_twins,
            streams=False if args.no_streams else None,
            accelerator=args.accelerator,
            progress=tell,
        )
    assert run.evaluation is not None
    beside = {} if control is None else {"control": run.evaluation.control}
    tell_result(args, scores | beside, evaluation_in_words(run))
    tell_next(args, f"Next: {PROGRAM} report {args.run}")


def _held_out(split, entities: tuple[str, ...]) -> list[str]:
    """The test part of the run's split; of data that hold none of it, entities in no part."""
    test = split.parts["test"].entities if "test" in split.parts else ()
    known = {name for part in split.parts.values() for name in part.entities}
    return [name for name in entities if name in test] or [name for name in entities if name not in known]


COMMAND = Command(
    "judge a run on entities it has not seen",
    options,
    run,
    examples=(
        "interplay evaluate runs/first --data hapt_sample",
        "interplay evaluate runs/first --data hapt_sample --json --quiet",
        "interplay evaluate runs/first --data hapt_sample --retrain-control",
    ),
)
