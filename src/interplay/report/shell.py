"""What all pages share: parts under headings, one style, one script, one offline HTML file."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import jinja2

from interplay.errors import InvalidInput
from interplay.files import whole_file
from interplay.report.embed import safe_json

WEB = files("interplay.report") / "web"
TOOLS_OF_OTHERS = ("core", "address", "frame", "axes", "sorted")
"""Scripts that parts of a page draw with which is about no single run."""
NO_RUN = {"modalities": (), "groups": {}, "profile": None}
"""What they know."""


class Part:
    """A part of a page under a heading of its own.

    Attributes
    ----------
    name : its id on the page, and the name of its template
    title : its heading
    link : what it is called in the navigation
    scripts : names of its files of script, without ``.js``, in the order in which they build on one another. Names in
        them are its own; ``section(name, (host, data) => ...)`` in one of them draws into the part once the page is
        there.
    folder : where its files are
    """

    name: str
    title: str
    link: str
    scripts: tuple[str, ...] = ()
    folder: Traversable = WEB

    def context(self, *subject) -> Mapping[str, object]:
        """What its template is given beside what the whole page is given."""
        return {}

    def data(self, *subject) -> Mapping[str, object]:
        """What its script is given: numbers, names, sequences and mappings of them."""
        return {}

    def template(self) -> str:
        """Its part of the page, in jinja2."""
        return (self.folder / f"{self.name}.html").read_text("utf-8")

    def script(self) -> str:
        """All of its script."""
        return "\n".join((self.folder / f"{name}.js").read_text("utf-8") for name in self.scripts)


def render(
    template: str,
    parts: Sequence[Part],
    subject: Sequence,
    *,
    tools: Sequence[str],
    data: Mapping[str, object],
    **words,
) -> str:
    """A whole page that needs no network and nothing beside it.

    Parameters
    ----------
    template : name of the frame of the page, in ``web/``
    parts : what stands on it, in this order
    subject : what the parts are asked with, for their context and data
    tools : scripts that parts draw with, in the order in which they build on one another
    data : numbers that all scripts know; ``sections`` are those of the parts
    words : what templates are given
    """
    check_names(parts)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("interplay.report", "web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = {
        part.name: environment.from_string(part.template()).render(**words, **part.context(*subject))
        for part in parts
    }
    return environment.get_template(template).render(
        **words,
        sections=parts,
        parts=html,
        css=(WEB / "page.css").read_text("utf-8"),
        script=_script(parts, tools),
        data=safe_json({**data, "sections": {part.name: part.data(*subject) for part in parts}}),
        version=version("interplay"),
    )


def render_other(
    parts: Sequence[Part], subject: Sequence, *, what: str, title: str, about: str, sources: str = ""
) -> str:
    """A page that is about no single run: `what` it is, under which title, what that is about, and its sources."""
    words = {"what": what, "title": title, "about": about, "sources": sources}
    return render("other.html", parts, subject, tools=TOOLS_OF_OTHERS, data=NO_RUN, **words)


def write_page(page: str, path: str | Path, *, overwrite: bool) -> Path:
    """Write a page: all of it, or nothing."""
    with whole_file(path, overwrite=overwrite) as part:
        part.write_text(page, "utf-8")
    return Path(path)


def check_names(parts: Sequence[Part]) -> None:
    """Refuse two parts of one name."""
    names = [part.name for part in parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(
            f"sections must have names of their own; {twice[0]!r} is there twice. Rename one of them."
        )


def _script(parts: Sequence[Part], tools: Sequence[str]) -> str:
    """One script; names that a part gives are seen by that part alone."""
    first = [(WEB / f"{name}.js").read_text("utf-8") for name in tools]
    drawn = [f"(() => {{\n{part.script()}\n}})();" for part in parts if part.script()]
    start = (WEB / "start.js").read_text("utf-8")
    return "(() => {\n" + "\n".join([*first, *drawn, start]) + "\n})();"
