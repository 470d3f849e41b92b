"""`compare`, `runs` and `view` on small runs that were trained: text, JSON, pages, and what is refused."""

import json

import pytest

import interplay as ip
from interplay.cli import main
from report_pages import Page
from small_runs import SMALL, xor_profile, xor_windows

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A guided run and one that was not, both tested on six entities."""
    folder = tmp_path_factory.mktemp("runs")
    test = xor_windows(120, seed=1, entities=tuple("uvwxyz"))
    for name, profile, settings in (
        ("guided", xor_profile(("a",)), SMALL),
        ("plain", None, SMALL | {"optimiser.epochs": 1}),
    ):
        run = ip.fit(xor_windows(200, seed=0), profile=profile, settings=settings)
        run.evaluate(test, n_bootstrap=20)
        run.save(folder / name)
    xor_profile().save(folder / "guided.nc")
    return folder


def test_runs_are_compared_in_words_and_as_json(folder, capsys, tmp_path):
    guided, plain = str(folder / "guided"), str(folder / "plain")
    page = tmp_path / "page.html"
    assert main(["compare", plain, guided, "--page", str(page)]) == 0
    out = capsys.readouterr().out
    assert "guided against plain, on 120 windows of 6 entities that both were tested on:" in out
    assert "optimiser.epochs  1" in out
    assert f"Page: {page}" in out
    assert main(["compare", plain, guided, "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    accuracy = next(row for row in told["differences"] if row["score"] == "accuracy")
    scores = [ip.load_run(name).evaluation.test["accuracy"] for name in (plain, guided)]
    assert [accuracy["a"], accuracy["b"]] == pytest.approx(scores)
    assert len(told["entities"]) == 4 * 6
    read = Page(page.read_text("utf-8"))
    assert read.loads == []
    assert "6 entities that all were tested on" in read.words


def test_profiles_are_compared(folder, capsys):
    both = [str(folder / "guided" / "profile.nc"), str(folder / "guided.nc")]
    assert main(["compare", *both]) == 0
    assert "guided against profile; of 36 differences of atoms none is clear." in capsys.readouterr().out
    assert main(["compare", *both, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"][0]["clear"] is False


def test_runs_are_listed_and_viewed(folder, capsys, tmp_path):
    assert main(["runs", str(folder)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["run", "data", "recipe", "guided"]
    assert [line.split()[0] for line in lines] == ["guided", "plain"]
    assert main(["runs", str(folder), "--json"]) == 0
    assert [row["run"] for row in json.loads(capsys.readouterr().out)] == ["guided", "plain"]
    page = tmp_path / "all.html"
    assert main(["view", str(folder), "-o", str(page)]) == 0
    assert "Page of 2 runs" in capsys.readouterr().out
    assert main(["view", str(folder), "-o", str(page)]) == 1
    assert "must not exist yet" in capsys.readouterr().err
    assert main(["view", str(folder), "--json"]) == 0
    assert (folder / "runs.html").is_file()
    data = Page(page.read_text("utf-8")).data["sections"]
    assert [len(run["log"]) for run in data["curves"]["runs"]] == [3, 1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["compare", "guided"], "two or more"),
        (["compare", "guided", "nowhere"], "there is no nowhere"),
        (["compare", "guided", "guided.nc"], "profiles alone or runs alone"),
        (["compare", "guided", "plain", "--page", "x.pdf"], "must end in .html"),
        (["runs", "nowhere"], "no folder nowhere"),
        (["view", "nowhere"], "no folder nowhere"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(folder, words, sentence, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(words) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_no_name_breaks_out_of_a_page(tmp_path):
    from interplay.report import write_comparison, write_runs_page
    from report_runs import drawn_run

    run = drawn_run(3, 3, names=(HOSTILE, "b", "c"), classes=(HOSTILE, "d"), card={"name": HOSTILE})
    folder = tmp_path / "runs" / "<img src=x>&\"'"
    run.save(folder)
    (folder / "report.html").write_text("", "utf-8")
    other = drawn_run(3, 3, names=(HOSTILE, "b", "c"), classes=(HOSTILE, "d"))
    pages = [
        write_runs_page(tmp_path / "runs", tmp_path / "view.html"),
        write_comparison(ip.compare(run, other, names=[HOSTILE, "x"]), tmp_path / "runs.html"),
        write_comparison(
            ip.compare(run.profile, other.profile, names=[HOSTILE, "x"]), tmp_path / "profiles.html"
        ),
    ]
    for path in pages:
        html = path.read_text("utf-8")
        assert "<img" not in html
        page = Page(html)
        assert page.loads == []
        assert HOSTILE in page.text
    view = pages[0].read_text("utf-8")
    assert 'href="./runs/%3Cimg%20src%3Dx%3E%26%22%27/report.html"' in view
