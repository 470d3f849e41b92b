"""A section of the page from files outside the package: a template, a script and a class."""

from interplay.report import Section

TEMPLATE = """{% from "rows.html" import rows %}
<p>{{ who }} of {{ evaluation.entities | length }} entities.</p>
{{ rows(counts) }}
<div id="worst-host"></div>
"""
SCRIPT = """
// names of its own, which other sections use too
const INSIGHT = "mine", axes = 3;
section("worst", (host, data) => {
  frame(hostOf("worst-host"), {
    id: "worst-figure", title: "Errors", caption: INSIGHT,
    draw: (width) => {
      const rows = data.names.map((name, k) => ({ name, value: data.errors[k] }));
      return dotRows(rows, { width, x: [0, 1], xTitle: "share wrong" });
    },
    table: () => ({ columns: ["entity", "wrong"], rows: data.names.map((name, k) => [name, data.errors[k]]) }),
  });
});
"""


class Worst(Section):
    name, title, link = "worst", "Whom does it serve worst?", "Worst"
    scripts = ("worst",)

    def __init__(self, folder):
        folder.mkdir()
        (folder / "worst.html").write_text(TEMPLATE)
        (folder / "worst.js").write_text(SCRIPT)
        self.folder = folder

    def wrong(self, evaluation):
        table = evaluation.predictions
        return (table["label"] != table["predicted"]).groupby(table["entity"]).mean()

    def context(self, run, evaluation):
        wrong = self.wrong(evaluation)
        return {"who": f"<{wrong.idxmax()}>", "counts": [("worst", f"{wrong.max():.4f}")]}

    def data(self, run, evaluation):
        wrong = self.wrong(evaluation)
        return {"names": list(wrong.index), "errors": wrong.to_numpy()}
