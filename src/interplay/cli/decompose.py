"""`interplay decompose`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import json_option, out_option, overwrite_option
from interplay.cli.output import tell_next, tell_result
from interplay.errors import InvalidInput
from interplay.files import check_writable


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("file", type=Path, help="table with a row for each example (.csv or .parquet)")
    part.add_argument("--y", required=True, help="column with the true class")
    predicted = "column with the probability of the second class, or how columns of all classes begin"
    part.add_argument("--first", required=True, help=f"predictions from the first source: {predicted}")
    part.add_argument("--second", required=True, help="predictions from the second source, likewise")
    part.add_argument("--both", default=None, help="predictions from both; without them no synergy is told")
    part.add_argument("--groups", default=None, help="column that says which rows belong together")
    part.add_argument(
        "--classes",
        default=None,
        help="names of the classes, in order, such as 'no,yes', where columns do not name them",
    )
    out_option(part, "profile to write as well (.nc)")
    overwrite_option(part, "profile")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.estimators import decompose_predictions

    if args.out is not None:
        if args.out.suffix != ".nc":
            raise InvalidInput(f"the profile to write must end in .nc; got {args.out.name!r}.")
        check_writable(args.out, overwrite=args.overwrite)
    table = _table(args.file)
    atoms = decompose_predictions(
        _predictions(table, args.first),
        _predictions(table, args.second),
        None if args.both is None else _predictions(table, args.both),
        _column(table, args.y),
        None if args.groups is None else _column(table, args.groups),
        names=[name.rstrip("_.:- ") for name in (args.first, args.second)],
        classes=None if args.classes is None else args.classes.split(","),
    )
    if args.out is not None:
        atoms.profile.save(args.out, overwrite=args.overwrite)
    tell_result(args, atoms.to_frame().reset_index(names="atom").to_dict("records"), repr(atoms))
    if args.out is not None:
        tell_next(args, f"\nProfile: {args.out}")


def _table(path: Path):
    import pandas as pd

    from interplay.files.parquet import read_parquet
    from interplay.files.reading import whole
    from interplay.files.unpacked import opened

    readers = {".csv": lambda file: pd.read_csv(opened(file)), ".parquet": read_parquet}
    if path.suffix not in readers:
        raise InvalidInput(f"the table to read must end in .csv or .parquet; got {path.name!r}.")
    with whole(path, "a table", "Write it again, or another way."):
        return readers[path.suffix](path)


def _column(table, name: str):
    if name not in table:
        raise InvalidInput(f"there must be a column {name!r}; the table has {list(table.columns)}.")
    return table[name]


def _predictions(table, name: str):
    """The column of that name, or those whose names begin with it, called by the rest of their names."""
    if name in table:
        return table[name]
    columns = [column for column in table.columns if column.startswith(name)]
    if len(columns) < 2:
        raise InvalidInput(
            f"predictions must be a column {name!r}, or columns that begin so, one for each class; the table has "
            f"{list(table.columns)}."
        )
    return table[columns].rename(columns=lambda column: column.removeprefix(name))


COMMAND = Command(
    "take apart predictions that you have: what either source tells, only one, or only both",
    options,
    run,
    examples=(
        f"{PROGRAM} decompose answers.csv --y right --first image --second question --both both --groups picture",
        f"{PROGRAM} decompose answers.csv --y right --first image --second question -o atoms.nc --json --quiet",
    ),
)
