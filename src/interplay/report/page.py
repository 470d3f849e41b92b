"""write_report: one offline HTML page about an evaluated run."""

from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from interplay.errors import InvalidInput
from interplay.files import whole_file
from interplay.profile import PAIR_ATOMS, InteractionProfile
from interplay.report import words
from interplay.train import Evaluation, Run, load_run

CONFIG = {"displaylogo": False, "responsive": True, "modeBarButtons": [["toImage"]]}
MOST_PAIRS = 40
"""Pairs that the lag figure offers; a page with hundreds would be slow to open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure as it stands in the page: what it asks, how to read it, and its plotly markup."""

    title: str
    caption: str
    markup: str


def write_report(run: Run | str | Path, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write one HTML page that needs no network and nothing beside it.

    Parameters
    ----------
    run : Run, or folder of a saved run
        Evaluated; the page recomputes nothing.
    path : str or Path
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the run was not evaluated, the file exists, or plotly and jinja2 are not installed.
    """
    run = run if isinstance(run, Run) else load_run(run)
    if run.evaluation is None:
        raise InvalidInput(
            "a report must be about an evaluated run; this one was not. Evaluate it first, on entities "
            "that it was not trained on: interplay evaluate RUN --data NAME, or run.evaluate(test)."
        )
    if run.schema.kind != "classes":
        raise InvalidInput(
            f"a report must be about a run that predicts classes; this one predicts {run.schema.kind}. Its scores are "
            "in metrics.json, its predictions in predictions.parquet of the run folder."
        )
    page = _render(run, run.evaluation)
    with whole_file(path, overwrite=overwrite) as part:
        part.write_text(page, "utf-8")
    return Path(path)


def _render(run: Run, found: Evaluation) -> str:
    try:
        import jinja2
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise InvalidInput(
            f"reports need plotly and jinja2, and {error.name} is not installed. "
            "Install them with: pip install 'interplay[report]'."
        ) from error
    folder = files("interplay.report")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((folder / "page.html").read_text("utf-8"))
    told = _about_run(run) | _about_test(found, list(run.schema.classes))
    if run.profile is not None:
        told |= _about_profile(run.profile)
    return template.render(css=(folder / "page.css").read_text("utf-8"), plotly=get_plotlyjs(), **told)


def _about_run(run: Run) -> dict[str, object]:
    """How the model came about."""
    from interplay.report import figures as draw

    training = _figure(
        draw.plot_training(run.log),
        "Did training settle?",
        "Means over the training windows of each epoch, with dropout and input noise on.",
    )
    return {
        "card": run.data.card or {},
        "schema": run.schema,
        "data": run.data,
        "recipe": run.recipe.to_dict(),
        "seed": run.seed,
        "version": version("interplay"),
        "training": training,
    }


def _about_profile(profile: InteractionProfile) -> dict[str, object]:
    """What was measured; without pairs, what modalities tell alone."""
    from interplay.report import figures as draw

    told: dict[str, object] = {"profile": profile, "sureness": words.sureness(profile)}
    told["alone"] = _figure(
        draw.plot_informativeness(profile),
        "What does each modality tell alone?",
        "Information of one modality about the target, by how long before it is taken.",
    )
    if len(profile.modalities) == 1:
        return told
    return told | {
        "sentences": {atom: profile.sentences(3, atom=atom) for atom in PAIR_ATOMS},
        "atoms": words.atom_rows(profile),
        "negative": words.negative_atoms(profile),
        "pairs": _figure(
            draw.plot_pairs(profile),
            "How much does each pair tell, and how?",
            "Bits about the target at the lag of the slider. In brackets: not clear of its own 95 % error.",
        ),
        "lags": _figure(
            draw.plot_lags(profile, words.strongest_pairs(profile)[:MOST_PAIRS]),
            "At what delay does a pair act?",
            "Choose a pair. Bands are 95 % intervals; a line that stays at zero tells nothing.",
        ),
    }


def _about_test(found: Evaluation, classes: list[str]) -> dict[str, object]:
    """How good the model is, and what it made of the interactions."""
    from interplay.report import figures as draw

    scores = found.scores
    told: dict[str, object] = {
        "test_entities": found.entities,
        "n_test_windows": int(scores["test"]["n_windows"]),
        "macro_f1": words.number(scores["test"]["macro_f1"]),
        "macro_f1_interval": words.interval(scores["test"], "macro_f1"),
        "scores": words.score_rows(scores["test"]),
        "context": words.context_sentence(scores),
        "agreement": words.agreement_sentences(scores),
        "entities_told": words.least_and_most(found.predictions),
    }
    for name, drawn, title, caption in (
        (
            "without",
            draw.plot_without(scores),
            "What does the model lose without a part?",
            "The same weights, with one part taken away at test time. Far left of the dotted line: much is lost.",
        ),
        (
            "pooling",
            draw.plot_pooling(found.insight),
            "Which tokens do predictions rest on?",
            "Share (%) of the pooled window that comes from each modality, by true class and by lag.",
        ),
        (
            "confusion",
            draw.plot_confusion(found.predictions, classes),
            "What is taken for what?",
            "Rows are true classes: share of the row, and number of windows.",
        ),
        (
            "reliability",
            draw.plot_reliability(found.predictions, classes),
            "Do probabilities mean what they say?",
            "On the dotted line, windows predicted with 80 % confidence are right 80 % of the time. "
            "Larger dots hold more windows.",
        ),
        (
            "roc",
            draw.plot_roc(found.predictions, classes),
            "How well is each class told from the rest?",
            "Closer to the upper left corner is better.",
        ),
        (
            "entities",
            draw.plot_entities(found.predictions),
            "Is anyone served worse?",
            "Accuracy of each held-out entity.",
        ),
    ):
        told[name] = _figure(drawn, title, caption)
    if "expert_use" in found.insight:
        told["experts"] = _figure(
            draw.plot_experts(found.insight),
            "Which experts serve which modality?",
            "Mean weight (%) in the last layer; rows sum to 100. Synergy experts combine tokens of a step.",
        )
    return told


def _figure(drawn, title: str, caption: str) -> Figure:
    markup = drawn.to_html(full_html=False, include_plotlyjs=False, config=CONFIG)
    return Figure(title=title, caption=caption, markup=markup)
