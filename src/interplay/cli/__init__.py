"""The command line: every command opens a library object, calls it and prints.

One file per command; to add one, write a file that ends in a `Command` and name it in COMMANDS. Data go to stdout,
progress and messages to stderr. Exit codes: 0; 1 for something about your data or run, told in one line; 2 for usage;
130 after Ctrl-C or a
termination.
"""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from jsonargparse import ArgumentError, ArgumentParser

from interplay.cli import (
    compare,
    completion,
    datasets,
    decompose,
    demo,
    doctor,
    estimate,
    evaluate,
    events,
    export,
    init_study,
    predict,
    prepare,
    report,
    runs,
    select,
    train,
    tune,
    view,
)
from interplay.cli.command import Command, add_commands, new_parser
from interplay.cli.output import complain, note
from interplay.cli.usage import usage_error
from interplay.errors import InterplayError, InterplayWarning

__all__ = ["COMMANDS", "main", "make_parser"]

DESCRIPTION = """Measure how modalities act together over time, and train models guided by what was found. Start with
`interplay demo`, which needs no data of yours; `interplay doctor` tells whether everything works here."""

COMMANDS: dict[str, Command] = {
    "demo": demo.COMMAND,
    "doctor": doctor.COMMAND,
    "datasets": datasets.COMMAND,
    "init-study": init_study.COMMAND,
    "prepare": prepare.COMMAND,
    "estimate": estimate.COMMAND,
    "events": events.COMMAND,
    "decompose": decompose.COMMAND,
    "select": select.COMMAND,
    "train": train.COMMAND,
    "tune": tune.COMMAND,
    "evaluate": evaluate.COMMAND,
    "predict": predict.COMMAND,
    "report": report.COMMAND,
    "compare": compare.COMMAND,
    "runs": runs.COMMAND,
    "view": view.COMMAND,
    "export": export.COMMAND,
    "completion": completion.COMMAND,
}


def main(argv: list[str] | None = None) -> int:
    """Run one command, or without any print the help; returns the exit code, or raises SystemExit after wrong usage."""
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        with warnings.catch_warnings(), _termination_like_ctrl_c():
            warnings.showwarning = _show_warning
            _run(argv)
            sys.stdout.flush()
    except InterplayError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt as stop:
        complain(f"stopped. {str(stop) or 'No file was left half-written.'}")
        return 130
    except BrokenPipeError:
        # whoever read our output has enough; what is still buffered goes nowhere instead of raising at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (MemoryError, RecursionError) as error:
        complain(
            f"memory must hold what was asked for, and does not ({type(error).__name__}). Use fewer or shorter "
            "windows, longer steps or smaller files; if the files are small, one of them is damaged."
        )
        return 1
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        complain(
            f"the system refused{where}: {error.strerror or error}. Check the path, your rights and free space."
        )
        return 1
    return 0


def make_parser(argv: list[str] | None) -> ArgumentParser:
    """The parser for `argv`, with the options of the command that is named there; of all commands without."""
    parser = new_parser(DESCRIPTION, version("interplay"))
    add_commands(parser, COMMANDS, argv, "command")
    return parser


def _run(argv: list[str]) -> None:
    parser = make_parser(argv)
    if not argv:
        parser.print_help()
        return
    try:
        chosen = parser.instantiate(parser.parse_args(argv))
    except ArgumentError as error:
        complain(usage_error(str(error), parser, argv))
        raise SystemExit(2) from None
    COMMANDS[chosen.command].run(chosen[chosen.command])


@contextmanager
def _termination_like_ctrl_c() -> Iterator[None]:
    """A termination ends the work as Ctrl-C does: temporary files go, and what is kept is named."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


_show_python_warning = warnings.showwarning


def _show_warning(message, category, *where, **kwargs) -> None:
    """Our own warnings are sentences for the user; others are shown as Python does."""
    if issubclass(category, InterplayWarning):
        note(str(message))
    else:
        _show_python_warning(message, category, *where, **kwargs)
