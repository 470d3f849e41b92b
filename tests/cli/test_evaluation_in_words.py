"""What `interplay evaluate` says: scores, what blanking the context does, and a control where there is one."""

from dataclasses import replace

from interplay.cli.output import evaluation_in_words
from report_runs import against_rivals, drawn_run


def test_blanking_is_said_to_be_no_training():
    words = evaluation_in_words(drawn_run(3, 3))
    scores, context = words.rsplit("\n", 1)
    assert scores.startswith("On 240 windows of 3 entities")
    assert context.startswith("With the interactions blanked in this trained model, macro-F1 goes from")
    assert context.endswith("No model was trained without them for this.")


def test_a_control_is_told_where_there_is_one():
    run = drawn_run(3, 3, "number")
    control = {"r2": 0.5, "r2_low": 0.4, "r2_high": 0.6}
    words = evaluation_in_words(replace(run, evaluation=replace(run.evaluation, control=control)))
    told = words.splitlines()[-1]
    assert told.startswith("Trained anew without the profile: R² 0.500 (95 % interval 0.400 to 0.600)")
    assert f"against {run.evaluation.test['r2']:.3f} with it: the profile helps." in told
    assert "Trained anew" not in evaluation_in_words(run)


def test_what_the_run_has_to_beat_is_told_where_it_is_known():
    run = drawn_run(3, 3)
    words = evaluation_in_words(against_rivals(run))
    main = run.evaluation.test["macro_f1"]
    told = next(line for line in words.splitlines() if " against " in line)
    assert told == (
        f"macro-F1 is {main:.3f} against 0.210 for guessing without a look and {main - 0.02:.3f} for a forest; from "
        "the forest to this run it changes by +0.02 (95 % interval -0.01 to +0.05)."
    )
    assert "guessing" not in evaluation_in_words(run)
