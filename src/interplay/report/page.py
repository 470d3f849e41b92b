"""write_report: one offline HTML page about an evaluated run, made of sections."""

from collections.abc import Sequence
from pathlib import Path

from interplay.errors import InvalidInput
from interplay.report.kinds import REPORTED
from interplay.report.profile_data import groups_of, profile_data
from interplay.report.sections import SECTIONS, Section
from interplay.report.shell import render, write_page
from interplay.train import Evaluation, Run, load_run

TOOLS = ("core", "address", "frame", "axes", "grid", "kinds")
"""Scripts that sections draw with, in the order in which they build on one another."""


def write_report(
    run: Run | str | Path,
    path: str | Path,
    *,
    overwrite: bool = False,
    sections: Sequence[Section] = SECTIONS,
) -> Path:
    """Write one HTML page that needs no network and nothing beside it.

    Parameters
    ----------
    run : Run, or folder of a saved run
        Evaluated; nothing is estimated, trained or predicted again.
    path : str or Path
    overwrite : bool
    sections : sequence of Section
        What stands on the page, in this order; by default all that there is. For one more of your own pass
        ``(*SECTIONS, Mine())``, see `interplay.report.sections`.

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the run was not evaluated, the file exists, or two sections have one name.
    """
    run = evaluated(run)
    page = _render(run, evaluation_of(run), sections)
    return write_page(page, path, overwrite=overwrite)


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
    """What came of judging an evaluated run."""
    assert run.evaluation is not None
    return run.evaluation


def page_data(run: Run) -> dict[str, object]:
    """Numbers and names that the scripts of all sections know."""
    schema, profile = run.schema, run.profile
    return {
        "title": title(run),
        "kind": schema.kind,
        "classes": schema.classes,
        "modalities": schema.modalities,
        "groups": groups_of(schema.modalities),
        "profile": None if profile is None else profile_data(profile),
    }


def title(run: Run) -> str:
    """What the page is about."""
    return str((run.data.card or {}).get("title") or "Interactions and a guided model")


def _render(run: Run, evaluation: Evaluation, sections: Sequence[Section]) -> str:
    shown = [section for section in sections if section.shown(run, evaluation)]
    return render(
        "page.html",
        shown,
        (run, evaluation),
        tools=TOOLS,
        data=page_data(run),
        run=run,
        evaluation=evaluation,
        schema=run.schema,
        title=title(run),
        target=REPORTED[run.schema.kind].heading(run.schema),
    )
