"""The sections of the page, one class each: what their words and tables say, and what their script draws.

To add a section: a class here, named in `SECTIONS`, its part of the page ``web/<name>.html`` and, if it draws, its
script ``web/<name>.js``. A section of one's own has its files in a `folder` of its own and is passed to
`write_report`.
"""

from collections.abc import Mapping

from interplay.profile.dataset import RATE
from interplay.profile.novelty import ALONE, JOINT, joint_news
from interplay.profile.time_axis import LAG_MEANS
from interplay.report import cards, text
from interplay.report.answers import answers, losses
from interplay.report.kinds import REPORTED
from interplay.report.model_data import budget_sentence, example_data, insight_data
from interplay.report.prediction_data import changes_by_modality, scores_by_part, scores_of_rivals
from interplay.report.profile_data import budget_data, enough_sentence, news_data
from interplay.report.script import repeat_script
from interplay.report.shell import Part
from interplay.report.stream_data import least_sure, stream_data
from interplay.report.summary import summary_sentences
from interplay.report.triple_data import triple_data
from interplay.train import Evaluation, Run


class Section(Part):
    """A part of the page about a run, under a heading of its own; see `Part`.

    In its script, what ``web/core.js``, ``frame.js``, ``axes.js``, ``grid.js`` and ``kinds.js`` define is at hand.
    """

    def shown(self, run: Run, evaluation: Evaluation) -> bool:
        """Whether it stands on the page of this run; what most runs have not measured may be left out."""
        return True

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        """What its template is given beside `run`, `evaluation` and `schema`."""
        return {}

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        """What its script is given: numbers, names, sequences and mappings of them."""
        return {}


class Short(Section):
    """What to leave out, what to keep and how good the run is, in a picture and in sentences; words of the page."""

    name, title, link = "short", "In short", "In short"
    scripts = ("glance",)

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        main, test = run.target.main_score, evaluation.test
        return {
            "answers": answers(evaluation, main),
            "findings": [] if run.profile is None else summary_sentences(run.profile),
            "judged": text.judged_sentence(test, main),
            "context": text.context_sentence(evaluation.compared, evaluation.without_context, main),
            "control": text.control_sentence(test, evaluation.control, main),
            # a model has lags, whatever the time of its profile is
            "times": {"lag": LAG_MEANS}
            | ({} if run.profile is None else {run.profile.axis.name: run.profile.axis.meaning}),
            "main_name": text.NAMES[main],
            "main": text.number(test[main]),
            "main_interval": text.interval(test, main),
            "n_windows": int(test["n_windows"]),
            "entropy": "" if run.profile is None else text.number(run.profile.h_y_bits, 2),
        }

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        main = run.target.main_score
        return {
            "main": main,
            "main_name": text.NAMES[main],
            "rivals": scores_of_rivals(evaluation),
            "lost": changes_by_modality(losses(evaluation, main)),
        }


class Keep(Section):
    """What is lost without a modality, and how few are enough."""

    name, title, link = "keep", "What does it need?", "What it needs"
    scripts = ("keep",)

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        main = run.target.main_score
        return {
            "missing": text.missing_sentence(evaluation.compared, evaluation.without, main),
            "enough": enough_sentence(run.profile),
            "compared": int(evaluation.compared["n_windows"]),
        }

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        main = run.target.main_score
        return {
            "main": main,
            "score_names": text.NAMES,
            "parts": scores_by_part(evaluation),
            "lost": changes_by_modality(losses(evaluation, main)),
            "budget": budget_data(run.profile),
        }


class Pairs(Section):
    """Redundancy, uniqueness and synergy of all pairs: over lag, as a map, a network and a table."""

    name, title, link = "pairs", "What do pairs of modalities tell?", "Pairs"
    scripts = ("pairs", "map", "network", "table")

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        if run.profile is None:
            return {}
        return {
            "paired": len(run.profile.modalities) > 1,
            "rate": run.profile.kind == RATE,
            "history": int(run.profile.dataset.attrs.get("target_history", 0)),
            "errors": "synergy_stderr" in run.profile.dataset,
        }


class Alone(Section):
    """What single modalities tell."""

    name, title, link = "alone", "What does each modality tell alone?", "One by one"
    scripts = ("alone",)


