"""`interplay completion`."""

from typing import Literal

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("shell", type=Literal["bash", "zsh", "fish"], help="bash, zsh or fish")


def run(args: Namespace) -> None:
    from interplay.cli import make_parser

    print(make_parser(None).get_completion_script(f"shtab-{args.shell}"))


COMMAND = Command(
    "print a script that lets a shell complete commands and options",
    options,
    run,
    examples=(
        "interplay completion bash >> ~/.bash_completion",
        "interplay completion zsh > ~/.zfunc/_interplay    # a folder of your fpath",
        "interplay completion fish > ~/.config/fish/completions/interplay.fish",
    ),
)
