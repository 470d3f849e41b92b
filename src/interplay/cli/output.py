"""What is said: results on stdout, messages on stderr, in colour only on a terminal and without NO_COLOR."""

import webbrowser
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from jsonargparse import Namespace
from rich.console import Console
from rich.text import Text

from interplay.cli.command import PROGRAM
from interplay.cli.printable import printable
from interplay.files import json_text
from interplay.progress import Progress, bar, no_bar

NAMES = {"redundancy": "redundancy", "unique": "uniqueness", "synergy": "synergy"}
OF_TRIPLES = {
    "least_synergy": "synergy of three",
    "unique_third": "uniqueness of a third beside a pair",
    "redundancy": "redundancy of a third with a pair",
}
TITLES = {"macro_f1": "macro-F1", "auroc": "AUROC", "rmse": "RMSE", "mae": "mean absolute error", "r2": "R²"}


def complain(sentence: str) -> None:
    """Say what is wrong, in one line on stderr."""
    _to_stderr(f"{PROGRAM}:", "bold red", sentence)


def note(sentence: str) -> None:
    """Say what should be known, in one line on stderr."""
    _to_stderr(f"{PROGRAM}: note:", "bold yellow", sentence)


def _to_stderr(start: str, style: str, sentence: str) -> None:
    console = Console(stderr=True, highlight=False)
    console.print(Text.assemble((start, style), " ", printable(sentence)), soft_wrap=True)


def tell_result(args: Namespace, values, text: str) -> None:
    """The result, in words or as JSON."""
    print(json_text(values) if args.json else f"{printable(text)}\n", end="")


def tell_next(args: Namespace, text: str) -> None:
    """What to do now, for those who read along."""
    if not (args.quiet or args.json):
        print(printable(text))


def show(args: Namespace, page: Path) -> None:
    """With --open, the page in a browser."""
    if args.open and not webbrowser.open(page.resolve().as_uri()):
        note(f"there is no browser to open {page} with.")


def progress(args: Namespace, title: str) -> AbstractContextManager[Progress]:
    """A bar with the time left, on stderr; none with --quiet."""
    return no_bar(title) if args.quiet else bar(title)


def interactions_in_words(profile) -> str:
    from interplay.profile import PAIR_ATOMS

    lines = [f"Strongest interactions (the target holds {profile.h_y_bits:.2f} bits; ± is a 95 % interval):"]
    for atom in PAIR_ATOMS:
        sentences = profile.sentences(2, atom=atom) or [f"No {NAMES[atom]} that stands clear of its error."]
        lines += [f"  {sentence}" for sentence in sentences]
    if "novel" in profile.dataset:
        news = profile.novel_sentences(5) or ["Nothing that stands clear of its error."]
        lines += ["When it arrives:", *(f"  {sentence}" for sentence in news)]
    return "\n".join(lines)


def triples_in_words(triples) -> str:
    from interplay.profile.triples import ADDED

    n, n_all = len(triples.triples), triples.dataset.attrs["n_triples"]
    lines = [f"What a third adds to a pair ({n:,} of {n_all:,} triples looked promising and were measured):"]
    for atom in ADDED:
        sentences = triples.sentences(2, atom=atom) or [f"No {OF_TRIPLES[atom]} that stands clear of chance."]
        lines += [f"  {sentence}" for sentence in sentences]
    return "\n".join(lines)


def evaluation_in_words(run) -> str:
    """The scores of an evaluated `Run`, those of what it has to beat, and what its context is worth to it."""
    from interplay.report import text

    evaluation, main = run.evaluation, run.target.main_score
    sentences = [
        text.rivals_sentence(evaluation.test, evaluation.rivals, evaluation.ahead, main),
        text.context_sentence(evaluation.compared, evaluation.without_context, main),
        text.control_sentence(evaluation.test, evaluation.control, main),
    ]
    return "\n".join([scores_in_words(evaluation.test), *filter(None, sentences)])


def scores_in_words(scores: Mapping[str, float]) -> str:
    """Every score that has an interval."""
    lines = [
        f"On {scores['n_windows']} windows of {scores['n_entities']} entities that nothing was fitted on:"
    ]
    for name in scores:
        if f"{name}_low" in scores:
            low, high = scores[f"{name}_low"], scores[f"{name}_high"]
            title = TITLES.get(name, name.replace("_", " "))
            lines.append(
                f"  {title} {scores[name]:.3f}   (95 % interval over entities {low:.3f} to {high:.3f})"
            )
    return "\n".join(lines)