class Arrives(Section):
    """What each lag adds to all more recent ones, where the profile holds it."""

    name, title, link = "arrives", "When does the information arrive?", "When"
    scripts = ("arrives",)

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        if run.profile is None or ALONE not in run.profile.dataset:
            return {"measured": False}
        return {
            "measured": True,
            "news": run.profile.novel_sentences(6),
            "pairs_measured": JOINT in run.profile.dataset,
            "pairs": len(joint_news(run.profile)),
        }

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        return {} if run.profile is None else news_data(run.profile)


class Beyond(Section):
    """What a third modality adds to a pair, where triples were measured."""

    name, title, link = "beyond", "What do three tell that pairs do not?", "Beyond pairs"
    scripts = ("beyond",)

    def shown(self, run: Run, evaluation: Evaluation) -> bool:
        return run.triples is not None and len(run.triples.triples) > 0

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        assert run.triples is not None
        return {
            "sentences": run.triples.sentences(6),
            "measured": len(run.triples.triples),
            "of": int(run.triples.dataset.attrs["n_triples"]),
            "named": bool((run.triples.dataset["chosen_by"] == "name").all()),
        }

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        assert run.triples is not None
        return triple_data(run.triples)


class Sure(Section):
    """What the profile rests on."""

    name, title, link = "sure", "How sure are these numbers?", "How sure"

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        if run.profile is None:
            return {}
        return {
            "sureness": text.sureness(run.profile),
            "negative": text.negative_atoms(run.profile) if len(run.profile.modalities) > 1 else "",
        }


class Used(Section):
    """Routing and pooling of the model."""

    name, title, link = "used", "What does the model do with it?", "Inside the model"
    scripts = ("used",)

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        main = run.target.main_score
        return {
            "tokens": budget_sentence(evaluation.insight),
            "experts": text.experts_sentence(evaluation.insight),
            "context": text.context_sentence(evaluation.compared, evaluation.without_context, main),
            "control": text.control_sentence(evaluation.test, evaluation.control, main),
            "agreement": text.agreement_sentences(evaluation.agreement),
        }

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        entropy = 1.0 if run.profile is None else run.profile.h_y_bits
        return insight_data(evaluation.insight, run.context, entropy)


class SingleWindows(Section):
    """Recordings along time with what was called, and single windows, token by token."""

    name, title, link = "windows", "Where is it wrong, and why?", "Where and why"
    scripts = ("timeline", "windows")

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        return {"streams": evaluation.streams is not None}

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        examples, kind = evaluation.examples, REPORTED[run.schema.kind]
        return {
            "timeline": stream_data(evaluation, kind, run.schema),
            "first": least_sure(evaluation, kind, run.schema) if examples.sizes["window"] else 0,
            "lags": examples["lag_s"].values,
            "synergy_experts": int(examples.attrs["synergy_experts"]),
            "examples": example_data(examples, evaluation.predictions, kind),
        }


class Good(Section):
    """Scores beside those of rivals, curves, calibration, entities, training."""

    name, title, link = "good", "How good are its predictions?", "How good"
    scripts = ("good",)

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        kind = REPORTED[run.schema.kind]
        entities = kind.entities(evaluation.predictions, run.schema)
        return {
            "judged": text.judged_sentence(evaluation.test, run.target.main_score),
            "beaten": text.rivals_sentence(
                evaluation.test, evaluation.rivals, evaluation.ahead, run.target.main_score
            ),
            "served": text.least_and_most(entities, kind.entity_words),
            "scores": text.score_rows(evaluation.test),
        }

    def data(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        kind = REPORTED[run.schema.kind]
        return {
            "main": run.target.main_score,
            "score_names": text.NAMES,
            "rivals": scores_of_rivals(evaluation),
            "entities": kind.entities(evaluation.predictions, run.schema),
            "predictions": kind.data(evaluation.predictions, run.schema),
            "log": run.log,
        }


class Trust(Section):
    """Leakage, limits, cards, and the lines to repeat the run."""

    name, title, link = "trust", "Can it be trusted?", "Trust"
    scripts = ("trust",)

    def context(self, run: Run, evaluation: Evaluation) -> Mapping[str, object]:
        return {
            "model_card": cards.model_card(run),
            "data_card": cards.data_card(run),
            "leakage": cards.leakage_rows(run, evaluation.entities),
            "script_to_repeat": repeat_script(run),
            "recipe": run.recipe.to_dict(),
        }


SECTIONS: tuple[Section, ...] = (
    Short(),
    Good(),
    Keep(),
    SingleWindows(),
    Pairs(),
    Alone(),
    Arrives(),
    Beyond(),
    Sure(),
    Used(),
    Trust(),
)
"""In the order of the page: what came of it, then what was measured, then how the model works inside."""
