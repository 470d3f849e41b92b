"""`interplay export`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, out_option, overwrite_option
from interplay.files import json_text


def options(part: ArgumentParser, words: list[str]) -> None:
    part.add_argument("run", type=Path, help="folder of a run")
    out_option(part, "program to write, .pt2 or .onnx; RUN/model.pt2")
    overwrite_option(part, "program")
    json_option(part, "one JSON object")


def run(args: Namespace) -> None:
    from interplay.train import export_run, load_run

    made = export_run(load_run(args.run), args.out or args.run / "model.pt2", overwrite=args.overwrite)
    if args.json:
        told = {"program": str(made.path), "inputs": str(made.sidecar), "difference": made.difference}
        print(json_text(told), end="")
        return
    print(f"Program: {made.path}   (what goes in and comes out: {made.sidecar})")
    print(f"It agrees with the run: the largest difference over drawn windows is {made.difference:.1e}.")


COMMAND = Command("a run as a torch.export or ONNX program, checked against the run", options, run)
