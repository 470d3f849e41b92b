"""What nox runs in environments of its own, run here: the base package from data to report, and its oldest pins."""

import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import base_package
from oldest_versions import AS_IT_COMES, oldest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_oldest_versions_are_those_that_are_allowed():
    assert oldest(["a>=1.2", "b[c]>=3,!=3.1,<4", "torch>=2"]) == ["a==1.2", "b==3"]
    with pytest.raises(ValueError, match="must have a lower bound"):
        oldest(["a<2"])
    pins = dict(pin.split("==") for pin in oldest(PROJECT["dependencies"]))
    for requirement in map(Requirement, PROJECT["dependencies"]):
        if requirement.name not in AS_IT_COMES:
            assert requirement.specifier.contains(pins[requirement.name])


@pytest.mark.parametrize(
    ("name", "version"),
    [("requests", "2.32.4"), ("jinja2", "3.1.6"), ("filelock", "3.20.3"), ("urllib3", "2.6.3")],
)
def test_versions_with_known_holes_are_not_allowed(name, version):
    (requirement,) = [one for one in map(Requirement, PROJECT["dependencies"]) if one.name == name]
    (lower,) = [Version(one.version) for one in requirement.specifier if one.operator == ">="]
    assert lower >= Version(version)


def test_constraints_are_within_what_is_allowed():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    known = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    for requirement in map(Requirement, PROJECT["dependencies"]):
        assert requirement.specifier.contains(known[requirement.name])


@pytest.mark.slow
def test_the_base_package_makes_a_report(tmp_path):
    assert "interplay.cli.report" in base_package.import_everything()
    assert "<html" in base_package.make_report(tmp_path).read_text("utf-8")


def test_the_matrix_names_every_python_that_is_supported():
    text = (ROOT / "noxfile.py").read_text("utf-8")
    assert f'"{sys.version_info.major}.{sys.version_info.minor}"' in text
    assert PROJECT["requires-python"] == ">=3.11"
