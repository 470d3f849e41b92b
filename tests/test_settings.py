"""Settings from nested mappings: what is of the right type arrives, and one sentence says what is not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from interplay.errors import InvalidInput
from interplay.settings import RAW, near_first, nearest_name, read_arguments, read_settings, typed


@dataclass(frozen=True, kw_only=True)
class Lamp:
    colour: Literal["red", "green"] = "red"
    watts: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Room:
    name: str
    lamp: Lamp = field(default_factory=Lamp)
    spare: Lamp | None = None
    others: Mapping[str, Lamp] = field(default_factory=dict)
    sizes_m: Sequence[float] = ()
    doors: int = 1
    lit: bool = False
    free: Any = field(default=None, metadata=RAW)


@pytest.mark.parametrize(
    ("wanted", "value", "arrives"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (str, 3, "3"),
        (str, 2.5, "2.5"),
        (bool, True, True),
        (Any, {"x": [1]}, {"x": [1]}),
        (int | None, None, None),
        (int | None, 3, 3),
        (int | str, 3, 3),
        (int | str, "three", "three"),
        (float | Sequence[float], [1, 2], (1.0, 2.0)),
        (Literal["a", 2], 2, 2),
        (Sequence[str], ["a", 1], ("a", "1")),
        (Sequence[Sequence[int]], [[1], (2, 3)], ((1,), (2, 3))),
        (Mapping[str, float], {1: 2}, {"1": 2.0}),
        (Mapping[str, Lamp], {"desk": {"watts": 3}}, {"desk": Lamp(watts=3.0)}),
        (Lamp, Lamp(watts=1.0), Lamp(watts=1.0)),
    ],
)
def test_a_value_of_the_type_arrives(wanted, value, arrives):
    result = typed(wanted, value, "x")
    assert result == arrives
    # 3 == 3.0 == True, which are not the same setting
    assert type(result) is type(arrives)


def test_a_callable_is_taken_as_it_is():
    assert typed(Callable[[float], float], abs, "x") is abs
    with pytest.raises(InvalidInput, match=r"^x must be Callable; got 3\.$"):
        typed(Callable[[float], float], 3, "x")


@pytest.mark.parametrize(
    ("wanted", "value", "sentence"),
    [
        (int, 2.5, "x must be a whole number; got 2.5."),
        (int, True, "x must be a whole number; got True."),
        (float, True, "x must be a number; got True."),
        (float, "2", "x must be a number; got '2'."),
        (bool, 1, "x must be true or false; got 1."),
        (str, ["a"], "x must be a text; got ['a']."),
        (str, None, "x must be a text; got None."),
        # what YAML makes of yes without quotes
        (str, True, "x must be a text; got True. Write it in quotes."),
        (int | None, "3", "x must be a whole number; got '3'."),
        (int | str, [], "x must be a text; got []."),
        (Literal["a", "b"], "c", "x must be one of ['a', 'b']; got 'c'."),
        (Literal["a", "b"], ["a"], "x must be one of ['a', 'b']; got ['a']."),
        (Sequence[str], "abc", "x must be a list, such as [a, b]; got 'abc'."),
        (Sequence[str], {"a": 1}, "x must be a list, such as [a, b]; got {'a': 1}."),
        (Sequence[int], [1, "b"], "x must be a whole number; got 'b'."),
        (Mapping[str, int], [1], "x must hold names and values; got [1]."),
        (Mapping[str, int], {"a": "b"}, "x.a must be a whole number; got 'b'."),
        (Lamp, "bright", "x must be a group of settings; got 'bright'."),
    ],
)
def test_a_value_of_another_type_is_refused(wanted, value, sentence):
    with pytest.raises(InvalidInput) as caught:
        typed(wanted, value, "x")
    assert str(caught.value) == sentence


def test_nested_settings_arrive_and_the_others_keep_their_defaults():
    room = read_settings(
        Room,
        {"name": "hall", "lamp": {"watts": 7}, "others": {"desk": {"colour": "green"}}, "sizes_m": [2, 3.5]},
    )
    assert room == Room(
        name="hall", lamp=Lamp(watts=7.0), others={"desk": Lamp(colour="green")}, sizes_m=(2.0, 3.5)
    )
    assert room.spare is None
    assert read_settings(Room, {"name": "hall", "spare": {}}).spare == Lamp()


def test_a_raw_field_gets_its_value_unread():
    marker = object()
    assert read_settings(Room, {"name": "hall", "free": marker}).free is marker


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (None, "settings must be a group of settings; got None."),
        ({}, "settings must say 'name'; it does not."),
        ({"nmae": "hall"}, "settings must be known; got nmae. Did you mean name?"),
        ({"name": "hall", "lamp": {"wats": 3}}, "settings must be known; got lamp.wats. Did you mean lamp.watts?"),
        (
            {"name": "hall", "lamp": {"zzz": 3}},
            "settings must be known; got lamp.zzz. There are colour, watts.",
        ),
        ({"name": "hall", 3: 4}, "settings must be known; got 3. There are name, lamp, spare, others, sizes_m, doors, "
                                 "lit, free."),
        ({"name": "hall", "lamp": {"watts": "7"}}, "lamp.watts must be a number; got '7'."),
        ({"name": "hall", "others": {"desk": {"watts": "7"}}}, "others.desk.watts must be a number; got '7'."),
        ({"name": "hall", "spare": 3}, "spare must be a group of settings; got 3."),
    ],
)  # fmt: skip
def test_one_sentence_names_the_place(values, sentence):
    with pytest.raises(InvalidInput) as caught:
        read_settings(Room, values)
    assert str(caught.value) == sentence


def test_the_place_of_the_whole_comes_first():
    with pytest.raises(InvalidInput, match=r"^house\.hall must say 'name'; it does not\.$"):
        read_settings(Room, {}, "house.hall")
    with pytest.raises(InvalidInput, match=r"got house\.hall\.dors\. Did you mean house\.hall\.doors\?$"):
        read_settings(Room, {"name": "hall", "dors": 2}, "house.hall")


class Part:
    def __init__(self, inputs, *, width: int, shape: str = "round", anything=None):
        pass


def test_arguments_are_the_keyword_only_ones_with_their_defaults():
    assert read_arguments(Part, {"width": 3}) == {"width": 3, "shape": "round", "anything": None}
    assert read_arguments(Part, {"width": 3, "anything": [1]})["anything"] == [1]

    def function(x, *, scale: float = 1.0):
        return x * scale

    assert read_arguments(function, {"scale": 2}) == {"scale": 2.0}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "part must say 'width'; it does not."),
        ({"width": 2.5}, "part.width must be a whole number; got 2.5."),
        ({"width": 3, "shap": "x"}, "settings must be known; got part.shap. Did you mean part.shape?"),
        # what the place gives is no setting
        (
            {"width": 3, "inputs": 1},
            "settings must be known; got part.inputs. There are width, shape, anything.",
        ),
    ],
)
def test_arguments_are_checked_as_settings_are(values, sentence):
    with pytest.raises(InvalidInput) as caught:
        read_arguments(Part, values, "part")
    assert str(caught.value) == sentence


def test_a_name_far_from_all_gets_no_suggestion():
    assert nearest_name("synergi", ["synergy", "redundancy"]) == "Did you mean synergy?"
    assert near_first("synergi", ["unique", "redundancy", "synergy"]) == ["synergy", "unique", "redundancy"]
    assert near_first("xyz", ["unique", "redundancy"]) == ["unique", "redundancy"]
    assert nearest_name("xyz", ["synergy", "redundancy"]) == ""
