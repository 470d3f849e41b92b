"""The harness that kills commands finds what it is for: halves, mixtures, other results and leftovers."""

import sys

import pytest

from benchmarks import kills
from benchmarks.kills import KINDS, NOTHING, Kind, Reference, trial
from benchmarks.reliability import table


def content(folder):
    """Both files of the toy."""
    return "".join((folder / n).read_text() for n in "ab") if (folder / "a").exists() else NOTHING


def toy(code):
    """A command that writes two files in its folder, slowly."""

    def words(folder, text="new"):
        start = f"import os, time\nos.chdir({str(folder)!r})\ntext = {text!r}\n"
        return [sys.executable, "-S", "-c", start + code]

    return Kind(words, "a", content, lambda folder: words(folder, "old"))


SLOWLY = "time.sleep(1.6 * (text == 'new'))\n"
FIRST, SECOND = (f"open({name!r}, 'w').write(text)\n" for name in "ab")
WHOLE = SLOWLY + FIRST + SECOND
TOYS = {
    "": WHOLE,
    "neither the older nor the new": FIRST + SLOWLY + SECOND,
    "with another result": WHOLE.replace("(text)", "(text + str(time.time()) * (text == 'new'))"),
    "left behind": "open('.left', 'w')\n" + WHOLE,
    "ends with 1": "import sys\nsys.exit(1) if os.path.exists('.was') else open('.was', 'w')\n" + WHOLE,
}


@pytest.mark.parametrize("failure", TOYS)
@pytest.mark.slow
def test_faults_are_found(tmp_path, monkeypatch, failure):
    monkeypatch.setitem(KINDS, "toy", toy(TOYS[failure]))
    monkeypatch.setattr(kills.random.Random, "uniform", lambda *_: 0.5)
    (tmp_path / "before toy").mkdir()
    # number 1 writes over an older result; a command that may run once alone does not
    number = 0 if failure == "ends with 1" else 1
    row = trial("toy", number, Reference(tmp_path, {"toy": "newnew"}, {"toy": 1.6}))
    assert row["killed"]
    assert bool(failure) == bool(row["failure"])
    assert failure in row["failure"]
    counted = table([row]).split("| all |")[1].split("\n")[0].replace(" ", "")
    assert counted == f"1|1|{number}|{int(not failure)}|{int(bool(failure))}|"


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_lost_by_killing_a_command(tmp_path, name):
    whole = kills.reference(tmp_path, [name])
    failures = [trial(name, number, whole)["failure"] for number in range(15)]
    assert failures == [""] * 15
