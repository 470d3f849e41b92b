"""What is doubtful in samples is told, by windows, by training and once only; and what is sound is not."""

import warnings

import numpy as np
import pytest

import interplay as ip
from interplay.data import label_at, label_series
from interplay.errors import DataWarning
from small_runs import SMALL

N_PEOPLE, STRETCHES, LENGTH = 8, 12, 10
N = STRETCHES * LENGTH
LEAVE = "leave it out if it was made from the target."


def person(k, channel=None, *, final=False, n_classes=2, like=None):
    """A person with a sound channel, and one that `channel(rng, y)` gives."""
    rng = np.random.default_rng(k if like is None else like)
    y = np.full(N, k % n_classes) if final else np.repeat(rng.integers(0, n_classes, STRETCHES), LENGTH)
    sound = y + rng.normal(size=N)
    values = sound if channel is None else np.stack([sound, channel(rng, y)], axis=1)
    stream = ip.Stream(
        values=values.reshape(N, -1).astype(np.float32), rate_hz=1.0, channels=("a", "b")[: values.ndim]
    )
    return ip.Recording(
        entity=f"p{k}",
        streams={"s": stream, "other": ip.Stream(values=rng.normal(size=(N, 1)), rate_hz=1.0)},
        target=label_at(int(y[-1]), N) if final else label_series(y, rate_hz=1.0),
        classes=tuple("abcde"[:n_classes]),
    )


def doubts(recordings, **options):
    """What `make_windows` warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ip.make_windows(recordings, **{"step_s": 1.0, "steps": 5, "fill": "mark"} | options)
    return [str(w.message) for w in caught]


def next_class(y):
    change = np.r_[np.flatnonzero(np.diff(y)) + 1, len(y)]
    following = change[np.searchsorted(change, np.arange(len(y)), side="right").clip(max=len(change) - 1)]
    return np.where(following < len(y), y[np.minimum(following, len(y) - 1)], y[-1])


DISGUISES = {
    "duplicated": (lambda rng, y: 3.0 - 2.0 * y, "tells the target without error"),
    "one later": (lambda rng, y: np.r_[y[1:], y[-1]], "tells the target of 1 row later without error"),
    "seven later": (lambda rng, y: np.r_[y[7:], y[-7:]], "tells the target of 7 rows later without error"),
    "seven earlier": (
        lambda rng, y: np.r_[y[:7], y[:-7]],
        "tells the target of 7 rows earlier without error",
    ),
    "next": (lambda rng, y: next_class(y), "tells the next class without error"),
    "noise": (lambda rng, y: y + 0.2 * rng.normal(size=N), "is the number of the class with a little noise"),
    "changed": (
        lambda rng, y: np.where(rng.random(N) < 0.05, 1 - y, y),
        "is the class with some labels changed",
    ),
    "missing": (
        lambda rng, y: np.where(y == 1, np.nan, rng.normal(size=N)),
        "is missing exactly where the target is of some classes",
    ),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_label_among_the_streams_is_told_by_windows_and_by_training(disguise):
    channel, how = DISGUISES[disguise]
    people = [person(k, channel) for k in range(N_PEOPLE)]
    # with marks a modality is observed as a whole
    what = "'s'" if disguise == "missing" else "'b' of 's'"
    assert doubts(people) == [f"{what} {how}; {LEAVE}"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        windows = ip.make_windows(people, step_s=1.0, steps=5, fill="mark")
    with pytest.warns(DataWarning) as caught:
        ip.fit(windows, settings=SMALL)
    assert [str(w.message) for w in caught] == [f"{what} {how}; {LEAVE}"]


@pytest.mark.parametrize("disguise", ["duplicated", "noise", "missing"])
def test_one_label_of_each_person_is_told_as_well(disguise):
    channel, how = DISGUISES[disguise]
    people = [person(k, channel, final=True) for k in range(N_PEOPLE)]
    (sentence,) = doubts(people)
    assert how in sentence
    # four of six: one order in 15 agrees by chance
    if disguise != "noise":
        assert doubts([person(k, channel, final=True) for k in (0, 1, 2, 3, 4, 6)]) == []


SOUND = {
    "a sensor": lambda rng, y: 3 * y + rng.normal(size=N),
    "a sensor of few noise": lambda rng, y: 80 + 10 * y + 3 * rng.normal(size=N),
    "a slow sensor": lambda rng, y: np.convolve(y + 0.1 * rng.normal(size=N), np.ones(10) / 10, "same"),
    "a switch": lambda rng, y: np.where(rng.random(N) < 0.3, 1 - y, y),
    # four of twelve stretches are taken for the other class
    "a posture": lambda rng, y: np.where(np.repeat(np.arange(STRETCHES) % 3 == 0, LENGTH), 1 - y, y),
    "holes": lambda rng, y: np.where(rng.random(N) < 0.3, np.nan, rng.normal(size=N)),
    "a constant": lambda rng, y: np.ones(N),
    "a clock": lambda rng, y: np.arange(N),
}


@pytest.mark.parametrize("what", SOUND)
def test_what_is_sound_is_not_accused(what):
    assert doubts([person(k, SOUND[what]) for k in range(N_PEOPLE)]) == []


def test_labels_one_to_five_with_noise():
    people = [
        person(k, lambda rng, y: y + 1 + 0.1 * rng.normal(size=N), n_classes=5) for k in range(N_PEOPLE)
    ]
    assert doubts(people) == [f"'b' of 's' is the number of the class with a little noise; {LEAVE}"]


def test_a_number_of_later_is_told_and_a_forecast_is_not():
    def people(shift):
        for k in range(N_PEOPLE):
            y = np.cumsum(np.random.default_rng(k).normal(size=N + 6))
            channel = y[:N] if shift > 0 else y[6:]
            target = y[6:] if shift > 0 else y[:N]
            yield ip.Recording(
                entity=f"p{k}",
                streams={"s": ip.Stream(values=channel[:, None].astype(np.float32), rate_hz=1.0)},
                target=label_series(target, rate_hz=1.0),
                classes=(),
            )

    assert doubts(people(6)) == []
    assert doubts(people(-6)) == [f"'0' of 's' tells the target of 6 rows later without error; {LEAVE}"]


def test_the_number_of_a_person_is_told():
    people = [person(k, lambda rng, y, k=k: np.full(N, 100.0 + k)) for k in range(N_PEOPLE)]
    assert doubts(people) == [
        "'b' of 's' is constant in each of 8 entities and different in all: it says who it is. Leave it out, or make a "
        "fact such as age a static input."
    ]
    # shared by two of them it is a fact like any other
    assert doubts([person(k, lambda rng, y, k=k: np.full(N, float(k // 2))) for k in range(N_PEOPLE)]) == []


def test_each_of_several_labels_is_looked_at():
    def people():
        for k in range(N_PEOPLE):
            rng = np.random.default_rng(k)
            y = np.repeat(rng.integers(0, 2, (STRETCHES, 3)), LENGTH, axis=0)
            values = np.stack([rng.normal(size=N), y[:, 2]], axis=1).astype(np.float32)
            streams = {"s": ip.Stream(values=values, rate_hz=1.0)}
            yield ip.Recording(
                entity=f"p{k}", streams=streams, target=label_series(y, rate_hz=1.0), classes=("x", "y", "z")
            )

    assert doubts(people()) == [f"'1' of 's' tells the target without error; {LEAVE}"]


def test_a_doubt_is_told_once_of_many_windows():
    people = [person(k, DISGUISES["duplicated"][0]) for k in range(N_PEOPLE)]
    assert len(doubts(people, stride=1)) == len(doubts(people, stride=5)) == 1
