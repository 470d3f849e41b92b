"""The documentation builds into one site that holds together, shows every public name and asks nobody for anything."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from sphinx.cmd.build import main as build

import interplay as ip

DOCS = Path(__file__).parents[1] / "docs"
LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src"}
KNOWN_TO_BROWSERS = ("canonical", "license")
"""Kinds of <link> that a browser does not fetch."""


class Page(HTMLParser):
    """What a page leads to, what it loads, and what can be led to in it."""

    def __init__(self, path: Path):
        super().__init__()
        self.leads_to: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        told = {name: value or "" for name, value in attrs}
        self.ids.add(told.get("id", ""))
        if tag == "a" and "href" in told:
            self.leads_to.append(told["href"])
        if tag in LOADS and LOADS[tag] in told and told.get("rel") not in KNOWN_TO_BROWSERS:
            self.loads.append(told[LOADS[tag]])


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_holds_together(tmp_path):
    site = built(tmp_path)
    pages = {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    assert no_broken_link(pages) == []
    assert not_reached(site, pages) == []
    assert loaded_from_elsewhere(site, pages) == []
    assert missing_names(pages) == []


def built(folder: Path) -> Path:
    site = (folder / "html").resolve()
    options = ["-W", "--keep-going", "-q", "-b", "html", "-d", str(folder / "doctrees")]
    # what it warns of is on stderr, which pytest shows where this fails
    assert build([*options, str(DOCS), str(site)]) == 0
    return site


def no_broken_link(pages: dict[Path, Page]) -> list[str]:
    """Links inside of the site whose page or place in the page is not there."""
    broken = []
    for path, page in pages.items():
        for link in page.leads_to:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.exists() and (
                not parts.fragment or target not in pages or unquote(parts.fragment) in pages[target].ids
            )
            if not there:
                broken.append(f"{path.name}: {link}")
    return broken


def not_reached(site: Path, pages: dict[Path, Page]) -> list[str]:
    """Pages of docs/ that links do not lead to from the first page."""
    reached, ahead = set(), [site / "index.html"]
    while ahead:
        path = ahead.pop()
        if path in reached or path not in pages:
            continue
        reached.add(path)
        ahead += [(path.parent / unquote(urlsplit(link).path)).resolve() for link in pages[path].leads_to]
    written = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    return [str(path) for path in written if (site / path).with_suffix(".html").resolve() not in reached]


def loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> list[str]:
    """Scripts, styles, fonts and pictures that a reader's browser would ask another computer for."""
    found = [f"{path.name}: {load}" for path, page in pages.items() for load in page.loads if "//" in load]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text("utf-8")
        asked = re.findall(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""", text)
        found += [f"{sheet.name}: {address}" for address in asked]
    return found


def missing_names(pages: dict[Path, Page]) -> list[str]:
    """Public names that no page documents; a new module needs a page in docs/api."""
    documented = set().union(*(page.ids for page in pages.values()))
    homes = {name: f"interplay.{home}.{name}" for name, home in ip._HOME.items()}
    modules = {name: f"module-interplay.{name}" for name in ip._MODULES}
    return [name for name, place in (homes | modules).items() if place not in documented]
