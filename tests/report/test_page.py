"""The report: whole, offline, true to the run, and calm about what a run lacks."""

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput
from interplay.report import words, write_report
from interplay.train import fit
from small_runs import NAMES, SMALL, STEPS, xor_profile, xor_windows

SECTIONS = ("what", "delay", "sure", "used", "good", "trust")


class Page(HTMLParser):
    """What a page loads, which sections it has, and the text that a reader sees."""

    def __init__(self, html: str):
        super().__init__()
        self.loads, self.ids, self.text, self.scripts = [], [], "", []
        self.inside = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag in ("script", "style"):
            self.inside = tag
        if "id" in found:
            self.ids.append(found["id"])
        self.loads += [found[name] for name in ("src", "data", "srcset") if name in found]
        if tag == "link":
            self.loads.append(found.get("href"))

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts.append(data)
        elif self.inside is None:
            self.text += data


@pytest.fixture(scope="module")
def run():
    run = fit(xor_windows(200, seed=0), profile=with_errors(xor_profile(("a", "b"))), settings=SMALL,
              card={"title": "Exclusive or", "licence": "none", "source": "a coin"})  # fmt: skip
    run.evaluate(xor_windows(90, seed=1, entities=("x", "y", "z")), n_bootstrap=50)
    return run


def with_errors(profile):
    for name in ("redundancy", "unique", "synergy", "joint_mi", "mi"):
        profile.dataset[f"{name}_stderr"] = profile.dataset[name] * 0 + 0.01
    return profile


def page_of(run, tmp_path) -> Page:
    return Page(write_report(run, tmp_path / "report.html").read_text("utf-8"))


def test_the_page_is_whole_and_loads_nothing(run, tmp_path):
    page = page_of(run, tmp_path)
    assert set(SECTIONS) <= set(page.ids)
    assert page.loads == []
    own = "".join(script for script in page.scripts if "plotly.js v" not in script[:400])
    assert "Plotly.newPlot" in own
    assert not re.search(r"https?://", own.replace("https://plot.ly", ""))
    assert "@import" not in (tmp_path / "report.html").read_text("utf-8")[:20_000]


def test_the_numbers_are_those_of_the_run(run, tmp_path):
    text = page_of(run, tmp_path).text
    scores = run.evaluation.scores["test"]
    for name in ("accuracy", "macro_f1", "brier", "ece", "log_loss_bits"):
        assert f"{scores[name]:.3f}" in text
    assert f"{scores['macro_f1_low']:.3f} to {scores['macro_f1_high']:.3f}" in text
    # 1.96 * 0.01 rounds to 0.02
    assert (
        "left and right together tell 1.00 ± 0.02 bits that neither tells alone, most at a lag of 0.5 s."
        in text
    )
    assert "Exclusive or" in text
    assert "a coin, none" in text
    assert "x, y, z" in text


def test_nothing_undefined_reaches_the_reader(run, tmp_path):
    page = page_of(run, tmp_path)
    assert not re.search(r"\bnan\b|\bNone\b(?! of)|\binf\b|Undefined", page.text)
    own = "".join(script for script in page.scripts if "plotly.js v" not in script[:400])
    assert not re.search(r"\bNaN\b", own)


def test_names_are_escaped(tmp_path):
    windows = xor_windows(200, seed=0)
    hostile = "<script>alert(1)</script>"
    windows = replace(windows, steps=replace(windows.steps, classes=(hostile, "like")))
    test = xor_windows(60, seed=1, entities=("x", "y"))
    test = replace(test, steps=replace(test.steps, classes=(hostile, "like")))
    run = fit(windows, settings=SMALL, card={"title": hostile})
    run.evaluate(test, n_bootstrap=10)
    html = write_report(run, tmp_path / "r.html").read_text("utf-8")
    assert hostile not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_run_without_a_profile_says_so(run, tmp_path):
    plain = fit(xor_windows(200, seed=0), settings=SMALL)
    plain.evaluate(xor_windows(60, seed=1, entities=("x",)), n_bootstrap=10)
    page = page_of(plain, tmp_path)
    assert "has no interaction profile: the model is its own unguided control" in page.text
    assert "trained without interactions, so there is nothing to take away" in page.text
    assert "says nothing about where its data come from" in page.text
    assert "One entity was tested, x" in page.text
    assert not re.search(r"\bnan\b", page.text)


