"""`interplay select`, from a bundled data set to a sentence, JSON and a picture."""

import json

import numpy as np
import pytest

from interplay.cli import main
from interplay.profile import InteractionProfile

CUT = ["hapt_sample", "--steps", "2", "--stride", "200", "--reader", "ridge", "--folds", "2"]


def profile_of(entities, path):
    """A profile of three modalities of the sample, of these entities."""
    names = ("body_horizontal", "body_vertical", "gravity", "gyro_horizontal", "gyro_vertical")
    zeros = np.zeros((5, 5, 1))
    made = InteractionProfile.from_arrays(
        names, redundancy=zeros, unique=zeros, synergy=zeros, step_s=1.0, h_y_bits=1.0, entities=entities
    )
    return made.save(path)


def test_a_selection_in_words_with_a_picture(tmp_path, capsys):
    picture = tmp_path / "curve.png"
    words = ["select", *CUT, "--k", "1", "--figure", str(picture)]
    profile = profile_of((), tmp_path / "p.nc")
    assert main([*words, "--profile", str(profile)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("1 of 5 modalities keeps ")
    assert "\n  kept  bits (95 % interval)" in out
    assert f"Picture: {picture}" in out
    assert "17 training entities" in out
    assert "selecting modalities" in err
    assert picture.read_bytes()[1:4] == b"PNG"
    # what is there is not replaced, which is told before anything is measured
    assert main(words) == 1
    assert "curve.png" in capsys.readouterr().err


def test_json_alone_when_asked(tmp_path, capsys):
    profile = profile_of((), tmp_path / "p.nc")
    assert main(["select", *CUT, "--k", "1", "--profile", str(profile), "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert err == ""
    assert [row["k"] for row in result["curve"]] == [1, 5]
    assert len(result["curve"][0]["modalities"]) == 1
    assert result["n_entities"] == 17


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--k", "6"], "from 1 to 5; got 6"),
        (["--k", "0"], "from 1 to 5; got 0"),
        (["--figure", "curve.txt"], "must end in .pdf, .png, .svg; got 'curve.txt'"),
        (["--profile", "nowhere.nc"], "nowhere.nc"),
    ],
)
def test_what_cannot_be_done_is_told_at_once(words, message, capsys):
    assert main(["select", *CUT, *words]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_a_profile_that_saw_test_entities_is_refused(tmp_path, capsys):
    everybody = [f"subject{n:02d}" for n in range(1, 31)]
    profile = profile_of(everybody, tmp_path / "p.nc")
    assert main(["select", *CUT, "--profile", str(profile)]) == 1
    assert "test entities must not be among those that the profile was fitted on" in capsys.readouterr().err
