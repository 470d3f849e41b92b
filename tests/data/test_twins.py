"""The same one under two names is told, however the copy was cut or written; others are not."""

import numpy as np
import pytest

import interplay as ip
from interplay.data.doubts import doubts_of_steps
from interplay.data.twins import twins
from shared_data import shared


def streams(n=6, length=400, channels=2, digits=6):
    """A wandering and a noisy channel each."""
    rng = np.random.default_rng(0)
    return {
        f"p{k}": np.round(
            np.stack([np.cumsum(rng.normal(size=length)), rng.normal(size=length)][:channels], axis=1), digits
        )
        for k in range(n)
    }


COPIES = {
    "whole": lambda rows: rows,
    "starts later": lambda rows: rows[37:],
    "stops earlier": lambda rows: rows[:150],
    # the mean step between samples is about 1, a hundredth of it is written away
    "fewer digits": lambda rows: np.round(rows, 2),
    "noise": lambda rows: rows + 0.01 * np.random.default_rng(1).normal(size=rows.shape),
    "holes": lambda rows: np.where(np.arange(len(rows))[:, None] % 50 < 5, np.nan, rows),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_told(copy):
    people = streams()
    people["p9"] = COPIES[copy](people["p3"])
    assert twins({"s": people}) == [("p3", "p9", ["s"])]


def test_different_people_are_not():
    assert twins({"s": streams()}) == []
    # of whole numbers many runs of a few samples are alike
    assert twins({"s": {who: np.round(rows[:, :1] / 3) for who, rows in streams(20).items()}}) == []


def test_a_machine_that_repeats_itself_is_not_its_own_twin():
    cycle = np.tile(np.sin(np.arange(60) / 3.0) * 100, 5)[:, None]
    rng = np.random.default_rng(0)
    assert twins({"s": {f"run {k}": cycle + 0.5 * rng.normal(size=cycle.shape) for k in range(12)}}) == []


def test_what_most_share_and_one_shared_sensor_of_three_make_no_twins():
    clock = np.arange(800.0).reshape(400, 2) ** 1.5
    one, two = streams(), {who: rows + 1 for who, rows in reversed(streams(7).items())}
    room = {who: clock if who in ("p0", "p1") else rows for who, rows in streams().items()}
    assert twins({"clock": dict.fromkeys(one, clock), "s": one}) == []
    assert twins({"s": one, "t": {**streams(6, 300), "p0": two["p6"][:300]}, "room": room}) == []


def test_windows_of_the_same_person_twice():
    people = streams()
    people["z"] = people["p2"]
    y = np.tile(np.repeat([0, 1], 50), 4)
    windows = ip.windows_from_arrays(
        {"s": np.concatenate(list(people.values()))},
        np.tile(y, len(people)),
        steps=4,
        entity=np.repeat(list(people), 400),
    )
    assert doubts_of_steps(windows.steps) == [
        "'p2' and 'z' have the same samples of 's', or nearly so: the same one twice would be on both sides of a split."
    ]


def test_cases_of_a_published_set_that_are_cut_from_the_same_recording():
    recordings = {r.entity: r for r in ip.load_dataset("epilepsy", shared("uea_small"))}
    x = {who: r.streams["x"].values for who, r in recordings.items()}
    pairs = {(one, other) for one, other, _ in twins({"x": x})}
    # case 129 is case 110 from its seventh sample on, case 105 all of case 103
    np.testing.assert_array_equal(x["case 103"], x["case 105"])
    np.testing.assert_array_equal(x["case 110"][6:], x["case 129"][:-6])
    assert {("case 103", "case 105"), ("case 110", "case 129")} <= pairs


@pytest.mark.slow
def test_towns_that_share_their_weather_are_two():
    recordings = ip.load_dataset("beijing_air", shared("beijing_air"))
    month = {r.entity + r.name: r.streams for r in recordings if r.name.endswith("2013-03")}
    streams_of = {
        name: {who: s[name].values for who, s in month.items()}
        for name in ("particles", "gases", "weather", "wind")
    }
    assert any(
        "Dingling" in one and "Changping" in other
        for one, other, _ in twins({"weather": streams_of["weather"]})
    )
    assert twins(streams_of) == []
