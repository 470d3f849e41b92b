"""Draws architecture.png, the picture of architecture.md: ``python docs/architecture_picture.py``.

Rooms are the modules and folders of src/interplay, as they are on disk; floors are the layers of the import ladder in
pyproject.toml. The picture holds both in its metadata, so that a test can tell when it is stale.
"""

import ast
import json
import re
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Polygon

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "interplay"
PICTURE = ROOT / "docs" / "architecture.png"

WIDTH, LEFT, RIGHT = 900, 112, 782
"""Of the picture, and the walls of the house, in px as all lengths here; some values pass outside of it."""

ROOF, GAP, PADDING, LINE = 66, 7, 9, 15
LETTER = 6.2
"""Width of a letter of a room's purpose, on average."""

BESIDE = 0.44, 56
"""Where windows enter the estimators, in shares of that room, and what text leaves free before that."""

PASSAGE = 72
"""Height that the floor of the model has for values that pass from one of its rooms to the next."""

INK, SOFT, BLUE, EDGE = "#26313D", "#5B6875", "#1769AA", "#B4BFCA"
ROOM, ON_THE_WAY, GROUND = "#F1F4F8", "#FDF3DC", "#D8DFE7"

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """Where a room is, left and upper end, width and height; and what stands below its name."""

    x: float
    y: float
    w: float
    h: float
    lines: list[str]

    def at(self, across: float, down: float) -> Point:
        """A point of it, in shares of its width and height."""
        return self.x + across * self.w, self.y + down * self.h

    def holds(self, point: Point) -> bool:
        return 0 <= point[0] - self.x <= self.w and 0 <= point[1] - self.y <= self.h


@dataclass(frozen=True)
class Value:
    """What passes between rooms: where its name stands, and ways along corners, each with an arrow at its end."""

    name: str
    places: list[Point]
    ways: list[list[Point]]


def rooms(source: Path = SOURCE) -> list[str]:
    """Modules and folders of the package, and folders within folders as ``datasets/icu``; sorted."""
    modules = {path.stem for path in source.glob("*.py")} - {"__init__"}
    files = [path.relative_to(source) for path in source.rglob("*") if path.is_file()]
    folders = {
        above.as_posix() for file in files if "__pycache__" not in file.parts for above in file.parents
    }
    return sorted((modules | folders) - {"."})