def test_a_profile_by_hand_has_no_errors_to_show(run, tmp_path):
    page = page_of(replace(run, profile=xor_profile()), tmp_path)
    assert "left and right together tell 1.00 bits that neither" in page.text
    assert not re.search(r"\bnan\b", page.text)


def test_a_single_modality_has_no_pairs(tmp_path):
    rng = np.random.default_rng(0)

    def windows(entities):
        y = rng.integers(0, 2, 80)
        x = rng.normal(size=(80, STEPS, 1)) + y[:, None, None]
        return ip.windows_from_arrays({"alone": x}, y, entity=rng.choice(entities, 80))

    zeros = np.zeros((1, 1, 2))
    profile = ip.InteractionProfile.from_arrays(
        ["alone"], redundancy=zeros, unique=zeros, synergy=zeros, step_s=1.0, h_y_bits=1.0
    )
    run = fit(windows(("a", "b")), profile=profile, settings=SMALL)
    run.evaluate(windows(("x", "y")), n_bootstrap=10)
    assert "There is one modality, so there are no pairs." in page_of(run, tmp_path).text


def test_what_cannot_be_reported_is_refused(run, tmp_path):
    with pytest.raises(InvalidInput, match="Evaluate it first"):
        write_report(replace(run, evaluation=None), tmp_path / "r.html")
    (tmp_path / "kept.html").write_text("mine")
    with pytest.raises(InvalidInput, match="must not exist yet, and does"):
        write_report(run, tmp_path / "kept.html")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.html"]
    assert (tmp_path / "kept.html").read_text() == "mine"


def test_a_saved_run_is_reported_from_its_folder(run, tmp_path):
    folder = replace(run).save(tmp_path / "run")
    first = Page(write_report(folder, folder / "report.html").read_text("utf-8"))
    second = Page(write_report(run, tmp_path / "other.html").read_text("utf-8"))
    assert first.text == second.text


def compared(before: float, after: float) -> dict:
    return {"compared": {"macro_f1": before, "n_windows": 500}, "without_context": {"macro_f1": after}}


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(0.5, "the model leans on them"), (0.89, "changes little"), (0.95, "they mislead it")],
)
def test_whether_the_model_leans_on_interactions(after, verdict):
    told = words.context_sentence(compared(0.9, after))
    assert verdict in told
    assert f"from 0.900 to {after:.3f} (500 windows)" in told


def test_agreement_in_words():
    def found(r, low, high):
        return {"correlation": r, "low": low, "high": high, "n": 30}

    told = words.agreement_sentences(
        {"agreement_redundancy": found(-0.6, -0.8, -0.3), "agreement_synergy": found(-0.5, -0.7, -0.2)}
    )
    assert "yes (rank correlation -0.60, 95 % interval -0.80 to -0.30; 30 pairs and lags" in told[0]
    assert "no, the reverse" in told[1]
    assert "not clear" in words.agreement_sentences({"agreement_synergy": found(0.1, -0.2, 0.4)})[0]
    undefined = {"agreement_synergy": found(None, None, None)}
    assert words.agreement_sentences(undefined) == []


def test_strongest_pairs_come_first():
    assert words.strongest_pairs(xor_profile())[0] == NAMES[:2]
    assert len(words.strongest_pairs(xor_profile())) == 3


@pytest.mark.slow
def test_a_browser_draws_every_figure_without_an_error(run, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine")
    path = write_report(run, tmp_path / "report.html")
    shown = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
         "--virtual-time-budget=8000", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    drawn = len(re.findall(r"Plotly\.newPlot\(\s*\"", shown.stdout))
    assert drawn >= 10
    assert shown.stdout.count('class="main-svg"') >= drawn
    assert "CONSOLE" not in shown.stderr
