"""Loading a run runs no code that its folder names, unless the caller says so."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import outside_parts
from interplay.cli import main
from interplay.errors import InvalidInput, UntrustedPart
from interplay.losses import LOSSES
from interplay.nn import ROUTERS
from interplay.registry import imports
from interplay.train import fit, load_run
from small_runs import SMALL, xor_windows

HOSTILE = """
from pathlib import Path
Path("it_ran").touch()
from outside_parts import AngleRouter, LoudEncoder, Peaked
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    settings = SMALL | {"optimiser.epochs": 1, "model.router": outside_parts.AngleRouter,
                        "model.encoder": outside_parts.LoudEncoder, "losses.peaked": outside_parts.Peaked}  # fmt: skip
    run = fit(xor_windows(200, seed=0), settings=settings)
    run.evaluate(xor_windows(60, seed=1, entities=("x", "y")), n_bootstrap=10)
    return run.save(tmp_path_factory.mktemp("trust") / "run")


@pytest.fixture
def hostile(saved, tmp_path, monkeypatch):
    """Makes a run, beside the module that it names, in which one of its parts has a hostile path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "hostile_lab.py").write_text(HOSTILE, "utf-8")
    shutil.copytree(saved, "run")

    def name(where: str):
        text = (saved / "config.yaml").read_text("utf-8")
        config = yaml.safe_load(text)
        group, part = where.split(".")
        chosen = config["recipe"][group][part]
        chosen["name"] = chosen["name"].replace("outside_parts", "hostile_lab")
        (tmp_path / "run" / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
        return tmp_path / "it_ran"

    yield name
    sys.modules.pop("hostile_lab", None)


@pytest.mark.parametrize("where", ["model.router", "model.encoder", "losses.peaked"])
def test_a_hostile_path_runs_nothing_until_it_is_trusted(hostile, where):
    it_ran = hostile(where)
    with pytest.raises(
        UntrustedPart, match=r"hostile_lab\.\w+ is neither, .* --trust, or trust=True in load_run"
    ):
        load_run("run")
    assert not it_ran.exists()
    assert "hostile_lab" not in sys.modules
    assert load_run("run", trust=True).recipe.model.router.build(8, 4)
    assert it_ran.exists()
    # by now the module is there, and loading it again runs nothing
    it_ran.unlink()
    assert load_run("run").recipe == load_run("run", trust=True).recipe
    assert not it_ran.exists()


@pytest.mark.parametrize("group", ["of_all", "of_each", "of_pairs"])
def test_nor_does_a_hostile_reader(hostile, group):
    it_ran = hostile("model.router")
    path = Path("run", "config.yaml")
    config = yaml.safe_load(path.read_text("utf-8").replace("hostile_lab", "outside_parts"))
    config["recipe"]["readers"][group] = "hostile_lab.Reader"
    path.write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    with pytest.raises(UntrustedPart, match=r"reader hostile_lab\.Reader is neither"):
        load_run("run")
    assert not it_ran.exists()


@pytest.mark.parametrize("words", [["evaluate", "run", "--data", "hapt_sample"], ["report", "run", "-o", "page.html"],
                                   ["predict", "run", "--data", "hapt_sample", "-o", "t.csv"],
                                   ["export", "run", "-o", "model.none"]], ids=lambda words: words[0])  # fmt: skip
def test_no_command_runs_it_unless_it_is_trusted(hostile, words, capsys):
    it_ran = hostile("model.router")
    assert main([*words, "-q"]) == 1
    assert "interplay: a part must be one of interplay or trusted" in capsys.readouterr().err
    assert not it_ran.exists()
    # data of other shapes and programs of no kind come to nothing, but only once the run is loaded
    main([*words, "-q", "--trust"])
    assert it_ran.exists()


def test_names_of_the_package_need_no_trust(tmp_path):
    run = fit(xor_windows(100, seed=0), settings=SMALL | {"optimiser.epochs": 1, "model.router": "softmax"})
    assert load_run(replace(run).save(tmp_path / "run")).recipe == run.recipe


def test_a_path_into_what_is_loaded_must_lead_to_such_a_part():
    with imports(trust=False):
        assert LOSSES.find("outside_parts.Peaked") is outside_parts.Peaked
        for registry, path in (
            (LOSSES, "subprocess.Popen"),
            (ROUTERS, "subprocess.Popen"),
            (ROUTERS, "sys.exit"),
        ):
            with pytest.raises(InvalidInput, match="must be a class"):
                registry.find(path)
        with pytest.raises(InvalidInput, match="has no 'study'"):
            ROUTERS.find("outside_parts.study")
        with pytest.raises(UntrustedPart):
            ROUTERS.find("this_is_not.imported")
    assert ROUTERS.find("outside_parts.AngleRouter") is outside_parts.AngleRouter
