"""How Sphinx builds the documentation: `make docs`. Nothing is fetched, when building or when reading."""

import re
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.addnodes import pending_xref

HERE = Path(__file__).parent
RESULTS = HERE.parent / "benchmarks" / "results"

project = "interplay"
author = project_copyright = "The interplay developers"
release = version = version_of("interplay")
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build", "notebooks/*.md"]  # of a notebook the site shows what stands beside its source
nb_execution_mode = "off"
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

default_role = "py:obj"
autosummary_generate = False
autodoc_default_options = {
    "members": True,
    "member-order": "bysource",
    # scikit-learn adds these to every estimator; nothing here routes metadata
    "exclude-members": "set_fit_request, set_score_request",
}
autodoc_inherit_docstrings = False
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
numpydoc_show_class_members = False
add_module_names = False

templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = "interplay"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"**": ["sidebar-pages"]}
html_theme_options = {
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "search_bar_text": "Search",
    "show_toc_level": 2,
}


def setup(app) -> None:
    app.connect("source-read", lead_to_results)
    app.connect("source-read", skip_empty_patterns)
    app.connect("autodoc-process-signature", name_factories)
    app.connect("doctree-read", link_types_only)


def lead_to_results(app, docname: str, source: list[str]) -> None:
    """Show the recorded figures as one page, and lead links to their files there.

    In the repository pages link to ``../benchmarks/results/NAME.md``, which lies outside of the site.
    """
    if docname == "benchmarks":
        for path in sorted(RESULTS.glob("*.md")):
            app.env.note_dependency(str(path))
            text = re.sub(r"^#", "##", path.read_text("utf-8"), flags=re.MULTILINE)
            # pictures lie beside the page in the repository
            text = re.sub(r"\]\((\w+\.png)\)", r"](../benchmarks/results/\1)", text)
            source[0] += f"\n(results-{path.stem})=\n{text}"
    source[0] = re.sub(r"\]\((?:\.\./)+benchmarks/results/(\w+)\.md\)", r"](#results-\1)", source[0])
    source[0] = re.sub(r"\]\((?:\.\./)+benchmarks/results\)", "](#all-results)", source[0])


def skip_empty_patterns(app, docname: str, source: list[str]) -> None:
    """Leave out patterns of a table of contents that no page matches yet: the gallery may be empty."""
    folder = (HERE / docname).parent

    def kept(line: str) -> bool:
        if not re.fullmatch(r"[/\w]*\*", line):
            return True
        return any((HERE if line[0] == "/" else folder).glob(f"{line.lstrip('/')}.md"))

    source[0] = "\n".join(line for line in source[0].split("\n") if kept(line))


def name_factories(app, what, name, obj, options, signature: str | None, returns: str | None):
    """A default that is made anew has no name in Python, and Sphinx would leave such a signature unread."""
    return signature and (signature.replace("<factory>", "..."), returns)


def link_types_only(app, doctree) -> None:
    """Types in docstrings are said in words: a word is no link to some attribute of that name elsewhere."""
    for node in doctree.findall(pending_xref):
        if node.get("refspecific") and node["reftarget"][:1].islower():
            del node["refspecific"]
