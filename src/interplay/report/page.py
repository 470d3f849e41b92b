"""write_report: one offline HTML page about an evaluated run, made of sections."""

from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import jinja2

from interplay.errors import InvalidInput
from interplay.files import whole_file
from interplay.report.embed import safe_json
from interplay.report.kinds import REPORTED
from interplay.report.profile_data import groups_of, profile_data
from interplay.report.sections import SECTIONS, Section
from interplay.train import Evaluation, Run, load_run

TOOLS = ("core", "frame", "axes", "grid", "kinds")
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
    _check_names(sections)
    page = _render(run, evaluation_of(run), sections)
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
    """What came of judging an evaluated run."""
    assert run.evaluation is not None
    return run.evaluation


def page_data(run: Run, evaluation: Evaluation, sections: Sequence[Section]) -> dict[str, object]:
    """All numbers behind the page's charts and tables: what all scripts know, and what is told to each section."""
    schema, profile = run.schema, run.profile
    return {
        "title": title(run),
        "kind": schema.kind,
        "classes": schema.classes,
        "modalities": schema.modalities,
        "groups": groups_of(schema.modalities),
        "profile": None if profile is None else profile_data(profile),
        "sections": {section.name: section.data(run, evaluation) for section in sections},
    }


def title(run: Run) -> str:
    """What the page is about."""
    return str((run.data.card or {}).get("title") or "Interactions and a guided model")


def _render(run: Run, evaluation: Evaluation, sections: Sequence[Section]) -> str:
    web = files("interplay.report") / "web"
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("interplay.report", "web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared = {"run": run, "evaluation": evaluation, "schema": run.schema}
    parts = {
        section.name: environment.from_string(section.template()).render(
            **shared, **section.context(run, evaluation)
        )
        for section in sections
    }
    return environment.get_template("page.html").render(
        **shared,
        title=title(run),
        target=REPORTED[run.schema.kind].heading(run.schema),
        sections=sections,
        parts=parts,
        css=(web / "page.css").read_text("utf-8"),
        script=_script(sections),
        data=safe_json(page_data(run, evaluation, sections)),
        version=version("interplay"),
    )


def _script(sections: Sequence[Section]) -> str:
    """One script; names that a section gives are seen by that section alone."""
    web = files("interplay.report") / "web"
    tools = [(web / f"{name}.js").read_text("utf-8") for name in TOOLS]
    drawn = [f"(() => {{\n{section.script()}\n}})();" for section in sections if section.script()]
    start = (web / "start.js").read_text("utf-8")
    return "(() => {\n" + "\n".join([*tools, *drawn, start]) + "\n})();"


def _check_names(sections: Sequence[Section]) -> None:
    names = [section.name for section in sections]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(
            f"sections must have names of their own; {twice[0]!r} is there twice. Rename one of them."
        )
