"""New windows in the order that a model knows: by name, with a note for what differs, or refused."""

import numpy as np
import pytest

import interplay as ip
from interplay.data.conform import conform
from interplay.errors import InvalidInput

CHANNELS = {"acc": ("x", "y"), "hr": ("bpm",)}
UNITS = {"acc": ("g", "g"), "hr": ("bpm",)}


def recording(
    order=("acc", "hr"), columns=("x", "y"), unit="g", classes=("rest", "walk"), labels=(0, 1), static=()
):
    """x is 1, y is 2, every other column 3; the first half has the first label."""
    values = {"x": 1.0, "y": 2.0}
    acc = np.tile([values.get(c, 3.0) for c in columns], (40, 1))
    streams = {
        "acc": ip.Stream(values=acc, rate_hz=1.0, channels=columns, units=(unit,) * len(columns)),
        "hr": ip.Stream(values=np.full((40, 1), 70.0), rate_hz=1.0, channels=("bpm",), units=("bpm",)),
    }
    return ip.Recording(
        entity="n1",
        streams={name: streams[name] for name in order},
        target=ip.label_series(np.repeat(labels, 20), rate_hz=1.0),
        classes=classes,
        static=dict.fromkeys(static, 7.0),
    )


def windows(**changes):
    return ip.make_windows(recording(**changes), step_s=1.0, steps=4)


KNOWN = windows().schema


def conformed(**changes):
    return conform(windows(**changes), KNOWN, CHANNELS, UNITS, what="windows")


def test_what_is_the_same_stays_so_without_a_word():
    same, notes = conformed()
    assert notes == []
    assert same.schema == KNOWN
    batch, before = same.batch(np.arange(5)), windows().batch(np.arange(5))
    for name in KNOWN.modalities:
        np.testing.assert_array_equal(batch.x[name], before.x[name])


def test_other_orders_are_taken_by_name():
    swapped, notes = conformed(order=("hr", "acc"), columns=("y", "x"))
    assert notes == ["channels of 'acc' come in another order, y, x; they are taken by name."]
    assert swapped.modalities == ("acc", "hr")
    assert swapped.steps.channels == CHANNELS
    x = swapped.batch(np.arange(3)).x["acc"]
    assert (x[..., 0] == 1).all()
    assert (x[..., 1] == 2).all()


def test_a_channel_that_is_missing_is_refused_and_one_more_is_left_out():
    with pytest.raises(
        InvalidInput, match=r"channels x, y of 'acc' .*; 'x' is missing: they have y, junk\.$"
    ):
        conformed(columns=("y", "junk"))
    fewer, notes = conformed(columns=("junk", "x", "y"))
    assert notes == ["'junk' of 'acc' is not known to the model and left out."]
    assert fewer.batch(np.arange(1)).x["acc"][0, 0, 0].tolist() == [1, 2]


@pytest.mark.parametrize(("unit", "refused"), [("g", False), ("", False), ("mg", True), ("m/s2", True)])
def test_another_unit_is_refused_where_both_are_told(unit, refused):
    if refused:
        with pytest.raises(
            InvalidInput, match=rf"'x' of 'acc' in g, as was fitted; it is in {unit}\. Convert it"
        ):
            conformed(unit=unit)
    else:
        assert conformed(unit=unit)[1] == []


def test_units_may_be_written_in_several_ways():
    known = {"acc": ("m/s^2", "m/s2"), "hr": ("bpm",)}
    assert conform(windows(unit="m/s²"), KNOWN, CHANNELS, known, what="windows")[1] == []


def test_a_missing_modality_is_never_observed():
    rest, notes = conformed(order=("hr",))
    assert notes == ["'acc' is not there: predicted from the rest, as never observed."]
    assert rest.schema == KNOWN
    batch = rest.batch(np.arange(len(rest)))
    assert not batch.observed[:, 0].any()
    assert batch.observed[:, 1].all()
    assert not batch.x["acc"].any()
    with pytest.raises(InvalidInput, match="at least one of the modalities"):
        conform(windows(order=("hr",)), windows(order=("acc",)).schema, CHANNELS, UNITS, what="windows")


def test_labels_are_taken_by_name_and_unknown_ones_are_none():
    turned, notes = conformed(classes=("walk", "rest"), labels=(1, 0))
    assert notes == []
    np.testing.assert_array_equal(turned.y, windows().y)
    with pytest.raises(InvalidInput, match="must have the classes rest, walk that were fitted, or no labels"):
        conformed(classes=("run", "jump"))
    other, notes = conformed(classes=("rest", "run"))
    assert notes == [
        "'run' is none of the classes rest, walk that were fitted; such labels count as unknown."
    ]
    np.testing.assert_array_equal(other.y, np.where(windows().y == 1, -1, 0))


def test_side_inputs_that_are_missing_are_unknown():
    known = windows(static=("age", "weight")).schema
    one, notes = conform(windows(static=("weight", "height")), known, CHANNELS, UNITS, what="windows")
    assert notes == ["static 'age' is not there and counts as unknown."]
    np.testing.assert_array_equal(one.static, np.tile([np.nan, 7.0], (len(one), 1)).astype(np.float32))


def test_channels_of_arrays_have_no_names():
    rng = np.random.default_rng(0)
    arrays = ip.windows_from_arrays(
        {"acc": rng.normal(size=(9, 4, 2)), "hr": rng.normal(size=(9, 4, 1))}, None
    )
    same, notes = conform(arrays, KNOWN, CHANNELS, UNITS, what="windows")
    assert [note.split(" have")[0] for note in notes] == ["channels of 'acc'", "channels of 'hr'"]
    assert same.schema == KNOWN
    assert (same.y == -1).all()
