"""interplay doctor: what it finds, and that it finds what is wrong."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import interplay.info
from interplay import doctor as checkup
from interplay.cli import main
from interplay.doctor import CHECKS, EXTRAS

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def results_of(capsys, *words) -> tuple[int, dict]:
    code = main(["doctor", "--json", "--quiet", *words])
    return code, {result["name"]: result for result in json.loads(capsys.readouterr().out)}


@pytest.fixture
def without_self_tests(monkeypatch):
    for name in [name for name in CHECKS if name.startswith("self-test")]:
        monkeypatch.delitem(CHECKS, name)


@pytest.mark.slow
def test_all_is_well_here(capsys):
    code, results = results_of(capsys)
    assert list(results) == list(CHECKS)
    assert {name: f for name, f in results.items() if f["state"] == "not ok"} == {}
    assert code == 0
    assert "bit of synergy in an exclusive or" in results["self-test estimate"]["fact"]


def test_it_says_what_is_wrong_and_what_to_do(capsys, monkeypatch, without_self_tests):
    monkeypatch.setattr(checkup, "LEAST_DISK_GB", 1e9)
    monkeypatch.setattr("torch.get_num_threads", lambda: 10_000)
    assert main(["doctor"]) == 1
    out, err = capsys.readouterr()
    lines = {line.split("  ")[-1].strip().split(":")[0]: line for line in out.splitlines()}
    assert lines["disk"].startswith("not ok")
    assert lines["disk"].endswith("make room, or work elsewhere.")
    assert "set OMP_NUM_THREADS=" in lines["threads"]
    assert lines["devices"].startswith("ok")
    assert f"interplay: 2 of {len(CHECKS)} checks failed: threads, disk." in err
    assert main(["doctor", "--quiet"]) == 1
    quiet = capsys.readouterr()
    assert [line[:6] for line in quiet.out.splitlines() if not line.startswith("not there")] == ["not ok"] * 2
    assert "checking" not in quiet.err


def test_a_check_that_breaks_has_a_result(capsys, monkeypatch, without_self_tests):
    def broken():
        raise RuntimeError("no driver\nat all")

    monkeypatch.setitem(CHECKS, "devices", broken)
    code, results = results_of(capsys)
    assert code == 1
    assert results["devices"]["fact"] == "RuntimeError: no driver at all"
    assert results["devices"]["state"] == "not ok"


@pytest.mark.slow  # the seed 0 is that of the whole checkup above
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_training_is_no_matter_of_luck(seed):
    state, fact, _ = checkup.training(seed)
    assert state == "ok", fact


@pytest.mark.parametrize(
    "check",
    [checkup.estimate, pytest.param(checkup.training, marks=pytest.mark.slow)],
    ids=["estimate", "training"],
)
def test_a_task_that_is_not_solved_is_found(check, monkeypatch):
    x1, _, y = checkup._exclusive_or()
    # a bit and itself say nothing of an exclusive or
    monkeypatch.setattr(checkup, "_exclusive_or", lambda seed=0: (x1, x1, y))
    assert check()[0] == "not ok"


def test_a_solver_that_proves_too_little_is_found(monkeypatch):
    decompose = interplay.info.decompose
    monkeypatch.setattr("interplay.info.decompose", lambda table: replace(decompose(table), gap_bits=1e-3))
    assert checkup.solver()[0] == "not ok"


def test_extras_are_those_of_the_package():
    extras = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    for name, (_, libraries) in EXTRAS.items():
        assert [line.split(">=")[0] for line in extras[name]] == list(libraries)


def test_an_extra_that_is_not_there_is_no_fault(monkeypatch, capsys, without_self_tests):
    monkeypatch.setitem(EXTRAS, "tracking", ("curves", ("no-such-library",)))
    code, results = results_of(capsys)
    assert code == 0
    assert results["extra tracking"] == {
        "name": "extra tracking",
        "state": "not there",
        "fact": "no-such-library missing",
        "advice": "For curves: pip install 'interplay[tracking]'",
    }


def test_an_old_library_is_named(monkeypatch, capsys, without_self_tests):
    monkeypatch.setattr(checkup, "requires", lambda _: ["torch>=99", "numpy>=1.26", "nothing-like-it"])
    code, results = results_of(capsys)
    assert code == 1
    assert "unfit: torch " in results["libraries"]["fact"]
    assert "nothing-like-it is missing" in results["libraries"]["fact"]
