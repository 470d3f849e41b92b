"""write_report: one offline HTML page about an evaluated run."""

from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import jinja2

from interplay.errors import InvalidInput
from interplay.files import whole_file
from interplay.report import cards, text
from interplay.report.embed import safe_json
from interplay.report.model_data import example_data, insight_data
from interplay.report.prediction_data import prediction_data, scores_by_part
from interplay.report.profile_data import groups_of, profile_data
from interplay.report.script import repeat_script
from interplay.report.summary import summary_sentences
from interplay.train import Evaluation, Run, load_run

SCRIPTS = (
    "core",
    "frame",
    "axes",
    "grid",
    "pairs",
    "map",
    "network",
    "table",
    "model",
    "windows",
    "scores",
    "start",
)
"""Files of the page's script, in the order in which they build on one another."""


def write_report(run: Run | str | Path, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write one HTML page that needs no network and nothing beside it.

    Parameters
    ----------
    run : Run, or folder of a saved run
        Evaluated; nothing is estimated, trained or predicted again.
    path : str or Path
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the run was not evaluated, or the file exists.
    """
    run = evaluated(run)
    page = _render(run, evaluation_of(run))
    with whole_file(path, overwrite=overwrite) as part:
        part.write_text(page, "utf-8")
    return Path(path)


def evaluated(run: Run | str | Path) -> Run:
    """The run, read from its folder if need be; refused if it was not evaluated."""
    run = run if isinstance(run, Run) else load_run(run)
    if run.evaluation is None:
        raise InvalidInput(
            "a report must be about an evaluated run; this one was not. Evaluate it first, on entities "
            "that it was not trained on: interplay evaluate RUN --data NAME, or run.evaluate(test)."
        )
    return run


def evaluation_of(run: Run) -> Evaluation:
    """What was found when an evaluated run was judged."""
    assert run.evaluation is not None
    return run.evaluation


def page_data(run: Run, found: Evaluation) -> dict[str, object]:
    """All numbers behind the page's charts and tables."""
    schema = run.schema
    profile = run.profile
    entropy = 1.0 if profile is None else profile.h_y_bits
    return {
        "title": title(run),
        "kind": schema.kind,
        "classes": schema.classes,
        "modalities": schema.modalities,
        "groups": groups_of(schema.modalities),
        "main": text.MAIN_SCORE[schema.kind],
        "score_names": text.NAMES,
        "profile": None if profile is None else profile_data(profile),
        "insight": insight_data(found.insight, run.context, entropy),
        "examples": example_data(found.examples, found.predictions, schema),
        "parts": scores_by_part(found.scores),
        "predictions": prediction_data(found.predictions, schema),
        "log": run.log,
    }


def title(run: Run) -> str:
    """What the page is about."""
    return str((run.data.card or {}).get("title") or "Interactions and a guided model")


def _render(run: Run, found: Evaluation) -> str:
    folder = files("interplay.report") / "web"
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((folder / "page.html").read_text("utf-8"))
    script = "\n".join((folder / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    return template.render(
        css=(folder / "page.css").read_text("utf-8"),
        script=f"(() => {{\n{script}\n}})();",
        data=safe_json(page_data(run, found)),
        version=version("interplay"),
        **_told(run, found),
    )


def _told(run: Run, found: Evaluation) -> Mapping[str, object]:
    """What stands on the page in words and tables, readable without its script."""
    kind, scores, profile = run.schema.kind, found.scores, run.profile
    told: dict[str, object] = {
        "title": title(run),
        "run": run,
        "schema": run.schema,
        "found": found,
        "main_name": text.NAMES[text.MAIN_SCORE[kind]],
        "main": text.number(scores["test"][text.MAIN_SCORE[kind]]),
        "main_interval": text.interval(scores["test"], text.MAIN_SCORE[kind]),
        "n_windows": int(scores["test"]["n_windows"]),
        "judged": text.judged_sentence(scores["test"], kind),
        "context": text.context_sentence(scores, kind),
        "missing": text.missing_sentence(scores, kind),
        "agreement": text.agreement_sentences(scores),
        "scores": text.score_rows(scores["test"]),
        "served": text.least_and_most(found.predictions, kind),
        "model_card": cards.model_card(run),
        "data_card": cards.data_card(run),
        "leakage": cards.leakage_rows(run, found.entities),
        "script_to_repeat": repeat_script(run),
        "recipe": run.recipe.to_dict(),
    }
    if profile is not None:
        told |= {
            "findings": summary_sentences(profile),
            "sureness": text.sureness(profile),
            "negative": text.negative_atoms(profile) if len(profile.modalities) > 1 else "",
            "entropy": text.number(profile.h_y_bits, 2),
            "history": int(profile.dataset.attrs.get("target_history", 0)),
            "errors": "synergy_stderr" in profile.dataset,
        }
    return told
