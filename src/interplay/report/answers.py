"""The first screen: what can be left out, what must be kept and how good the run is, each with what to do about it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from interplay.metrics.paired import Difference
from interplay.profile.budget import listed
from interplay.report.text import (
    DIGITS,
    NAMES,
    NOTICED,
    RIVALS,
    change,
    counted,
    defined,
    number,
    with_interval,
)
from interplay.train import Evaluation
from interplay.train.rivals import FOREST

MOST_NAMED = 4
"""Modalities that a sentence names; the picture has all of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer.

    Attributes
    ----------
    question : str
    action : what to do, in a few words
    why : the sentence with the numbers that say so
    """

    question: str
    action: str
    why: str


def answers(evaluation: Evaluation, main: str) -> list[Answer]:
    """Of the three questions those that the evaluation can answer; `main` is the score that counts."""
    lost = losses(evaluation, main)
    about = [_left_out(lost, main), _needed(lost, main)] if lost else []
    return [*about, _good(evaluation, main)]


def losses(evaluation: Evaluation, main: str) -> dict[str, Difference]:
    """Change of the main score without each modality, most missed first; without intervals in old evaluations."""
    before = evaluation.compared.get(main)
    changes = dict(evaluation.lost) or {
        name: _apart(before, scores.get(main)) for name, scores in evaluation.without.items()
    }
    known = {name: apart for name, apart in changes.items() if defined(apart.difference)}
    return dict(sorted(known.items(), key=lambda item: item[1].difference))


def spared(apart: Difference) -> bool:
    """Whether the loss is small, at the worst end of its interval if it has one."""
    worst = apart.low if defined(apart.low) else apart.difference
    return worst >= -NOTICED


def missed(apart: Difference) -> bool:
    """Whether the loss is noticed, even at the best end of its interval."""
    best = apart.high if defined(apart.high) else apart.difference
    return best < -NOTICED


def _left_out(lost: Mapping[str, Difference], main: str) -> Answer:
    free = [name for name in list(lost)[::-1] if spared(lost[name])]
    if not free:
        name, apart = list(lost.items())[-1]
        action = "Leave nothing out"
        why = f"Even without {name}, which is missed least, {NAMES[main]} changes by {change(apart)}."
    elif len(free) == 1:
        action = f"Leave out {free[0]}"
        why = f"Without it {NAMES[main]} changes by {change(lost[free[0]])}."
    else:
        action = f"Leave out one of {_some(free)}"
        why = (
            f"Without {free[0]} {NAMES[main]} changes by {change(lost[free[0]])}; each alone can be spared with a loss "
            f"of at most {NOTICED}, which says nothing of several at once."
        )
    return Answer(question="What can be left out?", action=action, why=why)


def _needed(lost: Mapping[str, Difference], main: str) -> Answer:
    needed = [name for name in lost if missed(lost[name])]
    most, apart = next(iter(lost.items()))
    if not needed:
        action = "No single one must be kept"
        why = f"Without {most}, which is missed most, {NAMES[main]} changes by {change(apart)}."
    else:
        action = f"Keep {_some(needed)}"
        others = f"; without {listed(needed[1:MOST_NAMED])} by less" if len(needed) > 1 else ""
        why = f"Without {most} {NAMES[main]} changes by {change(apart)}{others}."
    return Answer(question="What must be kept?", action=action, why=why)


def _good(evaluation: Evaluation, main: str) -> Answer:
    question, test = "How good is it?", evaluation.test
    score = f"{NAMES[main]} is {with_interval(test, main)}"
    rivals = {name: one for name, one in evaluation.rivals.items() if defined(one.get(main))}
    if FOREST not in rivals or not defined(test.get(main)):
        who = counted(int(test["n_entities"]), "entity", "entities")
        return Answer(
            question=question, action="Compare it", why=f"{score} on {who}; what it has to beat is not known."
        )
    against = " and ".join(
        f"{number(one[main])} for {RIVALS[name]}" for name, one in list(rivals.items())[::-1]
    )
    apart = evaluation.ahead[FOREST]
    return Answer(
        question=question,
        action=_verdict(apart),
        why=f"{score} against {against}. From the forest to this model it changes by {change(apart)}.",
    )


def _verdict(apart: Difference) -> str:
    if not defined(apart.low):
        return "Test it on more entities"
    # an interval that is printed with an end at 0 does not convince
    if round(apart.low, DIGITS) > 0:
        return "Use this model: it beats a forest"
    if round(apart.high, DIGITS) < 0:
        return "Use a forest: it beats this model"
    return "Try a forest, too: they are not told apart"


def _some(names: list[str]) -> str:
    if len(names) <= MOST_NAMED:
        return listed(names)
    return f"{', '.join(names[:MOST_NAMED])} and {counted(len(names) - MOST_NAMED, 'other')}"


def _apart(before: float | None, after: float | None) -> Difference:
    a, b = (math.nan if value is None else value for value in (before, after))
    return Difference(a=a, b=b, difference=b - a, low=math.nan, high=math.nan)
