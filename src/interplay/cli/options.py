"""Options that several commands have."""

from pathlib import Path

from jsonargparse import ArgumentParser, lazy_instance
from jsonargparse._core import ActionsContainer as Options

from interplay.cli.command import PROGRAM

AS_ITS_CARD_SAYS = "(default: as the data set's card says)"
DATA = f"a data set's name (see `{PROGRAM} datasets list`), a study folder, or what `{PROGRAM} prepare` made of one"


def out_option(part: Options, what: str, *, default: Path | None = None, required: bool = False) -> None:
    part.add_argument("-o", "--out", type=Path | None, default=default, required=required, help=what)


def overwrite_option(part: ArgumentParser, what: str) -> None:
    part.add_argument("--overwrite", action="store_true", help=f"replace the {what} if it exists")


def json_option(part: ArgumentParser) -> None:
    part.add_argument("--json", action="store_true", help="print the result as JSON, for scripts")


def root_option(part: Options) -> None:
    """Where the files of a data set are."""
    part.add_argument(
        "--root",
        type=Path | None,
        default=None,
        help="folder of the data set's files; a bundled one needs none",
    )


def source_options(part: Options) -> None:
    """Where recordings come from, beside the name of the data set, and how many windows are cut from them."""
    root_option(part)
    part.add_argument(
        "--stride",
        type=int | None,
        default=None,
        help=f"steps from one window to the next {AS_ITS_CARD_SAYS}",
    )


def training_windows_options(part: ArgumentParser) -> None:
    """How windows are cut from a data set, and which are for training."""
    windows = part.add_argument_group("windows")
    source_options(windows)
    step_option(windows)
    steps_option(windows)
    interactions = part.add_argument_group("interactions")
    interactions.add_argument(
        "--lags-s",
        type=list[float] | None,
        default=None,
        help="lags to measure, s, such as '[0, 0.5, 1]' (default: all of the window)",
    )
    interactions.add_argument(
        "--novel",
        action="store_true",
        help="also measure what each lag adds to all more recent ones; takes longer",
    )
    interactions.add_argument(
        "--novel-pairs",
        action="store_true",
        help="the same, and also what each lag of a pair adds beyond both of its modalities; takes longer still",
    )
    split_options(part.add_argument_group("entities for training and for testing"))


def step_option(part: Options) -> None:
    """The grid that recordings are laid on."""
    text = f"length of a step, s {AS_ITS_CARD_SAYS}"
    part.add_argument("--step-s", type=float | None, default=None, help=text)


def steps_option(part: Options) -> None:
    """How long windows are."""
    part.add_argument("--steps", type=int | None, default=None, help=f"steps per window {AS_ITS_CARD_SAYS}")


def split_options(part: Options) -> None:
    """Which entities are for training."""
    part.add_argument("--test", type=float, default=0.3, help="share of the entities kept apart for testing")
    part.add_argument(
        "--split",
        default=None,
        help="split.json of a run, to repeat its split; the name of a published split, see `datasets info`; or random "
        "(default: the first published one, else random)",
    )
    part.add_argument("--split-seed", type=int, default=0, help="which entities are kept apart")


def estimator_options(part: ArgumentParser, words: list[str] | None, *, default: str | None = None) -> None:
    """Who measures interactions, any class with its settings; `default` is one of this library.

    Loading them is slow: a command adds these options only where they are asked for.
    """
    import interplay
    from interplay.estimators import BaseRUS
    from interplay.registry import look_here

    look_here()
    # another class would take over what the default has for arguments of the same name
    named = any(word == "--estimator" or word.startswith("--estimator=") for word in words or ())
    if named or default is None:
        part.add_subclass_arguments(BaseRUS, "estimator", required=False)
    else:
        part.add_subclass_arguments(BaseRUS, "estimator", default=lazy_instance(getattr(interplay, default)))
    part._action_groups[-1].title = "who measures"
    texts = {
        "--estimator.help": "list the settings of an estimator, and end",
        "--estimator": "an estimator's name or import path; its settings follow as --estimator.SETTING VALUE"
        + (f" (default: {default})" if default else ""),
    }
    for name, text in texts.items():
        action = part._option_string_actions[name]
        action.help, action.metavar = text, "NAME"


def open_option(part: ArgumentParser) -> None:
    """Whether the page that was written is shown."""
    part.add_argument("--open", action="store_true", help="show the page in a browser")


def run_option(part: ArgumentParser, what: str) -> None:
    """A run to load."""
    part.add_argument("run", type=Path, help=what)
    part.add_argument(
        "--trust",
        action="store_true",
        help="import parts that the run names by import path, which runs their code",
    )


def accelerator_option(part: ArgumentParser) -> None:
    """On what the network works."""
    part.add_argument(
        "--accelerator",
        type=str | None,
        default=None,
        help="auto, cpu, gpu, mps (default: a GPU where there is one, unless the run was trained with "
        "--devices.accelerator cpu)",
    )


def run_options(part: ArgumentParser) -> None:
    """A run, and data to show it."""
    run_option(part, f"folder of a run, as `{PROGRAM} train` made it")
    part.add_argument(
        "--data", type=str | None, default=None, help=f"{DATA} (default: what the run was trained from)"
    )
    source_options(part)
