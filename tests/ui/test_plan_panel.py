"""What the strip says of the form, before anything trains."""

import pytest

from mtl.data.examination import examine
from mtl.schema.config import PRESETS, TrainConfig
from mtl.training.throughput import Throughput
from mtl.ui.train.plan_panel import counted, expected_s, render_plan
from mtl.ui.train.settings_panel import _values
from tests.conftest import INTENT, SENTIMENT

PACE = Throughput(forward_s=1e-5, train_s=3e-5, step_s=4e-4, head_s=3e-4)


@pytest.fixture(scope="module")
def counts():
    return counted({"sentiment": examine(SENTIMENT, "sentiment"), "intent": examine(INTENT, "intent")})


def _form(**settings):
    values = _values(TrainConfig(**settings))
    return [2 if isinstance(value, dict) else value for value in values]  # the slider that is left alone


def _states(stage):
    return "".join("T" if block["state"] == "trains" else "." for block in stage["blocks"])


@pytest.mark.parametrize(
    ("freeze", "stages"),
    [
        ("frozen", ["........."]),
        ("heads", [".......TT"]),
        ("last-2", [".....TTTT"]),
        ("gradual", [".......TT", ".....TTTT", "...TTTTTT"]),
        ("full", ["TTTTTTTTT"]),
    ],
)
def test_every_block_says_whether_it_trains(encoder, counts, freeze, stages):
    shown = render_plan(encoder, PACE, counts, _form(freeze=freeze))
    assert [_states(stage) for stage in shown["stages"]] == stages
    (chosen,) = [time for time in shown["times"] if time["kind"] == "chosen"]
    assert chosen["time"].endswith(("s", "min"))


def test_lower_layers_learn_more_slowly_and_heads_have_their_own_rate(encoder, counts):
    (stage,) = render_plan(encoder, PACE, counts, _form(freeze="last-2", head_lr=0.01, encoder_lr=3e-4))[
        "stages"
    ]
    assert [block["how"] for block in stage["blocks"]][4:] == ["frozen", "2e-4", "3e-4", "1e-2", "1e-2"]


def test_rows_parameters_and_batches_are_said(encoder, counts):
    shown = render_plan(encoder, None, counts, _form(augmentation="off"))
    sentiment = counts["sentiment"]["rows"]
    assert (
        f"{sentiment - round(0.2 * sentiment)} rows train, {round(0.2 * sentiment)} validate" in shown["rows"]
    )
    assert "of 16 + 16 rows per epoch" in shown["rows"]
    assert shown["parameters"].startswith("13,445 of 22,")
    assert shown["times"] == []


def test_copies_count_as_rows(encoder, counts):
    plain, doubled = (
        render_plan(encoder, None, counts, _form(augmentation=choice))["rows"] for choice in ("off", "on")
    )
    assert plain != doubled


def test_what_is_off_is_said_at_once(encoder, counts):
    form = _form()
    form[form.index("")] = "fast"
    assert "'fast'" in render_plan(encoder, PACE, counts, form)["problem"]
    assert "upload a CSV" in render_plan(encoder, PACE, {}, _form())["problem"]


def test_what_a_run_may_take_is_none_before_the_machine_was_measured(encoder, counts):
    config = PRESETS["recommended"]
    assert expected_s(encoder, None, counts, config) is None
    assert expected_s(encoder, PACE, counts, config) > 0
