"""`interplay export`."""

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, out_option, overwrite_option, run_option
from interplay.cli.output import tell_result


def options(part: ArgumentParser, words: list[str] | None) -> None:
    run_option(part, "folder of a run")
    out_option(part, "program to write, .pt2 or .onnx (default: RUN/model.pt2)")
    overwrite_option(part, "program")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.train import export_run, load_run

    made = export_run(
        load_run(args.run, trust=args.trust), args.out or args.run / "model.pt2", overwrite=args.overwrite
    )
    tell_result(
        args,
        {"program": str(made.path), "inputs": str(made.sidecar), "difference": made.difference},
        f"Program: {made.path}   (what goes in and comes out: {made.sidecar})\n"
        f"It agrees with the run: the largest difference over drawn windows is {made.difference:.1e}.",
    )


COMMAND = Command(
    "a run as a torch.export or ONNX program, checked against the run",
    options,
    run,
    examples=("interplay export runs/first", "interplay export runs/first -o model.onnx"),
)
