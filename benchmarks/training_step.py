"""Where a training step of the network goes on real activities, and whether `torch.compile` shortens it.

Batches of 64 windows of 2 s of the bundled sample of HAPT, 25 samples a step, the recipe `network` with a drawn
context, so that all losses count. A step is scaling, noise, the network, losses, both ways, clipping and the optimiser.
The convolutions of its encoder are also taken by themselves, both ways, which nothing around them can be faster than.
All take turns in one process on one thread; each takes the least time of the processor of `TURNS`. Compiling starts
from empty caches and may use other processes, whose time counts. Run with ``python -m benchmarks.training_step``; it
writes benchmarks/results/training_step.md.
"""

import copy
import resource
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

import interplay as ip
from benchmarks.records import machine, markdown
from interplay.data import Scaler
from interplay.data.scaling import scaled_schema
from interplay.files import whole_file
from interplay.nn import Network, build_model, empty_context
from interplay.nn.encoders import KERNEL
from interplay.train import Recipe, make_recipe
from interplay.train.batches import ScaledWindows
from interplay.train.module import GuidedTraining
from interplay.train.target_kinds import TARGETS

PAGE = Path(__file__).parent / "results" / "training_step.md"
BATCH, TURNS, PROFILED, SHOWN = 64, 40, 10, 12


def drawn_network(recipe: Recipe, windows: ip.Windows) -> Network:
    """A network whose context names about half of the pairs."""
    torch.manual_seed(0)
    context = empty_context(len(windows.modalities), windows.length)
    for atom in (context.redundancy, context.unique, context.synergy):
        upper = torch.rand_like(atom[0]).triu(1) * (torch.rand_like(atom[0]) > 0.5)
        atom[0] = upper + upper.transpose(0, 1)
    return build_model(scaled_schema(windows.schema), recipe.model, context)


def stepping(model: Network, recipe: Recipe, windows: ScaledWindows) -> Callable[[], None]:
    """One step of training after the other."""
    training = GuidedTraining(model.train(), TARGETS[windows.windows.kind], recipe, 10_000)
    (optimiser,), _ = training.configure_optimizers()

    def step() -> None:
        loss = training.training_step(windows[range(BATCH)], 0)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.optimiser.clip_norm)
        optimiser.step()

    return step


def convolving(model: Network, samples: int) -> Callable[[], None]:
    """The convolutions of the encoder alone, both ways, over windows of so many samples."""
    layers = [part for part in model.encoder.modules() if isinstance(part, nn.Conv1d)]
    # samples themselves need no slope
    inputs = [
        torch.randn(
            BATCH,
            layer.in_channels,
            samples + (KERNEL - 1) * layer.dilation[0],
            requires_grad=layer.in_channels == layer.out_channels,
        )
        for layer in layers
    ]

    def once() -> None:
        for layer, x in zip(layers, inputs, strict=True):
            out = layer(x)
            out.backward(torch.ones_like(out))

    return once


def processor_s() -> float:
    """Seconds of the processor so far, of this process and those that it started and that have ended."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in (own, others))


def least_ms(programs: dict[str, Callable[[], None]], turns: int) -> dict[str, float]:
    """The least milliseconds of the processor of each program, which take turns."""
    least = dict.fromkeys(programs, float("inf"))
    for _ in range(turns):
        for name, program in programs.items():
            started = time.thread_time()
            program()
            least[name] = min(least[name], 1e3 * (time.thread_time() - started))
    return least


def operators(step: Callable[[], None]) -> pd.DataFrame:
    """Share of the operators that take most of a step, and how often each is called in one."""
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(PROFILED):
            step()
    table = pd.DataFrame(
        [(one.key, one.self_cpu_time_total, one.count / PROFILED) for one in seen.key_averages()],
        columns=["operator", "share", "calls a step"],
    ).set_index("operator")
    table["share"] /= table["share"].sum()
    return table.nlargest(SHOWN, "share")


def main() -> None:
    torch.set_num_threads(1)
    torch.compiler.config.force_disable_caches = True
    warnings.simplefilter("ignore")
    windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=0.5, steps=4, stride=4)
    recipe = make_recipe("network")
    scaled = ScaledWindows(windows, Scaler.fit(windows))
    model = drawn_network(recipe, windows)
    other = copy.deepcopy(model)
    other.compile(fullgraph=True, dynamic=False)
    sides = {
        "as it is": stepping(model, recipe, scaled),
        "compiled": stepping(other, recipe, scaled),
        "its convolutions alone": convolving(copy.deepcopy(model), 4 * 25),
    }
    sides["as it is"]()
    before = processor_s()
    sides["compiled"]()
    compiling = processor_s() - before
    table = pd.DataFrame({"ms a step": least_ms(sides, TURNS)})
    table["windows a second"] = 1e3 * BATCH / table["ms a step"]
    table["share of time"] = table["ms a step"] / table["ms a step"].iloc[0]
    text = [
        "# A training step",
        "",
        f"{date.today()}, {machine()}, one thread, other programs running. Bundled sample of HAPT, {BATCH} windows of "
        f"4 steps of 25 samples, recipe `network`; least time of the processor of {TURNS} steps, sides in turns. "
        f"Compiling this one shape of batch took {compiling:.0f} s of the processor.",
        "",
        markdown(table),
        "",
        "Operators that take most of a step as it is, of themselves, by the clock of the profiler:",
        "",
        markdown(operators(sides["as it is"])),
        "",
    ]
    with whole_file(PAGE, overwrite=True) as part:
        part.write_text("\n".join(text), "utf-8")
    print(PAGE.read_text("utf-8"))


if __name__ == "__main__":
    main()
