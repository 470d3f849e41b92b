"""The report on what goes beyond pairs: where triples were measured, kept with the run, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

import interplay as ip
from interplay.cli.train import saved_profiles
from interplay.errors import DamagedFile, InvalidInput, LeakageError
from interplay.report import write_report
from interplay.report.script import repeat_script
from interplay.train import fit, load_run
from report_pages import Page
from report_runs import drawn_run
from small_runs import SMALL

NAMES = ("hall", "stairs", "cellar", "porch")
ENTITIES = tuple(f"house {k}" for k in range(10))


def parity_windows(seed: int, entities=ENTITIES, n: int = 1200) -> ip.Windows:
    """A light that goes by the parity of three of four switches, one answer in twenty wrong."""
    rng = np.random.default_rng(seed)
    switches = rng.integers(0, 2, (4, n))
    light = switches[0] ^ switches[1] ^ switches[2] ^ (rng.random(n) < 0.05)
    arrays = {name: x[:, None].astype(float) for name, x in zip(NAMES, switches, strict=True)}
    entity = np.repeat(np.array(entities), n // len(entities))
    return ip.windows_from_arrays(arrays, light.astype(int), steps=1, entity=entity, classes=("off", "on"))


def triples_of(windows: ip.Windows, **options) -> ip.TripleProfile:
    return ip.beyond_pairs(windows, estimator=ip.DiscretePID(cells="given"), **options)


@pytest.fixture(scope="module")
def parity():
    named = [("hall", "stairs", "cellar"), ("hall", "stairs", "porch")]
    return triples_of(parity_windows(0), triples=named)


def page_of(run, folder) -> Page:
    return Page(write_report(run, folder / "report.html", overwrite=True).read_text("utf-8"))


def test_triples_have_a_section_with_sentences_and_intervals(parity, tmp_path):
    page = page_of(replace(drawn_run(4, 3, names=NAMES), triples=parity), tmp_path)
    assert "What do three tell that pairs do not?" in page.words
    assert "2 triples were named and measured." in page.words
    (sentence,) = parity.sentences()
    assert sentence in page.words
    shown = page.data["sections"]["beyond"]
    first, *others = shown["added"]
    assert first["name"] == "all three: hall, stairs, cellar"
    assert [one["clear"] for one in shown["added"]] == [True] + [False] * len(others)
    # one less the entropy of one wrong answer in twenty, 0.714 bits
    assert first["low"] < 0.714 < first["high"]
    # a parity raises O-information by as much below zero for each of two that are more than one source
    assert [one["name"] for one in shown["prevails"]] == ["hall, stairs, cellar", "hall, stairs, porch"]
    assert shown["prevails"][0]["high"] < -0.714 < abs(shown["prevails"][1]["value"])
    assert "beyond-host" in page.ids


def test_chosen_triples_say_of_how_many(tmp_path):
    chosen = triples_of(parity_windows(0), most=1)
    page = page_of(replace(drawn_run(4, 3, names=NAMES), triples=chosen), tmp_path)
    assert "Of 4 triples 1 looked promising and was measured; q counts all of them." in page.words


def test_no_evidence_is_said(tmp_path):
    nothing = triples_of(parity_windows(0), triples=[("hall", "stairs", "porch")])
    page = page_of(replace(drawn_run(4, 3, names=NAMES), triples=nothing), tmp_path)
    assert "No evidence that a third adds anything to two others" in page.words
    assert not any(one["clear"] for one in page.data["sections"]["beyond"]["added"])


def test_without_triples_there_is_no_section(parity, tmp_path):
    none = parity.dataset.isel(triple=[])
    for run in (drawn_run(3, 3), replace(drawn_run(3, 3), triples=ip.TripleProfile(none))):
        page = page_of(run, tmp_path)
        assert "What do three tell" not in page.words
        assert "Beyond pairs" not in page.words
        assert "beyond" not in page.ids
        assert "beyond" not in page.data["sections"]


@pytest.mark.slow
def test_triples_are_kept_with_the_run(parity, tmp_path):
    run = fit(parity_windows(0), triples=parity, recipe="network", settings=SMALL, out=tmp_path / "run")
    again = load_run(tmp_path / "run")
    assert run.triples == again.triples == parity
    assert "triples=[('hall', 'stairs', 'cellar'), ('hall', 'stairs', 'porch')]" in repeat_script(again)
    with pytest.raises(LeakageError, match="the profile of triples"):
        replace(again, data=replace(again.data, entities=("another",))).evaluate(
            parity_windows(1, ENTITIES[:2]), allow_twins=True
        )
    (tmp_path / "run" / "profile.triples.nc").write_bytes(b"another")
    with pytest.raises(DamagedFile, match=r"profile\.triples\.nc must be of the run"):
        load_run(tmp_path / "run")


def test_training_takes_triples_from_beside_the_profile(parity, tmp_path):
    profile = drawn_run(4, 3, names=NAMES).profile
    path = profile.save(tmp_path / "profile.nc")
    assert saved_profiles(str(path)) == (profile, None)
    parity.save(tmp_path / "profile.triples.nc")
    assert saved_profiles(str(path)) == (profile, parity)
    assert saved_profiles("estimate") == (None, None)


def test_triples_of_other_modalities_are_refused(parity):
    arrays = {name: np.zeros((60, 1)) for name in ("hall", "stairs", "attic")}
    windows = ip.windows_from_arrays(arrays, np.arange(60) % 2, steps=1, entity=np.arange(60) % 6)
    with pytest.raises(InvalidInput, match="triples must be of the modalities of the windows"):
        fit(windows, triples=parity, recipe="network", settings=SMALL)