def floors(project: Path = ROOT / "pyproject.toml") -> list[list[str]]:
    """Rooms of each layer of the import ladder, the highest layer first."""
    contracts = tomllib.loads(project.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (ladder,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [re.split(r"\s*[|:]\s*", layer) for layer in ladder]


def purpose(room: str) -> str:
    """What a room is for, by the beginning of its docstring: a clause, where that is more than a name."""
    path = SOURCE / room / "__init__.py" if (SOURCE / room).is_dir() else SOURCE / f"{room}.py"
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    text = " ".join(text.split("\n\n")[0].replace("`", "").split())
    ends = [match.start() for match in re.finditer(r"[:;.,](\s|$)", text) if match.start() > 15]
    return text[: ends[0]] if ends else text


def lines_in(room: str, space: float) -> list[str]:
    """Its purpose, where there is space for that, and its folders."""
    folders = " ".join(name.removeprefix(f"{room}/") + "/" for name in rooms() if name.startswith(f"{room}/"))
    return [*(wrap(purpose(room), space) if space > 95 else []), *wrap(folders, space)]


def wrap(text: str, space: float) -> list[str]:
    return textwrap.wrap(text, int(space / LETTER))


def lay_out(ladder: list[list[str]]) -> dict[str, Box]:
    """Where each room is, floor by floor; the first layer of the ladder lives under the roof."""
    (entered,) = (names for names in ladder if "estimators" in names)
    share, free = BESIDE
    widest = (entered.index("estimators") + share) * (RIGHT - LEFT) / len(entered) - PADDING - free
    box, y = {}, ROOF + GAP
    for names in ladder[1:]:
        width = (RIGHT - LEFT - GAP * (len(names) + 1)) / len(names)
        lines = {name: lines_in(name, min(width - 2 * PADDING, widest)) for name in names}
        height = 2 * PADDING + LINE * (1 + max(map(len, lines.values())))
        height += PASSAGE if "nn" in names else 0
        for k, name in enumerate(names):
            box[name] = Box(LEFT + GAP + k * (width + GAP), y, width, height, lines[name])
        y += height + GAP
    return box


def values(box: dict[str, Box]) -> list[Value]:
    """What passes between rooms, in the order in which it comes about."""
    return [*values_measured(box), *values_learned(box)]


def values_measured(box: dict[str, Box]) -> list[Value]:
    """From recordings to the context of the model."""
    data, estimators, nn = box["data"], box["estimators"], box["nn"]
    west, east, hall, last = LEFT - 60, RIGHT + 60, box["profile"].at(0, 0.5)[1], nn.at(0, 1)[1] - 18
    cut, measured, given = estimators.at(BESIDE[0], 1)[0], estimators.at(0.68, 1)[0], nn.at(0.74, 1)[0]
    middle = ((measured + given) / 2, hall)
    read, fitted = data.at(0, 0.5)[1], box["train"].at(0, 0.6)[1]
    left = [box[name].at(0, 0.7) for name in ("study", "datasets")]
    into_data = [[start, (west, start[1]), (west, read), data.at(0, 0.5)] for start in left]
    to_train = [data.at(1, 0.5), (east, read), (east, fitted), box["train"].at(1, 0.6)]
    return [
        Value("Recording", [(west, hall)], into_data),
        Value("Windows", [(cut, read), (east, hall)], [[(cut, read), (cut, last)], to_train]),
        Value("InteractionProfile", [middle], [[(measured, last), (measured, hall), middle]]),
        Value(
            "InteractionContext", [(nn.at(0.5, 0)[0], last)], [[middle, (given, hall), (given, last + 14)]]
        ),
    ]


def values_learned(box: dict[str, Box]) -> list[Value]:
    """From what the model gives to the page about the run."""
    nn, losses, train, report = (box[name] for name in ("nn", "losses", "train", "report"))
    below, above, passage = train.at(0, 0.8)[1], box["study"].at(0, 0.5)[1], nn.at(0, 1)[1] - 54
    given, judged, middle = nn.at(0.6, 0)[0], losses.at(0.66, 0)[0], train.at(0.5, 0)[0]
    east, shown, outside = RIGHT + 60, report.at(0, 0.3)[1], ROOF + 40
    return [
        Value("Output", [(given, above)], [[(given, nn.y), (given, below)]]),
        Value("Routing", [(losses.x, passage)], [[(given, passage), (losses.at(0.45, 0)[0], passage)]]),
        Value("loss", [(judged, above)], [[(judged, losses.y), (judged, below)]]),
        Value("Run, run folder", [(middle, train.y)], [[train.at(0.5, 0.6), report.at(0.5, 0.5)]]),
        Value(
            "report.html", [(east, outside)], [[(RIGHT - GAP, shown), (east, shown), (east, outside + 14)]]
        ),
    ]


def draw() -> None:
    """Draw the picture, and write into it what it shows."""
    ladder = floors()
    box = lay_out(ladder)
    bottom = max(room.y + room.h for room in box.values()) + GAP
    figure = plt.figure(figsize=(WIDTH / 100, (bottom + 40) / 100), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(bottom + 40, 0))
    ax.axis("off")
    draw_house(ax, ladder[0], bottom)
    passing = values(box)
    ends = [end for value in passing for way in value.ways for end in (way[0], way[-1])]
    for name, room in box.items():
        colour = ON_THE_WAY if any(room.holds(end) for end in ends) else ROOM
        draw_room(ax, name, room, GROUND if name in ladder[-1] else colour)
    for value in passing:
        for way in value.ways:
            draw_way(ax, way)
    for number, value in enumerate(passing, start=1):
        for place in value.places:
            draw_name(ax, place, f"{number}  {value.name}")
    about = {"Rooms": json.dumps(rooms()), "Floors": json.dumps(ladder), "Software": None}
    figure.savefig(PICTURE, dpi=200, metadata=about)


def draw_house(ax: Axes, under_roof: list[str], bottom: float) -> None:
    """Roof, walls, and below them how to read the picture."""
    middle = (LEFT + RIGHT) / 2
    walls = [(LEFT, ROOF), (RIGHT, ROOF), (RIGHT, bottom), (LEFT, bottom)]
    roof = [(LEFT - 16, ROOF), (middle, 8), (RIGHT + 16, ROOF)]
    ax.add_patch(Polygon(walls, facecolor="white", edgecolor=INK, linewidth=1.4))
    ax.add_patch(Polygon(roof, facecolor=INK, edgecolor=INK, joinstyle="round"))
    style = {"weight": "bold", "ha": "center", "va": "center"}
    ax.text(middle, ROOF - 18, "   ".join(under_roof), fontsize=10, color="white", **style)
    ax.text(
        LEFT,
        bottom + 20,
        "A room imports only from floors below its own.",
        fontsize=8.5,
        color=SOFT,
        va="center",
    )
    order = "Blue: values, in the order in which they come about."
    ax.text(RIGHT, bottom + 20, order, fontsize=8.5, color=BLUE, ha="right", va="center")


def draw_room(ax: Axes, name: str, room: Box, colour: str) -> None:
    """Its name, purpose and folders."""
    style = "round,pad=0,rounding_size=5"
    ax.add_patch(
        FancyBboxPatch((room.x, room.y), room.w, room.h, boxstyle=style, facecolor=colour, edgecolor=EDGE)
    )
    x, y = room.x + PADDING, room.y + PADDING + LINE / 2
    size = min(10, (room.w - 1.5 * PADDING) / (0.88 * len(name)))
    ax.text(x, y, name, fontsize=size, weight="bold", color=INK, va="center")
    for k, line in enumerate(room.lines, start=1):
        colour = INK if line.endswith("/") else SOFT
        ax.text(x, y + LINE * k, line, fontsize=8.3, color=colour, va="center")


def draw_way(ax: Axes, way: list[Point]) -> None:
    """A line along corners, apart from what it crosses, with an arrow at its end."""
    x, y = zip(*way, strict=True)
    line = {"solid_capstyle": "butt", "solid_joinstyle": "round"}
    arrow = {
        "arrowstyle": "-|>,head_width=0.35,head_length=0.6",
        "color": BLUE,
        "lw": 3,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.plot(x, y, color="white", lw=6.5, zorder=3, **line)
    ax.plot(x[:-1], y[:-1], color=BLUE, lw=3, zorder=4, **line)
    ax.annotate("", way[-1], way[-2], arrowprops=arrow, zorder=4)


def draw_name(ax: Axes, place: Point, text: str) -> None:
    """The number and name of a value, on its way."""
    box = {
        "boxstyle": "round,pad=0.4,rounding_size=0.8",
        "facecolor": BLUE,
        "edgecolor": "white",
        "linewidth": 1.5,
    }
    style = {"fontsize": 8.5, "weight": "bold", "color": "white", "ha": "center", "va": "center"}
    ax.text(*place, text, bbox=box, zorder=5, **style)


if __name__ == "__main__":
    draw()
