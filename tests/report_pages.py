"""Reading a report as a person and as a browser would: its text, what it loads, its embedded numbers."""

import json
from html.parser import HTMLParser


class Page(HTMLParser):
    """What a page loads, which sections it has, the text that a reader sees, its scripts and its data."""

    def __init__(self, html: str):
        super().__init__()
        self.loads, self.ids, self.text, self.scripts = [], [], "", []
        self.inside = self.kind = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag in ("script", "style", "title"):
            self.inside, self.kind = tag, found.get("type")
        if "id" in found:
            self.ids.append(found["id"])
        self.loads += [found[name] for name in ("src", "data", "srcset", "poster", "action") if name in found]
        if tag in ("link", "iframe", "object", "embed", "base"):
            self.loads.append(tag)

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts.append((self.kind, data))
        elif self.inside is None:
            self.text += data

    @property
    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())

    @property
    def script(self) -> str:
        return "".join(text for kind, text in self.scripts if kind is None)

    @property
    def data(self) -> dict:
        """The embedded numbers."""
        (text,) = (text for kind, text in self.scripts if kind == "application/json")
        return json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
